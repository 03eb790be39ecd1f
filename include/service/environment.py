"""The environment in which Airflow's processes of one home run: where they keep their state, what they may and what they skip."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from include.orchestration.airflow_home import signing_keys
from include.orchestration.users import AUTH_MANAGER, FAB, SIMPLE_ROLES, is_fab, user_id
from include.service.parts import MARK
from include.site import PROJECT, Site
from include.storage.warehouse import dbt_environment, encryption_key

LOCAL_SETTINGS = PROJECT / "include" / "orchestration" / "local_settings"
CHOSEN_BY_THE_OPERATOR = (
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    AUTH_MANAGER,
    "AIRFLOW__CORE__EXECUTOR",
    "AIRFLOW__CORE__PARALLELISM",
    "AIRFLOW__API__BASE_URL",
    "FANGPIN_APPROVER",
)
"""What a production sets in its own environment (docs/production.md); all else must be as the service needs it."""
LOCK_SECONDS = 120
"""So long a part waits for the metadata database; after SQLite's own 5 s the scheduler dies under load."""


def airflow_environment(site: Site, port: int) -> dict[str, str]:
    """The whole environment of Airflow's processes for one home and port; what the operator chose outside stays so."""
    kept = signing_keys(site)
    base = f"http://127.0.0.1:{port}"
    encryption_key(site)
    ours = {
        **dbt_environment(site),
        "FANGPIN_HOME": str(site.home),
        MARK: str(site.home),
        "SPT_NOENV": "1",  # a process that renames itself keeps its environment readable, by which it is found again
        "PYTHONWARNINGS": "ignore::UserWarning:multiprocessing.resource_tracker",  # of locks that dbt leaves to the end of a task
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        # Not the checkout itself, which is installed: what an installation leaves in it would register the plugin a second time.
        "PYTHONPATH": os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(LOCAL_SETTINGS)])),
        "AIRFLOW_HOME": str(site.airflow),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(site.airflow / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
        "AIRFLOW__CORE__FERNET_KEY": kept["fernet"],
        AUTH_MANAGER: FAB,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in SIMPLE_ROLES.items()),
        "AIRFLOW__FAB__UPDATE_FAB_PERMS": "False",  # FAB's own roles, which nobody has, need not be brought up to date
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base}/execution/",
        "AIRFLOW__API__BASE_URL": base,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__SECRET_KEY": kept["session"],
        "AIRFLOW__API_AUTH__JWT_SECRET": kept["jwt"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{site.airflow / 'airflow.db'}?timeout={LOCK_SECONDS}",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "300",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # as long a task that has ended may go unnoticed
        "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "60",  # as many seconds a task goes on while the API server is away
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(site.airflow / "logs"),
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(site.airflow / "logs" / "dag_processor"),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    approver = user_id(site, "bureau") if is_fab() else None
    if approver:
        ours["FANGPIN_APPROVER"] = approver
    chosen = [name for name in CHOSEN_BY_THE_OPERATOR if any(name + how in os.environ for how in ("", "_CMD", "_SECRET"))]
    return {**os.environ, **{name: value for name, value in ours.items() if name not in chosen}}
