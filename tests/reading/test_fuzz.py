"""Whatever bytes arrive, the reader reads them or refuses them with what to do: no crash, no hang, never a gigabyte.

Every case runs in a child process whose peak of memory (its own and its readers') is measured.
"""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt

from include.site import PROJECT

pytestmark = pytest.mark.bounded
"""In a test process of their own: a child's peak of memory begins with what its parent held when it was started."""

LIMIT_SECONDS = 180
LIMIT_MEGABYTES = 1024
MUTATIONS = 30
HEADS = ["姓名", "身份证号", "乡镇", "行政村", "人员类别", "参保年度"]
ROW = ["张三", "34052419800101001X", "旌阳镇", "华丰村", "脱贫人口", 2024]

CHILD = """
import json, resource, sys, time
from datetime import datetime
from pathlib import Path
from include.contracts import load_contracts
from include.checking.recognise import read_delivery
from include.reading import reader
from include.reading.refusal import ReadingEnded, Refused

contracts = load_contracts()
ask, ends = reader._read, [{"processor": 0}]
reader._read = lambda *request: ends.append(ask(*request)) or ends[-1]
answers = []
for path in map(Path, sys.argv[1:]):
    started = time.process_time()
    try:
        read = read_delivery(path, file_name=path.name, department="medical_insurance",
            received_at=datetime(2024, 3, 10), contracts=contracts)
        answer = {"rows": sum(len(table.table.rows) for table in read.tables)}
    except Refused as refused:
        answer = {"code": refused.reason_code, "reason": refused.reason}
    except ReadingEnded as ended:
        answer = {"ended": ended.limit}
    answers.append(answer | {"file": path.name, "seconds": time.process_time() - started + ends[-1]["processor"]})
reader.stop_reader()
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024
print(json.dumps({"answers": answers, "megabytes": peak}))
"""


def read_all(paths: list[Path]) -> list[dict[str, Any]]:
    """The child's answer to each file, after the checks that hold for all of them."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, paths)],
        cwd=PROJECT, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"the reader crashed:\n{done.stderr[-2000:]}"
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["megabytes"] < LIMIT_MEGABYTES, f"{found['megabytes']} MB"
    for answer in found["answers"]:
        if "code" in answer:
            assert "请" in answer["reason"] and answer["file"] in answer["reason"], answer
    return found["answers"]


# Sound files to spoil


def xlsx() -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in [["未参保名单(2024年3月)"], HEADS, *[ROW] * 20]:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def xls() -> bytes:
    book, content = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("名单")
    for r, row in enumerate([HEADS, *[ROW] * 20]):
        for c, cell in enumerate(row):
            sheet.write(r, c, cell)
    book.save(content)
    return content.getvalue()


def text(encoding: str) -> bytes:
    return "\r\n".join(",".join(map(str, row)) for row in [HEADS, *[ROW] * 20]).encode(encoding)


SOUND: dict[str, Callable[[], bytes]] = {
    "xlsx": xlsx,
    "xls": xls,
    "csv": lambda: text("gb18030"),
    "txt": lambda: text("utf-16"),
}


def spoilt(sound: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, lost, doubled, moved, or the end cut off."""
    content = bytearray(sound)
    for _ in range(chance.choice((1, 1, 3, 20))):
        at = chance.randrange(max(len(content), 1))
        size = chance.choice((1, 2, 8, 200))
        match chance.randrange(6):
            case 0:
                content[at : at + size] = chance.randbytes(size)
            case 1:
                del content[at : at + size]
            case 2:
                content[at:at] = content[at : at + size]
            case 3:
                content[at : at + 4] = chance.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f"))
            case 4:
                content[at:at] = chance.choice((b'"', b"\0", b"\r", b"<", b"&", b","))
            case 5 if chance.random() < 0.3:
                del content[at:]
    return bytes(content)


def repacked(sound: bytes, chance: random.Random) -> bytes:
    """A sound archive around spoilt parts: past the checksums, into the XML."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sound)) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        parts = [name for name in old.namelist() if name.endswith((".xml", ".rels"))]
        bad = chance.choice(parts)
        for name in old.namelist():
            new.writestr(name, spoilt(old.read(name), chance) if name == bad else old.read(name))
    return content.getvalue()


@pytest.mark.parametrize("kind", [*SOUND, "repacked.xlsx"])
def test_spoilt_bytes_are_read_or_refused(tmp_path: Path, kind: str) -> None:
    chance = random.Random(f"20240310 {kind}")
    suffix = kind.rpartition(".")[2]
    sound = SOUND[suffix]()
    paths = []
    for number in range(MUTATIONS):
        paths.append(tmp_path / f"{number}.{suffix}")
        paths[-1].write_bytes((repacked if "." in kind else spoilt)(sound, chance))
    answers = read_all(paths)
    assert len(answers) == MUTATIONS
    assert any("rows" in answer for answer in answers) and any("code" in answer for answer in answers), "both kinds occur"


@pytest.mark.parametrize("kind", SOUND)
def test_a_file_cut_off_anywhere_is_read_or_refused(tmp_path: Path, kind: str) -> None:
    sound = SOUND[kind]()
    paths = []
    for part in range(12):
        paths.append(tmp_path / f"{part}.{kind}")
        paths[-1].write_bytes(sound[: len(sound) * part // 12])
    answers = read_all(paths)
    assert answers[0]["code"] == "empty_file"
    if kind == "xlsx":
        assert all("code" in answer for answer in answers)


# Files made to harm

SHEET = "xl/worksheets/sheet1.xml"


def with_sheet(path: Path, parts: Iterator[bytes] | list[bytes], part: str = SHEET) -> Path:
    """A sound book whose sheet (or another part) is replaced by what comes in pieces, never held whole."""
    with zipfile.ZipFile(io.BytesIO(xlsx())) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        with new.open(part, "w", force_zip64=True) as out:
            for piece in parts:
                out.write(piece)
    return path


OPEN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
CLOSE = b"</sheetData></worksheet>"


def column(number: int) -> bytes:
    letters = b""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = bytes([65 + rest]) + letters
    return letters


def two_hundred_megabytes_of_spaces() -> Iterator[bytes]:
    yield OPEN + b'<row r="1"><c r="A1" t="inlineStr"><is><t xml:space="preserve">'
    for _ in range(200):
        yield b" " * 2**20
    yield b"</t></is></c></row>" + CLOSE


def spaces_between_rows() -> Iterator[bytes]:
    yield OPEN
    for _ in range(200):
        yield b" " * 2**20
    yield CLOSE


def million_columns() -> Iterator[bytes]:
    yield OPEN + b'<row r="1">'
    for start in range(1, 1_000_001, 10_000):
        yield b"".join(b'<c r="%s1"><v>1</v></c>' % column(number) for number in range(start, start + 10_000))
    yield b"</row>" + CLOSE


def nested() -> Iterator[bytes]:
    yield OPEN
    for tag in (b"<row>", b"<c>", b"<is>"):
        yield tag * 300_000
    yield CLOSE


def noisy_bomb() -> Iterator[bytes]:
    """Packs too well to be honest, and stays under no limit when unpacked."""
    yield OPEN
    for _ in range(1200):
        yield b'<row><c t="inlineStr"><is><t>0</t></is></c></row>' * 21_000
    yield CLOSE


def entities() -> list[bytes]:
    levels = b"".join(b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, 12))
    head = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e0 "x">' + levels + b"]>"
    return [head, OPEN, b'<row r="1"><c r="A1" t="inlineStr"><is><t>&e11;</t></is></c></row>', CLOSE]


def dimension(reference: bytes) -> list[bytes]:
    cell = b'<row r="1"><c r="A1" t="inlineStr"><is><t>\xe5\xa7\x93\xe5\x90\x8d</t></is></c></row>'
    return [OPEN.replace(b"<sheetData>", b'<dimension ref="%s"/><sheetData>' % reference), cell, CLOSE]


def far_rows() -> list[bytes]:
    return [OPEN, *(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (row, row) for row in (1, 500_000, 1_048_576)), CLOSE]


HARMFUL: dict[str, Callable[[], Iterator[bytes] | list[bytes]]] = {
    "spaces-in-a-cell": two_hundred_megabytes_of_spaces,
    "spaces-between-rows": spaces_between_rows,
    "million-columns": million_columns,
    "nested": nested,
    "zip-bomb": noisy_bomb,
    "entities": entities,
    "dimension-whole-sheet": lambda: dimension(b"A1:XFD1048576"),
    "dimension-beyond": lambda: dimension(b"A1:ZZZZZZZ99999999999999999999"),
    "dimension-backwards": lambda: dimension(b"XFD1048576:A1"),
    "far-rows": far_rows,
}


@pytest.mark.parametrize("what", HARMFUL)
def test_a_harmful_sheet_is_refused_in_time(tmp_path: Path, what: str) -> None:
    (answer,) = read_all([with_sheet(tmp_path / "名单.xlsx", HARMFUL[what]())])
    assert "code" in answer, f"{what} is no list of people: {answer}"
    assert answer["seconds"] < 20, answer


def test_shared_strings_that_promise_too_much_are_refused(tmp_path: Path) -> None:
    """A count of strings beyond all memory, and places of strings that do not exist."""
    head = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="4294967295" uniqueCount="4294967295">'
    cells = b"".join(b'<c r="%s1" t="s"><v>%d</v></c>' % (column(number), 4_000_000_000) for number in range(1, 8))
    answers = read_all([
        with_sheet(tmp_path / "一.xlsx", [head, b"<si><t>x</t></si></sst>"], "xl/sharedStrings.xml"),
        with_sheet(tmp_path / "二.xlsx", [OPEN, b'<row r="1">', cells, b"</row>", CLOSE]),
    ])  # fmt: skip
    assert all("code" in answer for answer in answers), answers


def test_text_of_absurd_shape_is_refused(tmp_path: Path) -> None:
    shapes = {
        "列.csv": b"," * 1_000_000,
        "空格.csv": b" " * 100_000_000,
        "引号.csv": b'"' * 5_000_000,
        "行.csv": b"\n" * 2_000_000,
        "格.csv": (b"x," * 16_000 + b"\n") * 1500,
        "零.csv": b"\0" * 1_000_000,
    }
    paths = []
    for name, content in shapes.items():
        (tmp_path / name).write_bytes(content)
        paths.append(tmp_path / name)
    answers = read_all(paths)
    assert all("code" in answer for answer in answers), answers
    assert max(answer["seconds"] for answer in answers) < 20, answers
