{{ risk_table('industry') }}
