"""Airflow imports this module when it starts, because the service puts its folder on the path.

The scheduler's workers, and in them the tasks, are forked from the scheduler. What it has imported they have too, so the
ten seconds that pandas and Great Expectations take to import are paid once and not by every task.
"""

import sys

if "scheduler" in sys.argv:
    from include.contracts import load_contracts

    load_contracts()
