{{ risk_table('disaster') }}
