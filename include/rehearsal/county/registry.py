"""The registry as the national system exports it: one header row, one row a person, everything as text."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import xlsxwriter

from include.rehearsal.county.people import County, Household, Person
from include.rehearsal.county.writers import FIXED_TIME, TEXT_STAYS_TEXT

FEED = "rural_revitalization__registry"
HEADER_TEXT = """序号 数据日期 县(市、区、旗) 乡(镇) 行政村 自然村 户编号 人编号 姓名 证件号码 人数 与户主关系 民族 文化程度
在校生状况 健康状况 劳动技能 务工时间（月） 是否参加大病保险 致贫原因1 危房户 是否解决安全饮用水 人均纯收入 户联系电话 人联系电话
首次识别时间 人员识别时间 户类型 易返贫致贫户(监测对象)类型 风险是否消除 风险识别时间 风险消除时间"""
HEADER = HEADER_TEXT.split()
EDUCATION = ("小学", "初中", "高中", "文盲或半文盲", "大专", "本科及以上")
HEALTH = ("健康", "健康", "健康", "长期慢性病", "残疾", "患有大病")


def registry_rows(county: County, data_date: date) -> Iterator[list[str | int | None]]:
    """The rows in order of household, as the export writes them."""
    number = 0
    for home in county.registry:
        for order, person in enumerate(home.members, start=1):
            number += 1
            yield _row(county, home, person, order, number, data_date)


def _row(county: County, home: Household, person: Person, order: int, number: int, data_date: date) -> list[str | int | None]:
    rng = random.Random(int(person.number[6:17]))
    age = person.age_on(data_date)
    written = person.number[:6] + person.number[8:17] if person.number in county.old_numbers else person.number
    return [
        number,
        data_date.isoformat(),
        "旌德县",
        home.village.town.name,
        home.village.plain,
        f"{rng.randint(1, 9)}组",
        home.id,
        f"{home.id}{order:02d}",
        person.name,
        written,
        len(home.members),
        person.relation,
        person.ethnicity,
        None if age < 7 else rng.choice(EDUCATION),
        "义务教育" if 6 <= age < 16 else "非在校生",
        rng.choice(HEALTH),
        "普通劳动力" if 16 <= age < 60 else "无劳动力",
        rng.randint(0, 12) if 16 <= age < 60 else 0,
        "是",
        home.poverty_cause,
        "否",
        "是",
        home.income_yuan,
        f"0563-{rng.randrange(10**7):07d}",
        None,
        _day(home.first_identified_on),
        _day(person.identified_on),
        home.household_type,
        home.monitored_type or None,
        home.risk_removed or None,
        _day(home.risk_identified_on),
        _day(home.risk_removed_on),
    ]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def write_registry(county: County, data_date: date, path: Path) -> int:
    """Write the export as xlsx, row by row; returns the number of persons."""
    book = xlsxwriter.Workbook(str(path), {**TEXT_STAYS_TEXT, "constant_memory": True})
    book.set_properties({"created": FIXED_TIME, "author": "演练数据"})
    sheet = book.add_worksheet("Sheet1")
    for column, label in enumerate(HEADER):
        sheet.write_string(0, column, label)
    count = 0
    for count, row in enumerate(registry_rows(county, data_date), start=1):
        for column, cell in enumerate(row):
            if cell is None:
                continue
            if isinstance(cell, str):
                sheet.write_string(count, column, cell)
            else:
                sheet.write_number(count, column, cell)
    book.close()
    return count
