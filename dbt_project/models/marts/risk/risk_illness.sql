{{ risk_table('illness') }}
