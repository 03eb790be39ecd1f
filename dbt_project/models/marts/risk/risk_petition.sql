{{ risk_table('petition') }}
