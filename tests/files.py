"""Real files for the tests: what a department would put in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msoffcrypto
import xlsxwriter

UNINSURED = ("姓名", "身份证号", "乡镇", "行政村", "人员类别", "参保年度")
REGISTRY = (
    "序号", "数据日期", "县(市、区、旗)", "乡(镇)", "行政村", "自然村", "户编号", "人编号", "姓名",
    "证件号码", "人数", "与户主关系", "民族", "文化程度", "在校生状况", "健康状况", "劳动技能",
    "务工时间（月）", "是否参加大病保险", "致贫原因1", "危房户", "是否解决安全饮用水", "人均纯收入",
    "户联系电话", "人联系电话", "首次识别时间", "人员识别时间", "户类型", "易返贫致贫户(监测对象)类型",
    "风险是否消除", "风险识别时间", "风险消除时间",
)  # fmt: skip
PEOPLE = {
    "张三": "34052419800101001X",
    "李四": "11010519491231002X",
    "王五": "341825199001010012",
    "赵六": "341825196703022459",
    "钱七": "341825198507160027",
    "孙八": "341825200509030015",
    "周九": "341825200711120013",
}


def person(name: str) -> str:
    """A fictional person's number with the right check character (GB 11643-1999)."""
    return with_check_character(PEOPLE[name][:17])


def with_check_character(digits: str) -> str:
    """A number from its first seventeen digits."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11]


def write_xlsx(path: Path, *rows: Sequence[Any], sheet: str = "Sheet1") -> Path:
    """A workbook with one sheet; strings stay strings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        target = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            target.write_row(number, 0, row)
    return path


def with_password(path: Path, password: str) -> Path:
    """The same workbook, protected as Excel and WPS protect it."""
    plain = path.read_bytes()
    locked = path.with_suffix(".locked")
    with path.open("rb") as source, locked.open("wb") as target:
        msoffcrypto.OfficeFile(source).encrypt(password, target)
    assert locked.read_bytes() != plain
    return locked.replace(path)


def uninsured_rows(*names: str, year: int = 2024, reason: str = "") -> list[tuple[Any, ...]]:
    """Head and one row a person of the list of the uninsured."""
    return [
        (*UNINSURED, "未参保原因"),
        *((name, person(name), "旌阳镇", "华丰村", "脱贫人口", year, reason) for name in names),
    ]


def registry_rows(*names: str, data_date: str = "2024-03-01") -> list[tuple[Any, ...]]:
    """The national system's export with one household a person, all of 华丰村."""
    rows: list[tuple[Any, ...]] = [REGISTRY]
    for number, name in enumerate(names, start=1):
        known = {
            "序号": number, "数据日期": data_date, "县(市、区、旗)": "旌德县", "乡(镇)": "旌阳镇", "行政村": "华丰村委会",
            "户编号": f"H{number:04d}", "人编号": f"P{number:04d}", "姓名": name, "证件号码": person(name), "人数": 1,
            "与户主关系": "户主", "户类型": "脱贫户", "首次识别时间": "2014-01-01",
        }  # fmt: skip
        rows.append(tuple(known.get(label, "") for label in REGISTRY))
    return rows
