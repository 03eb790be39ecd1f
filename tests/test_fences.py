"""What our tricks reach for is still there; each fails with the name that is gone, before something is merely slower or wrong.

That a month comes out the same with all of them off is shown by ``test_month_steadiness.py``.
"""

from __future__ import annotations

import ctypes
import fcntl
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from include.site import PROJECT

REACHED_FOR = [
    ("great_expectations.expectations.expectation", "Expectation.configuration.fget", "include/quality/gx_patches.py"),
    ("dbt.adapters.duckdb.connections", "DuckDBConnectionManager.close_all_connections", "include/screening"),
    ("dbt.cli.main", "dbtRunner.invoke", "include/screening"),
    ("airflow.settings", "import_local_settings", "include/orchestration/local_settings"),
    ("airflow.partition_mappers.base", "PartitionMapper.to_downstream", "include/orchestration/partitions.py"),
    ("typer._click.exceptions", "UsageError.format_message", "include/cli/words.py"),
    ("typer.core", "TyperGroup.get_command", "include/cli/words.py"),
    ("multiprocessing", "get_context", "include/storage/workers.py"),
]


@pytest.mark.parametrize(("module", "name", "who"), REACHED_FOR, ids=[name for _, name, _ in REACHED_FOR])
def test_what_is_reached_for_is_there(module: str, name: str, who: str) -> None:
    found: object = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part, None)
        assert found is not None, f"{who} 依赖的 {module}.{name} 没有了"


@pytest.mark.parametrize("name", ["altair", "scipy.stats"])
def test_what_is_left_for_later_is_still_loaded_without_it(name: str) -> None:
    """Great Expectations still loads it: else the stand-in is needless."""
    loads = f"import sys, great_expectations; print({name!r} in sys.modules)"
    assert _printed(loads) == "True", f"include/quality/gx_patches.py 的替身 {name} 用不着了"


def test_the_kernel_has_leases_and_tells_children() -> None:
    assert fcntl.F_SETLEASE and fcntl.F_SETSIG
    assert ctypes.CDLL(None).prctl


def test_airflow_s_page_begins_with_its_script() -> None:
    import airflow

    from include.orchestration.beijing_time import PAGE_START

    pages = Path(airflow.__file__).parent / "ui" / "dist" / "index.html"
    assert PAGE_START in pages.read_bytes()


@pytest.mark.parametrize("plain", ["", "1"])
def test_the_switch_turns_the_stand_ins_off(plain: str) -> None:
    asks = "import sys; from include.quality import engine; import gc; print('altair' in sys.modules, gc.get_freeze_count() > 0)"
    assert _printed(asks, FANGPIN_PLAIN=plain) == ("True False" if plain else "False True")


def _printed(code: str, **environment: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", code],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip().splitlines()[-1]
