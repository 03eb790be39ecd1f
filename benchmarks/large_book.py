"""Makes one large delivery as a department would send it: title, unit line, head, rows, total and signature; no real person."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

from include.identity.numbers import check_character
from include.site import current_site

FEED = "medical_insurance__self_pay_monitored"
FILE_NAME = "监测对象个人累计自付费用2024年3月.xlsx"
HEADS = (
    "序号", "姓名", "身份证号", "乡镇", "行政村", "统计年度", "统计截止月份",
    "医疗总费用(元)", "基本医保报销(元)", "大病保险报销(元)", "医疗救助(元)", "个人自付费用(元)",
)  # fmt: skip
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂香凤英子涵宇轩欣怡浩然梓萱一诺"
WRONG_NUMBERS = 0.0005
WRITTEN_OTHERWISE = 0.02


def make_book(path: Path, rows: int, seed: int = 7) -> None:
    """An xlsx of ``rows`` × 12; one number in fifty written in another way, one in two thousand false."""
    chance = random.Random(seed)
    villages = [(row["town_name"], row["village_name"]) for row in current_site().county_rows("divisions.csv")]
    book = xlsxwriter.Workbook(str(path), {"strings_to_numbers": False, "strings_to_formulas": False})
    sheet = book.add_worksheet("监测对象自付")
    sheet.write_string(0, 0, "监测对象个人累计自付费用明细表（2024年2月）")
    sheet.write_string(1, 0, "填报单位：县医保局")
    sheet.write_row(2, 0, HEADS)
    numbers: set[str] = set()
    for row in range(3, rows + 3):
        total = round(chance.expovariate(1 / 9000), 2)
        basic, serious = round(total * chance.uniform(0.4, 0.7), 2), round(total * chance.choice((0, 0, 0, 0.1)), 2)
        aid = round(total * chance.choice((0, 0, 0.05)), 2)
        paid = round(total - basic - serious - aid, 2)
        name = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))
        sheet.write_number(row, 0, row - 2)
        sheet.write_string(row, 1, name if chance.random() > WRITTEN_OTHERWISE else "\u3000".join(name))
        sheet.write_string(row, 2, _number(chance, numbers))
        sheet.write_row(row, 3, chance.choice(villages))
        sheet.write_number(row, 5, 2024)
        sheet.write_string(row, 6, "2024年2月")
        sheet.write_number(row, 7, total)
        for column, amount in ((8, basic), (9, serious), (10, aid)):
            if amount:
                sheet.write_number(row, column, amount)
        if chance.random() > WRITTEN_OTHERWISE:
            sheet.write_number(row, 11, paid)
        else:
            sheet.write_string(row, 11, f"{paid:,.2f}")
    sheet.write_string(rows + 3, 0, "合计")
    sheet.write_number(rows + 3, 1, rows)
    sheet.write_string(rows + 4, 0, "填表人：")
    sheet.write_string(rows + 4, 4, "审核人：")
    book.close()


def _number(chance: random.Random, taken: set[str]) -> str:
    """An invented valid number that no other row has; now and then with a small x, full width, or false."""
    while True:
        born = date(1935, 1, 1) + timedelta(days=chance.randrange(31_000))
        first = f"341825{born:%Y%m%d}{chance.randrange(1000):03d}"
        number = first + check_character(first)
        if number not in taken and not number.endswith("000"):
            break
    taken.add(number)
    kind = chance.random()
    if kind < WRONG_NUMBERS:
        return number[:16] + str((int(number[16]) + 1) % 10) + number[17]
    if kind < WRITTEN_OTHERWISE:
        return chance.choice(
            (f"'{number}", f"{number} ", number.lower(), number.translate(str.maketrans("0123456789", "０１２３４５６７８９")))
        )
    return number
