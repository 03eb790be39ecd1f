"""Airflow imports this module when it starts, because the service puts its folder on the path.

The scheduler's workers, and in them the tasks, are forked from the scheduler. What it has imported they have too, so the
ten seconds that pandas and Great Expectations take to import are paid once and not by every task.
"""

import sys
from importlib import import_module

SHARED = ("include.dispatch.issue", "include.ingest.publish", "include.quality.gate")

if "scheduler" in sys.argv:
    for name in SHARED:
        import_module(name)
    from include.contracts import load_contracts
    from include.quality.suites import load_suites

    load_contracts()
    load_suites()
