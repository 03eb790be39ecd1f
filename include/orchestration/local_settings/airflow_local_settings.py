"""Airflow imports this module when it starts, because the service puts its folder on the path.

The scheduler's workers, and in them the tasks, are forked from the scheduler. What it has loaded they have too, so the twelve
seconds that pandas, Great Expectations and dbt take are paid once and not by every task. The API server loads what checks a
push, so that the first push need not wait for it. Why it is done so: docs/adr/0015-fences.md.
"""

import sys
from importlib import import_module

from include.plain import is_plain

SHARED = (
    "include.dispatch.instant", "include.orchestration.runs", "include.deliveries.publish",
    "include.quality.gate", "dbt.cli.main", "dbt.adapters.duckdb",
)  # fmt: skip
PUSH = ("include.checking.rows", "include.checking.divisions", "include.checking.recognise")

if is_plain():
    pass
elif "api-server" in sys.argv:
    for name in PUSH:
        import_module(name)
elif "scheduler" in sys.argv:
    for name in SHARED:
        import_module(name)
    from include.contracts import load_contracts
    from include.quality.context import open_context
    from include.quality.suites import load_suites
    from include.site import current_site

    load_contracts()
    open_context(current_site(), load_suites())
