"""A dispatch as three towns see it: workbooks with the heads of the issued ones, households of one and of several warnings."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from include.rehearsal.county.writers import Grid, write_xlsx
from include.site import Site
from include.site.home import make_rehearsal

DISPATCH = "2024-03"
ISSUED_ON = date(2024, 3, 10)
GIVEN = ("户次", "预警编号", "行政村", "户主姓名", "预警对象", "身份证号", "预警类型", "预警事实", "标注")
WHITE = (
    "家庭人口", "工资性收入", "是否属实", "是否符合监测条件", "核查情况", "未纳入理由", "拟纳入类别", "拟采取措施", "核查人",
    "核查人2", "核查日期", "审核人",
)  # fmt: skip
TOWNS = {"甲镇": 40, "乙镇": 36, "丙镇": 12, "丁镇": 9, "戊镇": 8, "己镇": 7, "庚镇": 6}
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"


def write_issued(folder: Path, town: str, count: int, serial: int) -> None:
    """One town's workbook: every eighth household has two warnings, every seventh is monitored, the last line is an area's."""
    rows: list[list[Any]] = []
    typed: list[list[Any]] = []
    for number in range(count - 1):
        household = number - (number % 8 == 1)
        warning_id, head = (
            f"W{serial + number:012X}",
            f"{SURNAMES[household % len(SURNAMES)]}大{'一二三四五六七八九'[household % 9]}",
        )
        village, home = f"{'东西南北'[household % 4]}村", f"{serial}{household:06d}"
        fact = f"2024年度截至2024-02累计个人自付费用{30001 + number}.25元"
        status = "监测对象（边缘易致贫户）·风险未消除" if household % 7 == 3 else "脱贫户"
        rows.append([str(household), warning_id, village, head, "全户", None, "因病返贫致贫", fact, None, *[None] * len(WHITE)])
        typed.append([str(number), warning_id, village, head, home, status])
    area = f"W{serial + count:012X}"
    rows.append(["99", area, None, None, "东村、西村", None, "因灾返贫致贫", "2024-02-18启动4级响应", None, *[None] * len(WHITE)])
    affected = [[area, "暴雨", "东村", f"{serial}9{number:05d}", f"灾大{number}", "脱贫户", None] for number in range(40)]
    where = Grid(
        "受影响农户核查表", [["预警编号", "事件", "行政村", "户编号", "户主姓名", "名单登记情况", "是否属实"], *affected]
    )
    title = [[f"{town}入户核查表"], ["交办编号：某防贫交办〔2024〕3号    交办日期：2024年3月10日"]]
    grids = [
        Grid("因病返贫致贫预警", [["名单"], ["序号", "预警编号", "行政村", "户主姓名", "户编号", "名单登记情况"], *typed]),
        Grid("入户核查表", [*title, [*GIVEN, *WHITE], *rows], [(0, 0, 0, len(GIVEN) + len(WHITE) - 1)]),
        Grid("入户核查表（此前已交办）", [*title, [*GIVEN, *WHITE], [*rows[0][:1], "WEARLIER", *rows[0][2:]]]),
    ]
    path = folder / town / f"{town}_{folder.name}_预警核查工作簿.xlsx"
    path.parent.mkdir(parents=True)
    write_xlsx(grids, path)
    write_xlsx([where], path.with_name(f"{town}_{folder.name}_受影响农户核查表.xlsx"))


def issue(home: Path) -> Site:
    """A rehearsal's home in which the dispatch has been issued."""
    site = Site(home)
    make_rehearsal(site)
    for place, (town, count) in enumerate(TOWNS.items(), start=1):
        write_issued(site.reports / DISPATCH, town, count, place * 1000)
    return site


@pytest.fixture
def issued_home(tmp_path: Path) -> Site:
    return issue(tmp_path / "issued")
