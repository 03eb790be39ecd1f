{{ risk_table('schooling') }}
