"""The workbook in which a department, or a town, fills in a table from scratch; all of it comes from the contract.

Nothing in it needs a macro or a comment bubble: what belongs in a column is shown by the cell itself when it is chosen, in every
spreadsheet program. The lists of towns and villages lie in a hidden sheet, which is not read when the file comes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from include.contracts import EXPLANATION_SHEET, LISTS_SHEET, Column, Contract, load_contracts, template_name
from include.reports.example_row import EXAMPLE, example_value
from include.reports.requirements import choices_of, head_of, requirement
from include.reports.sheets import (
    ALERT_RED,
    GREY,
    Book,
    Field,
    Kind,
    display_width,
    new_book,
    set_page,
    set_widths,
    write_note,
    write_title,
)
from include.site import Site
from include.site.home import rehearsal_mark

FILL_SHEET = "填报"
SEQUENCE = "序号"
HEAD_ROW, EXAMPLE_ROW, FIRST_ROW, LAST_ROW = 2, 3, 4, 1003
"""Rows from 0: a thousand rows have their lists and checks; a longer list is taken all the same."""
LONGEST_LIST, LONGEST_MESSAGE = 255, 250
MOST_VILLAGES = 200
HOW = "红字带星号的栏必填。灰底的“示例”行不读取，可以留着。选中一格就有填写提示，全部要求见“填写说明”。"
WRITTEN_AS: dict[str, Kind] = {"amount": "amount", "area": "amount", "count": "count", "year": "count", "date": "date"}
"""Everything else is text, so that no number of any length loses a digit."""
WIDTHS = {
    "id_number": 21,
    "certificate_number": 24,
    "student_number": 22,
    "date": 13,
    "phone": 14,
    "event_id": 18,
    "village": 16,
    "warning_id": 18,
    "text": 14,
}
PERIODS = {
    "month": "按月报送，收到的月份就是所属期；补报以前月份的，请把月份写在文件名里，如“2024年3月{title}”。",
    "quarter": "按季报送，收到时刚结束或即将结束的季度就是所属期；补报以前季度的，请写在文件名里，如“2024年第一季度{title}”。",
    "term": "按学期报送，一个文件只报一个学期。",
    "year": "按年报送，一个文件只报一个年度。",
    "event": "一有情况就报，不分期次；有变化的再报一次，以后收到的为准。",
    "date": "随时报送。",
}


def write_templates(site: Site) -> list[Path]:
    """Write ``<home>/templates/<数据>_模板.xlsx`` for every table that somebody fills in from scratch; their paths."""
    folder = site.home / "templates"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    villages = villages_by_town(site.county_rows("divisions.csv"), site.now().date())
    paths = []
    for contract in load_contracts():
        if name := template_name(contract):
            paths.append(folder / name)
            write_template(paths[-1], contract, villages, mark=rehearsal_mark(site), created=site.now())
    return paths


def villages_by_town(divisions: Iterable[Mapping[str, str]], today: date) -> dict[str, list[str]]:
    """Each town of today with its villages, in the order of the county's divisions."""
    found: dict[str, list[str]] = {}
    for row in divisions:
        if (row["valid_from"] or "") <= today.isoformat() <= (row["valid_to"] or "9999"):
            found.setdefault(row["town_name"], []).append(row["village_name"])
    return found


def write_template(
    path: Path, contract: Contract, villages: Mapping[str, Sequence[str]], *, mark: str, created: datetime
) -> None:
    """Write one feed's template. ``villages``: of each town, as the lists offer them."""
    with new_book(path, mark=mark, title=f"{contract.title}模板", author="防贫监测预警", created=created) as book:
        _fill_sheet(book, contract, villages)
        _explain(book, contract)
        _lists(book, villages)


def _fill_sheet(book: Book, contract: Contract, villages: Mapping[str, Sequence[str]]) -> None:
    sheet = book.workbook.add_worksheet(FILL_SHEET)
    fields = [Field(SEQUENCE, 7, "centre"), *(_field(column) for column in contract.columns)]
    last = len(fields) - 1
    set_page(sheet, name=contract.title, note=contract.department_name)
    write_title(book, sheet, 0, contract.title, last)
    write_note(book, sheet, 1, HOW, [entry.width for entry in fields])
    _head(book, sheet, contract, fields)
    for place, entry in enumerate(fields):
        sheet.set_column(
            place, place, entry.width, book.style(**_look(entry.kind, contract.columns[place - 1] if place else None))
        )
    sheet.set_row(EXAMPLE_ROW, 21)
    town = next(iter(villages), "")
    village = next(iter(villages.get(town, ())), "")
    values = [EXAMPLE, *(example_value(contract, column, town, village) for column in contract.columns)]
    for place, (entry, value) in enumerate(zip(fields, values, strict=True)):
        look = {"bg_color": GREY, "font_color": "#7F7F7F", "italic": True, "text_wrap": False, "shrink": True, "align": "center"}
        style = book.cell_style(entry.kind, **look)
        book.put(sheet, EXAMPLE_ROW, place, value, style, entry.kind)
    for place, column in enumerate(contract.columns, start=1):
        _help(sheet, contract, place, column, villages)
    lines = {"type": "formula", "criteria": f"=COUNTA($A{FIRST_ROW + 1}:${xl_col_to_name(last)}{FIRST_ROW + 1})>0"}
    sheet.conditional_format(FIRST_ROW, 0, LAST_ROW, last, {**lines, "format": book.workbook.add_format({"border": 1})})
    sheet.freeze_panes(FIRST_ROW, 2)
    sheet.repeat_rows(HEAD_ROW)


def _field(column: Column) -> Field:
    shown = max(display_width(head_of(column)), display_width(column.example))
    width = max(WIDTHS.get(column.kind, 9), min(shown + 3, 26))
    return Field(head_of(column), width, WRITTEN_AS.get(column.kind, "text"))


def _look(kind: Kind, column: Column | None) -> dict[str, Any]:
    """How a cell of a column looks before anything is in it: its number format is what keeps a number whole."""
    formats = {"amount": "#,##0.00##", "count": "0", "date": "yyyy-mm-dd"}
    is_free = column is not None and column.kind == "text" and not column.choices
    return {"num_format": formats.get(kind, "@"), "align": "left" if is_free else "center", "text_wrap": is_free}


def _head(book: Book, sheet: Worksheet, contract: Contract, fields: Sequence[Field]) -> None:
    """The heads; the star of a required one is part of its format, so that the cell says the label and nothing else."""
    sheet.set_row(HEAD_ROW, 30)
    book.put(sheet, HEAD_ROW, 0, SEQUENCE, book.head_style())
    for place, column in enumerate(contract.columns, start=1):
        look: dict[str, Any] = {"font_color": ALERT_RED, "num_format": '@"*"'} if column.required else {}
        book.put(sheet, HEAD_ROW, place, fields[place].label, book.head_style(**look))


def _help(sheet: Worksheet, contract: Contract, place: int, column: Column, villages: Mapping[str, Sequence[str]]) -> None:
    """The drop-down or check of a column, and what its head and its cells say when they are chosen."""
    message = {"input_title": column.label[:32], "input_message": _message(column)}
    rule = {"validate": "any", **_check(contract, column, villages), "ignore_blank": True, **message}
    sheet.data_validation(HEAD_ROW, place, HEAD_ROW, place, {"validate": "any", **message})
    sheet.data_validation(FIRST_ROW, place, LAST_ROW, place, rule)


def _message(column: Column) -> str:
    text = f"{'必填' if column.required else '选填'}。{requirement(column)}"
    return text if len(text) <= LONGEST_MESSAGE else f"{'必填' if column.required else '选填'}。请从下拉框中选择"


def _check(contract: Contract, column: Column, villages: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The rule of a column's cells. Only a closed choice forbids; the rest asks, because what it does not know may be right."""
    asks = {
        "error_type": "information",
        "error_title": column.label[:32],
        "error_message": f"与通常的填法不同，请核对。{requirement(column)}"[:LONGEST_MESSAGE],
    }
    if column.kind in ("town", "towns"):
        return {"validate": "list", "source": list(villages), **asks}
    if column.kind in ("village", "villages"):
        return {"validate": "list", "source": _villages_of(contract), **asks} if contract.has_column("town_name") else {}
    if (choices := choices_of(column)) and len(",".join(choices)) <= LONGEST_LIST:
        is_closed = column.kind != "choices" and not column.choices_open
        strict = {"error_type": "stop", "error_title": column.label[:32], "error_message": "请从下拉框中选择。"}
        return {"validate": "list", "source": list(choices), **(strict if is_closed else asks)}
    if column.kind == "date":
        return {"validate": "date", "criteria": "between", "minimum": date(1900, 1, 1), "maximum": date(2999, 12, 31), **asks}
    if column.kind in ("amount", "area"):
        return {"validate": "decimal", "criteria": ">=", "value": 0, **asks}
    if column.kind in ("count", "year"):
        return {"validate": "integer", "criteria": ">=", "value": 0, **asks}
    if column.kind == "id_number":
        return {"validate": "length", "criteria": "==", "value": 18, **asks}
    return {}


def _villages_of(contract: Contract) -> str:
    """The villages of the town beside: the column of the hidden lists that bears its name."""
    place = 1 + [column.name for column in contract.columns].index("town_name")
    town = f"MATCH(${xl_col_to_name(place)}{FIRST_ROW + 1},{LISTS_SHEET}!$1:$1,0)-1"
    length = f"COUNTA(OFFSET({LISTS_SHEET}!$A$2,0,{town},{MOST_VILLAGES},1))"
    return f"=OFFSET({LISTS_SHEET}!$A$2,0,{town},{length},1)"


def _lists(book: Book, villages: Mapping[str, Sequence[str]]) -> None:
    sheet = book.workbook.add_worksheet(LISTS_SHEET)
    for place, (town, names) in enumerate(villages.items()):
        for row, text in enumerate([town, *names]):
            sheet.write_string(row, place, text)
    sheet.hide()


def _explain(book: Book, contract: Contract) -> None:
    """One line under another, in one column: nothing that looks like a list of somebody."""
    field = Field("", 78)
    sheet = book.workbook.add_worksheet(EXPLANATION_SHEET)
    set_page(sheet, name=f"{contract.title} 填写说明", landscape=False)
    set_widths(sheet, [field])
    write_title(book, sheet, 0, f"《{contract.title}》填写说明", 0)
    period = PERIODS.get(contract.period_kind, "")
    if contract.period_column and contract.period_kind in ("term", "year", "month"):
        period = f"{period.partition('；')[0].rstrip('。')}；所属期由“{contract.column(contract.period_column).label}”栏定。"
    lines = [
        f"报送单位：{contract.department_name}。时限：{contract.due}。依据：{contract.clause}。",
        f"一行填什么：{contract.one_row}。",
        f"期次：{period.format(title=contract.title)}",
        "怎样报：填好保存，放进本部门的收件夹即可，文件名不限；几分钟后有回执。退回的行在退回表里改正后再放回去。",
        "没有要报的：原样交上来就是零报告（示例行可以留着）。",
        "示例行：第一栏写着“示例”，不读取，可以留着也可以删去；不要把它改成真实的人，请从下一行填起。",
        "表头不要改；左右多加几栏、上方加标题、下方加合计和落款都可以。",
        "号码、编号的栏已设成文本。从别处粘贴时请选“只粘贴文本（值）”，免得长号码丢掉末几位。",
        "下拉框里有的请照选；乡镇选好后，行政村只列这个镇的。",
        "各栏怎样填：",
        *(f"{number}．{_explained(column)}" for number, column in enumerate(contract.columns, start=1)),
    ]
    for row, line in enumerate(lines, start=1):
        write_note(book, sheet, row, line, [field.width], bold=line == "各栏怎样填：")


def _explained(column: Column) -> str:
    wanted = requirement(column)
    return f"{head_of(column)}（{'必填' if column.required else '选填'}）" + (f"：{wanted}。" if wanted else "：按实际情况填写。")
