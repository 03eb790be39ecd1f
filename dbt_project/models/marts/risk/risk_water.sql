{{ risk_table('water') }}
