{{ risk_table('housing') }}
