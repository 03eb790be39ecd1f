{{ risk_table('disability') }}
