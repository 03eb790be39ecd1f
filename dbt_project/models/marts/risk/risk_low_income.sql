{{ risk_table('low_income') }}
