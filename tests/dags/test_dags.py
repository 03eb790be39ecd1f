"""The DAG files load without error, stay short, and their graph is the one written down in graph.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

from include.contracts import load_contracts
from include.site import PROJECT

DAGS = PROJECT / "dags"
SNAPSHOT = Path(__file__).with_name("graph.json")


@pytest.fixture(scope="module")
def bag() -> DagBag:
    return DagBag(str(DAGS))


def graph(bag: DagBag) -> dict[str, dict[str, object]]:
    """Per DAG: its schedule's kind, and per task what follows it, its pool and what it produces. The feeds' DAGs are one."""
    found: dict[str, dict[str, object]] = {
        dag_id: {
            "schedule": type(dag.timetable).__name__,
            "tasks": {
                task.task_id: {
                    "then": sorted(task.downstream_task_ids),
                    "pool": task.pool,
                    "produces": sorted(outlet.name for outlet in task.outlets),
                }
                for task in dag.tasks
            },
        }
        for dag_id, dag in bag.dags.items()
    }
    feeds = [contract.feed for contract in load_contracts()]
    ingests = [json.dumps(found.pop(f"ingest__{feed}")).replace(feed, "<feed>") for feed in feeds]
    assert len(set(ingests)) == 1
    return {**found, "ingest__<feed>": json.loads(ingests[0])}


def test_every_dag_file_loads(bag: DagBag) -> None:
    assert bag.import_errors == {}


def test_graph_is_the_one_written_down(bag: DagBag) -> None:
    assert graph(bag) == json.loads(SNAPSHOT.read_text("utf-8")), "流程图变了:确认是有意的,再更新 tests/dags/graph.json"


def test_one_ingest_dag_per_contract(bag: DagBag) -> None:
    ingests = {dag_id.removeprefix("ingest__") for dag_id in bag.dags if dag_id.startswith("ingest__")}
    assert ingests == {contract.feed for contract in load_contracts()}


def test_every_dag_tells_people_what_it_does(bag: DagBag) -> None:
    schedule = (DAGS / "README.md").read_text("utf-8")
    for dag_id, dag in bag.dags.items():
        assert dag.doc_md and dag.dag_display_name != dag_id, dag_id
        assert f"`{dag_id}`" in schedule, f"{dag_id} 没有写进 dags/README.md"


@pytest.mark.parametrize("contract", load_contracts(), ids=lambda contract: contract.feed)
def test_schedule_page_agrees_with_the_contract(contract) -> None:  # type: ignore[no-untyped-def]
    (line,) = [text for text in (DAGS / "README.md").read_text("utf-8").splitlines() if f"`ingest__{contract.feed}`" in text]
    assert contract.department_name in line and contract.due in line and contract.clause in line


@pytest.mark.parametrize("path", sorted(DAGS.glob("*.py")), ids=lambda path: path.name)
def test_dag_files_stay_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 80
