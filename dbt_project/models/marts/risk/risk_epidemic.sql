{{ risk_table('epidemic') }}
