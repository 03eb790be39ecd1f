"""The site is looked up at the edge only: commands, tasks, the push API, what Airflow starts by itself. Below, it is given."""

from __future__ import annotations

import re

from include.site import PROJECT

EDGE = re.compile(
    r"dags/\w+\.py|include/cli/\w+\.py|include/portal/push_api\.py|include/site/(__init__|site)\.py"
    r"|include/orchestration/(watch|local_settings/airflow_local_settings)\.py|include/service/supervisor\.py"
    r"|include/recovery/scratch\.py"  # makes sure that whoever looks it up finds the scratch home
)


def test_nobody_below_the_edge_looks_up_which_county_it_is() -> None:
    sources = [path for folder in ("dags", "include") for path in (PROJECT / folder).rglob("*.py")]
    looking = [str(path.relative_to(PROJECT)) for path in sources if "current_site" in path.read_text("utf-8")]
    assert sources and [name for name in looking if not EDGE.fullmatch(name)] == []
