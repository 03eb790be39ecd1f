"""A town's return as a file: the issued workbook filled in, a csv, or a copy pasted into a table of the town's own.

The same plan always gives the same bytes: times inside the archive are fixed.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from include.rehearsal.county.writers import ZIP_TIME, Grid, write_xlsx
from include.rehearsal.returns.issued import FACT, HEAD, HEADS_WITHIN, HOUSEHOLD, KIND, NUMBER, VILLAGE, find_head
from include.rehearsal.returns.plan import MEASURE, MEASURE_HEADS, TEXT, VERIFICATION, WORKBOOK, Return
from include.rehearsal.returns.truth import (
    ANSWER_HEADS,
    CATEGORY,
    EXPLAINED,
    INTENDED,
    IS_TRUE,
    MEETS,
    REASON,
    REVIEWER,
    SECOND,
    SITUATION,
    VISITED,
    VISITOR,
    Line,
    Truth,
)

PASTED_HEADS = (
    "序号", VILLAGE, HEAD, KIND, FACT, SITUATION, IS_TRUE, MEETS, CATEGORY, INTENDED, REASON, VISITED, VISITOR, SECOND,
    REVIEWER, EXPLAINED, NUMBER, "联系电话", "备注",
)  # fmt: skip
"""The sheet's columns in another order, some left out, three of the town's own among them."""
MERGED = (IS_TRUE, MEETS, VISITED, VISITOR, SECOND, REVIEWER)
"""Answers that hold for the whole household are merged over its rows."""
FACTS = (
    "家庭人口",
    "工资性收入",
    "经营性收入",
    "财产性收入",
    "转移性收入",
    "合规自付及刚性支出",
    "人均纯收入",
    "三保障及饮水情况",
)
SHIFTED = (MEASURE_HEADS[0], *MEASURE_HEADS[:0:-1])
FIXED_STAMP = "2024-01-01T00:00:00Z"
SHEET = "反馈表"


def write_return(item: Return, truth: Truth, inbox: Path) -> Path:
    """Write the file into the town's folder, or for some towns into the one they share; tells each line its place."""
    folder = inbox / "各镇"
    if truth.rng("folder", item.town).random() < 0.7:
        folder /= item.town
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{item.name}.{'csv' if item.form == TEXT else 'xlsx'}"
    if item.form == WORKBOOK and item.kind == VERIFICATION:
        _fill(item, truth, path)
    elif item.form == TEXT:
        encoding = "gb18030" if truth.rng("encoding", item.town).random() < 0.5 else "utf-8-sig"
        _write_text(item, path, encoding)
    else:
        _write_pasted(item, path)
    item.path = str(path.relative_to(inbox))
    return path


def _fill(item: Return, truth: Truth, path: Path) -> None:
    """Fill the white cells of the issued workbook; grey ones stay, but where the town overtypes one. Added rows go below."""
    (book_path,) = {line.asked.book for line in item.lines if line.asked}
    book = load_workbook(book_path)
    columns = {
        sheet.title: found[1] for sheet in book if (found := find_head(sheet.iter_rows(max_row=HEADS_WITHIN, values_only=True)))
    }
    visited: set[str] = set()
    for line in item.lines:
        if line.asked:
            line.sheet, line.row = line.asked.sheet, line.asked.row
            sheet = book[line.sheet]
            _fill_cells(sheet, line, columns[line.sheet], line.asked.given)
            if line.household not in visited and not line.asked.is_area:
                visited.add(line.household)
                _fill_facts(sheet, line, columns[line.sheet], truth)
        else:
            line.sheet = item.lines[0].sheet
            sheet = book[line.sheet]
            line.row = _last_row(sheet, columns[line.sheet][NUMBER]) + 1
            given = _given_of(item, line)
            for head, column in columns[line.sheet].items():
                sheet.cell(line.row, column).value = given.get(head)
            _fill_cells(sheet, line, columns[line.sheet], given)
    content = io.BytesIO()
    book.save(content)
    path.write_bytes(_with_fixed_times(content.getvalue()))


def _fill_cells(sheet: Worksheet, line: Line, columns: Mapping[str, int], given: Mapping[str, Any]) -> None:
    """The answer's cells; of what is given, only what the line says otherwise."""
    for head, value in line.cells.items():
        if head not in columns or value is None or value == given.get(head):
            continue
        cell = sheet.cell(line.row, columns[head])
        cell.value = value
        if isinstance(value, date):
            cell.number_format = "yyyy-mm-dd"


def _fill_facts(sheet: Worksheet, line: Line, columns: Mapping[str, int], truth: Truth) -> None:
    """Members and incomes, where the sheet asks for them and has not filled them in itself."""
    rng = truth.rng("income", line.household)
    people, incomes = rng.randrange(1, 7), [rng.randrange(0, 400) * 100 for _ in range(4)]
    spending = rng.randrange(0, 150) * 100
    values = (people, *incomes, spending, round((sum(incomes) - spending) / people), "均有保障")
    for head, value in zip(FACTS, values, strict=True):
        if head in columns and sheet.cell(line.row, columns[head]).value is None:
            sheet.cell(line.row, columns[head]).value = value


def _given_of(item: Return, line: Line) -> dict[str, Any]:
    """What the grey cells say of a row the town adds: copied from the row it repeats, or from the other town's workbook."""
    same = next((other.asked for other in item.lines if other.asked and other.warning_id == line.warning_id), None)
    return same.given if same else line.given


def _last_row(sheet: Worksheet, column: int) -> int:
    return max(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, column).value)


def _with_fixed_times(content: bytes) -> bytes:
    """The same workbook with the times at which it was saved taken out."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(target, "w") as fixed:
        for entry in book.infolist():
            data = book.read(entry)
            if entry.filename == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", FIXED_STAMP.encode(), data)
            plain = zipfile.ZipInfo(entry.filename, ZIP_TIME)
            plain.compress_type = zipfile.ZIP_DEFLATED
            fixed.writestr(plain, data)
    return target.getvalue()


def _heads(item: Return) -> tuple[str, ...]:
    return ANSWER_HEADS if item.kind == VERIFICATION else MEASURE_HEADS


def _write_text(item: Return, path: Path, encoding: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_heads(item))
    for number, line in enumerate(item.lines, start=2):
        line.row = number
        writer.writerow(["" if (value := line.cells.get(head)) is None else str(value) for head in _heads(item)])
    path.write_bytes(text.getvalue().encode(encoding))


def _write_pasted(item: Return, path: Path) -> None:
    """A table of the town's own under a title: a head for itself, households one after another, their common answers merged."""
    heads = _pasted_heads(item)
    title = f"{item.town}{'入户核查反馈' if item.kind == VERIFICATION else '帮扶措施'}（{item.dispatch_id}期）"
    grid = Grid(SHEET, [[title], list(heads)], [(0, 0, 0, len(heads) - 1)])
    for number, line in enumerate(item.lines, start=1):
        line.sheet, line.row = SHEET, len(grid.cells) + 1
        grid.cells.append([number if head == "序号" else _cell(line, head) for head in heads])
    if item.kind == VERIFICATION:
        _merge_answers(grid, item.lines, heads)
    write_xlsx([grid], path)


def _pasted_heads(item: Return) -> tuple[str, ...]:
    if item.kind == MEASURE:
        return SHIFTED
    has_households = any(line.cells.get(HOUSEHOLD) for line in item.lines)
    return (*PASTED_HEADS, HOUSEHOLD) if has_households else PASTED_HEADS


def _cell(line: Line, head: str) -> Any:
    if head not in line.cells and line.asked and head in (KIND, FACT):
        return line.asked.kind if head == KIND else line.asked.text(FACT)
    return line.cells.get(head)


def _merge_answers(grid: Grid, lines: Sequence[Line], heads: Sequence[str]) -> None:
    """Merge where neighbouring rows of one household say the same; below the first the cells are empty then."""
    first = 0
    for index in range(1, len(lines) + 1):
        if index < len(lines) and lines[index].household == lines[first].household and not lines[index].wrong:
            continue
        for head in MERGED if index - first > 1 else ():
            column, rows = heads.index(head), range(first, index)
            if len({str(lines[row].cells.get(head)) for row in rows}) == 1 and lines[first].cells.get(head) is not None:
                grid.merges.append((first + 2, column, index + 1, column))
                for row in rows[1:]:
                    grid.cells[row + 2][column] = None
        first = index
