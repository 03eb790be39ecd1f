{{ risk_table('employment_income') }}
