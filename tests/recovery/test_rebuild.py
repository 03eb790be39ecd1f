"""What is computed comes out the same again; what does not is told by table and count; an interruption changes nothing."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from include.cli.recovery import print_rebuilt
from include.orchestration.service_lock import leave_service, take_service
from include.recovery import replay
from include.recovery.compare import MOMENTS, PASSED_OVER
from include.recovery.papers import is_same
from include.recovery.rebuild import rebuild
from include.recovery.scratch import RebuildError
from include.site import current_site
from include.storage import ledger
from include.storage.ledger.migrations import MigrationError
from include.storage.warehouse import connect
from tests.deliveries.test_receive import ingest
from tests.files import person, uninsured_rows, write_xlsx
from tests.recovery.conftest import run


def silent(*_: object) -> None:
    """No progress is shown."""


def content(home: Path) -> dict[str, bytes]:
    """Every file that is fact or was given out, and the computed one."""
    tops = ("archive", "warehouse", "returns", "docs", "quality")
    files = (path for top in tops for path in (home / top).rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(home)): path.read_bytes() for path in files if path.suffix not in (".lock", "")}


def test_nothing_differs_and_nothing_is_left_behind(small: Path) -> None:
    before = content(small)
    code, said = run("rebuild")
    assert code == 0 and "没有不同" in said
    assert all(f"{table}：" in said for table in PASSED_OVER) and all(table in said for table in MOMENTS)
    assert not (small / "rebuild").exists() and content(small) == before


def test_what_somebody_changed_is_named_by_table_and_count(small: Path) -> None:
    with connect(current_site()) as connection:
        connection.execute("update raw.medical_insurance__uninsured set person_name = '冒名者' where person_name = '张三'")
        issues = connection.execute("select reason_code from raw.row_issues").fetchall()
        connection.execute("delete from raw.row_issues")
    found = rebuild(current_site(), silent)
    unlike = {line.what: (line.only_kept, line.only_rebuilt) for line in found.differences if not line.is_none}
    assert unlike == {"raw.medical_insurance__uninsured": (1, 1), "raw.row_issues": (0, len(issues))} and len(issues) > 1
    shown = io.StringIO()
    print_rebuilt(Console(file=shown, width=200), found)
    said = shown.getvalue()
    assert "有 2 处不同" in said and "没有改动任何文件" in said
    assert not [word for word in ("张三", "冒名者", person("张三")) if word in said]


def test_the_changed_file_is_replaced_and_kept_beside(small: Path) -> None:
    with connect(current_site()) as connection:
        connection.execute("delete from raw.medical_insurance__uninsured")
    code, said = run("rebuild", "--swap")
    kept = re.search(r"fangpin\.replaced-[\d-]+\.duckdb", said)
    assert code == 1 and kept and (small / "warehouse" / kept[0]).exists()
    with connect(current_site()) as connection:
        assert connection.execute("select count(*) from raw.medical_insurance__uninsured").fetchone() == (2,)


def test_a_home_without_the_computed_file_says_how_to_get_it_back(small: Path) -> None:
    before = content(small)
    (small / "warehouse" / "fangpin.duckdb").unlink()
    shutil.rmtree(small / "returns")
    code, said = run("doctor")
    assert code == 1 and "fangpin rebuild --swap" in said
    with pytest.raises(MigrationError, match="fangpin rebuild --swap"), connect(current_site()) as connection:
        ledger.create_tables(connection)
    code, said = run("rebuild", "--swap")
    assert code == 0 and "现有的不能用来比" in said and "补回缺的文件 5 份" in said
    assert content(small).keys() >= before.keys()
    assert run("rebuild")[0] == 0


@pytest.mark.parametrize("damage", ["cut", "garbage"])
def test_a_damaged_computed_file_is_no_obstacle(small: Path, damage: str) -> None:
    file = small / "warehouse" / "fangpin.duckdb"
    file.write_bytes(file.read_bytes()[:6000] if damage == "cut" else b"x" * 20000)
    code, said = run("rebuild", "--swap")
    assert code == 0 and "现有的不能用来比" in said and "fangpin.replaced-" in said
    with connect(current_site()) as connection:
        assert connection.execute("select count(*) from raw.medical_insurance__uninsured").fetchone() == (2,)


def test_an_interruption_leaves_the_home_as_it_was_and_the_next_time_goes_through(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(small)
    with monkeypatch.context() as patched:
        patched.setattr(replay, "use_facts", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rebuild(current_site(), silent, swap=True)
    assert content(small) == before
    (small / "rebuild" / "warehouse").mkdir(parents=True)  # of one that was killed
    (small / "rebuild" / "archive").symlink_to(small / "archive")
    assert run("rebuild")[0] == 0
    assert content(small) == before


def test_an_outcome_that_comes_out_otherwise_is_told_and_the_ledger_holds(small: Path) -> None:
    (small / "county").mkdir()
    shutil.copyfile(current_site().county_file("divisions.csv"), small / "county" / "divisions.csv")
    lines = (small / "county" / "divisions.csv").read_text("utf-8-sig").splitlines()
    kept = [line for line in lines if "华丰村" not in line]
    (small / "county" / "divisions.csv").write_text("\n".join(kept), "utf-8")
    found = rebuild(current_site(), silent)
    assert not found.is_same
    assert {line.what for line in found.differences if not line.is_none} & {"raw.medical_insurance__uninsured"}


def test_a_damaged_original_is_told_and_the_others_are_rebuilt(small: Path) -> None:
    with connect(current_site()) as connection:
        ((sha256, delivery_id),) = connection.execute(
            "select sha256, delivery_id from ledger.deliveries where feed = 'medical_insurance__uninsured'"
        ).fetchall()
    (small / "archive" / sha256[:2] / f"{sha256}.age").write_bytes(b"age-encryption.org/v1\nnonsense")
    found = rebuild(current_site(), silent)
    assert any(delivery_id in text for text in found.told)
    unlike = {line.what for line in found.differences if not line.is_none}
    assert "raw.medical_insurance__uninsured" in unlike and "raw.rural_revitalization__registry" not in unlike


def test_the_ledger_going_on_meanwhile_ends_it(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_all = replay.Replay.run

    def with_news(self: replay.Replay, complete: int | None) -> None:
        run_all(self, complete)
        write_xlsx(small / "inbox" / "县医保局" / "新的2024年3月.xlsx", *uninsured_rows("王五"))
        ingest()

    monkeypatch.setattr("include.recovery.rebuild.Replay.run", with_news)
    with pytest.raises(RebuildError, match="台账又有新的记录"):
        rebuild(current_site(), silent)


def test_nothing_is_swapped_under_a_running_service(small: Path) -> None:
    lock = take_service(current_site(), "up")
    try:
        code, said = run("rebuild", "--swap")
    finally:
        leave_service(lock)
    assert code == 1 and "请先用 fangpin down 停止" in said


def test_without_a_ledger_there_is_nothing_to_go_by(home: Path) -> None:
    code, said = run("rebuild")
    assert code == 1 and "没有台账" in said


def test_workbooks_are_the_same_by_their_cells(tmp_path: Path) -> None:
    first = write_xlsx(tmp_path / "a.xlsx", ("姓名", "金额"), ("甲", 1))
    same = write_xlsx(tmp_path / "b.xlsx", ("姓名", "金额"), ("甲", 1))
    other = write_xlsx(tmp_path / "c.xlsx", ("姓名", "金额"), ("甲", 2))
    renamed = write_xlsx(tmp_path / "d.xlsx", ("姓名", "金额"), ("甲", 1), sheet="别的")
    (tmp_path / "e.xlsx").write_bytes(b"PK nonsense")
    assert is_same(first, same)
    assert not any(is_same(first, path) for path in (other, renamed, tmp_path / "e.xlsx"))
