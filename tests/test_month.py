"""One whole month on a real Airflow with its scheduler and executor, as ``make demo`` runs it, and then once more."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from include.contracts import load_contracts
from include.screening.screen import WARNING_TYPES
from include.site import Site, current_site
from include.storage.warehouse import connect
from tests.files import person, uninsured_rows, write_xlsx
from tests.privacy import leaks, numbers_in

pytestmark = pytest.mark.whole
DISPATCH = "2024-03"
EXPORT_COLUMNS = [
    "warning_id", "warning_type", "cause", "status", "county_code", "town_code", "town_name", "village_code", "village_name",
    "household_id", "subject", "identity", "person_name", "id_number", "registry_status", "occurred_on", "first_signalled_on",
    "amount_yuan", "evidence", "rule_id", "clause", "feeds", "dispatch", "issued_at", "state",
]  # fmt: skip
PLANTED = "34182519871203452X"
"""A number with a wrong check character: its row must be sent back, and the number must not be written down anywhere."""


@dataclass(frozen=True)
class Run:
    """A finished month: where it lives, what was printed, what it should have come to."""

    home: Path
    environment: dict[str, str]
    printed: str
    answers: dict[str, Any]

    def fangpin(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return fangpin(self.environment, *arguments)

    def exported(self, what: str, *arguments: str) -> pd.DataFrame:
        path = self.home.parent / f"{what}.csv"
        done = self.fangpin("export", what, *arguments, "-o", str(path))
        assert done.returncode == 0, done.stderr
        return pd.read_csv(path, dtype=str, keep_default_na=False)


def fangpin(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("fangpin")), *arguments]
    return subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    base = tmp_path_factory.mktemp("month")
    mine = {
        "FANGPIN_HOME": str(base / "home"),
        "FANGPIN_KEY_FILE": str(base / "warehouse.key"),
        "HOME": str(base),
        "FANGPIN_NOW": "2024-03-10T08:00:00",
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")} | mine
    made = fangpin(environment, "sample", "--month", DISPATCH, "--seed", "7", "--size", "small", "--all-feeds")
    assert made.returncode == 0, made.stderr
    head, *rows = uninsured_rows("张三")
    bad = (rows[0][0], PLANTED, *rows[0][2:])
    write_xlsx(base / "home" / "inbox" / "县医保局" / "补报未参保2024年3月.xlsx", head, bad)
    shutil.copytree(base / "home" / "inbox", base / "sent")
    done = fangpin(environment, "month", DISPATCH, "--approve-as", "bureau")
    assert done.returncode == 0, done.stdout + done.stderr
    before = {name: os.environ.get(name) for name in mine}
    os.environ.update(mine)
    answers = json.loads((base / "home" / "answers.json").read_text("utf-8"))
    yield Run(base / "home", environment, done.stdout + done.stderr, answers)
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


def key_of(warning: Mapping[str, Any]) -> tuple[str, ...]:
    """What makes a warning this one: cause, subject, who, qualifier, place and figure."""

    def text(name: str) -> str:
        return str(warning.get(name) or "")

    amount = f"{float(warning['amount_yuan']):.2f}" if text("amount_yuan") else ""
    who = text("id_number") or f"{text('person_name')}@{text('village_code') or text('town_code')}"
    return (text("cause"), text("subject"), who, text("town_code"), text("village_code"), text("identity"), amount)


def test_the_warnings_are_exactly_the_right_ones(run: Run) -> None:
    exported = run.exported("warnings", "--dispatch", DISPATCH, "--unmasked")
    assert list(exported.columns) == EXPORT_COLUMNS
    found = sorted(key_of(row) for row in exported.to_dict("records"))
    expected = sorted(key_of(row) for row in run.answers["warnings"])
    assert found == expected
    assert exported["warning_id"].is_unique and set(exported["status"]) == {"issued"} == set(exported["state"])
    assert set(exported["warning_type"]) == set(WARNING_TYPES)


def test_nobody_is_warned_of_who_must_not_be(run: Run) -> None:
    exported = run.exported("warnings", "--dispatch", DISPATCH, "--unmasked")
    causes = {contract.feed: contract.cause for contract in load_contracts()}
    expected = {(row["cause"], row["id_number"]) for row in run.answers["warnings"]}
    found = set(zip(exported["cause"], exported["id_number"], strict=True))
    quiet = {(causes[row["feed"]], row["id_number"]) for row in run.answers["not_warnings"] if row.get("id_number")}
    assert quiet - expected and not (quiet - expected) & found


def test_every_delivery_balances_and_is_judged_as_expected(run: Run) -> None:
    deliveries = run.exported("deliveries")
    counts = deliveries[["rows", "accepted", "rejected", "duplicates"]].astype(int)
    assert (counts["rows"] == counts["accepted"] + counts["rejected"] + counts["duplicates"]).all()
    by_file = deliveries.set_index("file")
    for expected in run.answers["deliveries"]:
        found = by_file.loc[expected["file"]]
        assert found["status"] == expected["status"], expected["file"]
        if expected["status"] == "published":
            assert [int(found[name]) for name in ("rows", "accepted", "rejected", "duplicates")] == [
                expected[name] for name in ("rows", "accepted", "rejected", "duplicates")
            ], expected["file"]
    refused = deliveries[deliveries["status"] == "refused"]
    refusals = sum(delivery["status"] == "refused" for delivery in run.answers["deliveries"])
    assert len(refused) == refusals > 0 and refused["reason"].str.contains("请").all()


def test_every_rejected_row_is_in_a_return_workbook_with_its_reason(run: Run) -> None:
    rejected = run.exported("rejected")
    found = {(row["file"], row["sheet"], int(row["row"])) for row in rejected.to_dict("records")}
    assert {(row["file"], row["sheet"], row["row"]) for row in run.answers["rejected"]} <= found
    for delivery_id, rows in rejected.groupby("delivery_id"):
        (book,) = run.home.glob(f"returns/*/{delivery_id}_*.xlsx")
        shown = "\n".join(str(cell) for row in openpyxl.load_workbook(book).worksheets[0].values for cell in row if cell)
        assert all(str(number) in shown for number in rows["row"]), book


def test_every_feed_and_every_risk_table_has_rows(run: Run) -> None:
    with connect(current_site()) as connection:
        for contract in load_contracts():
            if contract.department != "town":
                assert connection.execute(f"select count(*) from raw.{contract.feed}").fetchone() != (0,), contract.feed
        for warning_type in WARNING_TYPES:
            assert connection.execute(f"select count(*) from risk.risk_{warning_type}").fetchone() != (0,), warning_type


def test_ten_towns_get_a_workbook_and_a_letter(run: Run) -> None:
    towns = {row["town_name"] for row in current_site().county_rows("divisions.csv")}
    folders = {path.name: path for path in (run.home / "reports" / DISPATCH).iterdir()}
    assert towns < set(folders) and len(towns) == 10
    warnings = run.exported("warnings", "--dispatch", DISPATCH, "--unmasked")
    for town in towns:
        (book,) = folders[town].glob("*_预警核查工作簿.xlsx")
        (letter,) = folders[town].glob("*_交办函.pdf")
        assert letter.read_bytes().startswith(b"%PDF")
        shown = {str(cell) for sheet in openpyxl.load_workbook(book) for row in sheet.values for cell in row if cell}
        assert set(warnings[warnings["town_name"] == town]["warning_id"]) <= shown
        others = set(warnings[warnings["town_name"] != town]["warning_id"])
        assert not others & shown
    assert len(list(folders["县乡村振兴局"].glob("*.xlsx"))) == 2


def test_real_time_warnings_went_out_before_the_month_and_nobody_was_asked(run: Run) -> None:
    (notice,) = (run.home / "reports").glob("instant-*")
    told = {path.name for path in notice.iterdir()}
    listed = run.exported("warnings", "--dispatch", DISPATCH).query("dispatch == @notice.name")
    assert set(listed["town_name"]) == told
    assert set(listed["feeds"]) <= set(current_site().county.instant_feeds("at_once"))
    with sqlite3.connect(f"file:{run.home / 'airflow' / 'airflow.db'}?mode=ro", uri=True) as connection:
        assert connection.execute("select count(*) from dag_run where dag_id = 'instant'").fetchone() == (0,)


def test_explain_goes_from_a_line_back_to_clause_file_and_row(run: Run) -> None:
    warnings = run.exported("warnings", "--dispatch", DISPATCH)
    for _, first in warnings.groupby("warning_type").first().iterrows():
        done = run.fangpin("explain", first["warning_id"])
        assert done.returncode == 0, done.stderr
        for word in (first["rule_id"], first["clause"], "标准：", "实际：", "工作表", "行", "SHA-256", "收到：2024-0", "起至"):
            assert word in done.stdout, (word, done.stdout)


def test_explain_tells_why_a_person_has_no_warning(run: Run) -> None:
    quiet = next(
        row
        for row in run.answers["not_warnings"]
        if row.get("id_number") and row["feed"] == "human_resources__unemployed" and not row["reason"].startswith("rejected")
    )
    done = run.fangpin("explain", "--person", quiet["id_number"])
    assert done.returncode == 0 and "未达预警标准" in done.stdout and quiet["id_number"] not in done.stdout
    nobody = run.fangpin("explain", "--person", person("张三"))
    assert nobody.returncode == 0 and "没有此人" in nobody.stdout
    assert run.fangpin("explain", "W000000000000").returncode == 1


def test_no_number_is_written_where_it_does_not_belong(run: Run) -> None:
    with connect(current_site()) as connection:
        known = {PLANTED}
        for contract in load_contracts():
            for column in contract.columns:
                if column.kind == "id_number":
                    found = connection.execute(f"select distinct {column.name} from raw.{contract.feed}").fetchall()
                    known |= {number for (number,) in found if number}
    assert len(known) > 900
    looked_at = [run.home / name for name in ("airflow", "docs", "dbt", "quality", "warehouse", "archive")]
    assert all(folder.exists() for folder in looked_at)
    assert leaks(looked_at, known) == {}
    assert numbers_in(run.printed.encode(), known) == set()
    masked = run.fangpin("export", "warnings", "--dispatch", DISPATCH)
    assert numbers_in(masked.stdout.encode(), known) == set()
    assert leaks([run.home], known).keys() >= {str(run.home / "answers.json")}, "the scan must find a number where there is one"


def risk_tables(site: Site) -> dict[str, list[tuple[Any, ...]]]:
    with connect(site) as connection:
        names = [f"risk.risk_{name}" for name in (*WARNING_TYPES, "warnings", "signals")]
        return {name: connection.execute(f"from {name} order by all").fetchall() for name in names}


def test_the_same_month_again_changes_nothing(run: Run) -> None:
    before = risk_tables(current_site())
    exported = run.exported("warnings", "--dispatch", DISPATCH, "--unmasked")
    for path in sorted((run.home.parent / "sent").rglob("*.*")):
        if path.is_file():
            again = run.home / "inbox" / path.parent.name / f"再报_{path.name}"
            again.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, again)
    done = run.fangpin("month", DISPATCH, "--approve-as", "bureau")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "不重复交办" in done.stdout
    assert risk_tables(current_site()) == before
    assert run.exported("warnings", "--dispatch", DISPATCH, "--unmasked").equals(exported)
    again = run.exported("deliveries").query("file.str.startswith('再报_')")
    assert set(again["status"]) <= {"duplicate", "refused", "zero_report"} and "duplicate" in set(again["status"])
    assert again["accepted"].astype(int).sum() == 0
