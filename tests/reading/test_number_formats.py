"""A unit that only the number format shows is part of the cell."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from include.reading.formats import open_workbook
from include.reading.number_formats import unit_of_format


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ('0.00"万元"', "万元"), ("0.00万元", "万元"), ('#,##0.00"元"', "元"), ('0!.0,"万"', "元"), ('0\\.0,"万"', "元"),
        ('0.00,"千元"', "元"), ('[Red]0.0"万";-0.0"万"', "万元"), ('0.0"亩"', "亩"), ("#,##0.00", None), ("yyyy-mm-dd", None),
        ('0"人"', None), ('yyyy"年"m"月"', None), ("General", None), ("¥#,##0.00", None), ('0.00,,"亿元"', "百元"),
    ],
)  # fmt: skip
def test_the_unit_of_a_format(code: str, unit: str | None) -> None:
    assert unit_of_format(code) == unit


@pytest.mark.parametrize(
    ("code", "figure", "shown"), [('0.00"万元"', 1.5, "1.5万元"), ('0!.0,"万"', 15000, "15000元"), ('0.0"亩"', 3.25, "3.25亩")]
)
def test_the_cell_is_read_with_its_unit(tmp_path: Path, code: str, figure: float, shown: str) -> None:
    path = tmp_path / "表.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "经济损失")
        sheet.write(1, 0, figure, book.add_format({"num_format": code}))
        sheet.write(2, 0, figure)
        sheet.write_string(3, 0, "无", book.add_format({"num_format": code}))
    (found,) = open_workbook(path, path.name).sheets
    assert [row[0] for row in found.rows] == ["经济损失", shown, figure, "无"]
