"""The sheet of what the monitored pay for treatment themselves: for information."""

from __future__ import annotations

import pandas as pd

from include.reports.notice import NO_VILLAGE, Notice
from include.reports.sheets import Book, Field, TableSheet, text_of

SELF_PAY_SHEET = "医疗自付情况"


def write_self_pay(book: Book, notice: Notice, town_name: str, self_pay: pd.DataFrame) -> None:
    """What every monitored person has paid for treatment himself this year; nobody answers it."""
    amounts = ["total_cost_yuan", "basic_insurance_yuan", "serious_illness_yuan", "medical_aid_yuan", "self_pay_yuan"]
    names = ["医疗总费用(元)", "基本医保报销(元)", "大病保险报销(元)", "医疗救助(元)", "个人自付费用(元)"]
    fields = [
        Field("序号", 6, "centre"),
        Field("行政村", 14, "centre"),
        Field("户编号", 15, "code"),
        Field("姓名", 10, "centre"),
        Field("身份证号", 21, "code"),
        Field("统计年度", 8, "centre"),
        Field("截至月份", 10, "centre"),
        *(Field(name, 14, "amount") for name in names),
        Field("已列入预警", 11, "centre"),
    ]
    keys = [key for key in ("village_code", "household_id", "id_number", "statistics_year") if key in self_pay]
    records = self_pay.sort_values(keys, kind="stable", na_position="last").to_dict("records") if len(self_pay) else []
    rows = [
        [
            number,
            text_of(entry["village_name"]) or NO_VILLAGE,
            entry["household_id"],
            entry["person_name"],
            entry["id_number"],
            entry["statistics_year"],
            entry["as_of_month"],
            *(entry[name] for name in amounts),
            "是" if entry["is_warning"] else "",
        ]
        for number, entry in enumerate(records, start=1)
    ]
    TableSheet(
        SELF_PAY_SHEET,
        f"{town_name}监测对象医疗费用个人自付情况",
        fields,
        rows,
        note="本表列出医保部门推送的全部监测对象当年累计自付费用，供掌握情况，不需逐户反馈。自付较高的已列入因病返贫致贫预警。",
        foot=notice.number,
        empty="本期没有收到监测对象自付费用数据。",
        freeze_columns=4,
    ).write(book)
