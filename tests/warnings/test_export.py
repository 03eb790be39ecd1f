"""What leaves by ``fangpin export``: the format its name says, no formula in it, private, and recorded with who took it."""

from __future__ import annotations

import csv
import getpass
import io
import stat
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from include.cli.app import app
from include.site import current_site
from include.storage.warehouse import connect
from include.warnings.export import CLOCKS, ExportError, as_csv, kind_of, write
from tests.deliveries.test_receive import ingest
from tests.files import uninsured_rows, write_xlsx

PLANTED = ["=1+1", "+8613900000000x", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "http://evil.example/x", "mailto:a@b.cn"]


@pytest.fixture
def received(home: Path) -> Path:
    write_xlsx(home / "inbox" / "县医保局" / "=1+1.xlsx", *uninsured_rows("张三"))
    ingest()
    return home


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["export", *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("x.xlsx", None, "xlsx"), ("x.XLSX", None, "xlsx"), ("x.parquet", None, "parquet"), ("x.csv", None, "csv"),
        ("x", None, "csv"), ("x", "xlsx", "xlsx"), ("x.txt", "csv", "csv"), ("x.csv", "csv", "csv"),
    ],
)  # fmt: skip
def test_the_suffix_says_the_format(name: str, given: str | None, expected: str) -> None:
    assert kind_of(Path(name), given) == expected


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [("x.xlsx", "csv", "矛盾"), ("x.csv", "parquet", "矛盾"), ("x.txt", None, "看不出格式"), ("x.csv", "pdf", "不支持格式")],
)
def test_what_contradicts_itself_is_refused(name: str, given: str | None, told: str) -> None:
    with pytest.raises(ExportError, match=told):
        kind_of(Path(name), given)


def test_an_xlsx_is_an_xlsx_and_a_parquet_a_parquet(received: Path, tmp_path: Path) -> None:
    for name in ("x.xlsx", "x.parquet", "x.csv"):
        assert run("deliveries", "-o", str(tmp_path / name))[0] == 0
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert [cell.value for cell in book["导出"]["B"]] == ["file", "=1+1.xlsx"]
    assert list(pd.read_parquet(tmp_path / "x.parquet")["file"]) == ["=1+1.xlsx"]
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as lines:
        assert [row["file"] for row in csv.DictReader(lines)] == ["'=1+1.xlsx"]


def test_printed_as_it_is_written(received: Path) -> None:
    code, text = run("deliveries")
    assert code == 0 and ",'=1+1.xlsx," in text


def test_csv_texts_are_no_formulas_and_figures_stay_figures() -> None:
    figures = ["-3.5", "+12", "-0.00", "34052419800101001X", "旌阳镇", None]
    frame = pd.DataFrame({"text": [*PLANTED, *figures], "amount": [-float(number) for number in range(len(PLANTED) + 6)]})
    rows = list(csv.DictReader(io.StringIO(as_csv(frame), newline="")))
    texts = [row["text"] for row in rows]
    assert texts[:7] == [f"'{text}".replace("\r", "\n") for text in PLANTED[:7]] and texts[7:9] == PLANTED[7:]
    assert len(rows) == len(frame) and texts[9:] == [*figures[:5], ""]
    assert rows[-1]["amount"] == "-14.0"
    assert list(frame["text"][:7]) == PLANTED[:7], "the frame itself is left alone"


def test_xlsx_and_parquet_keep_the_text_as_text(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": PLANTED})
    write(frame, tmp_path / "x.xlsx", "xlsx")
    write(frame, tmp_path / "x.parquet", "parquet")
    cells = openpyxl.load_workbook(tmp_path / "x.xlsx")["导出"]["A"][1:]
    assert {cell.data_type for cell in cells} == {"s"} and not any(cell.hyperlink for cell in cells)
    assert [cell.value for cell in cells][:5] == PLANTED[:5]
    assert list(pd.read_parquet(tmp_path / "x.parquet")["text"]) == PLANTED


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="写不了"):
        write(pd.DataFrame({"a": [1]}), tmp_path / "file" / "x.csv", "csv")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_every_export_records_who(received: Path, tmp_path: Path) -> None:
    tables = ("deliveries", "rejected", "skipped", CLOCKS)
    for what in tables:
        assert run(what)[0] == 0
    run("deliveries", "-o", str(tmp_path / "x.csv"))
    with connect(current_site()) as connection:
        found = connection.execute("select what, is_masked, exported_by from ledger.exports").fetchall()
    assert found == [(what, True, getpass.getuser()) for what in (*tables, "deliveries")]
