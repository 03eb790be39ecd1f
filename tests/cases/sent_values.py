"""Files as departments really send them, and what may become of each person in them: dates, numbers, periods, words, answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from include.checking.returns import Issued
from tests.cases.makers import CERTIFICATE, DROPOUT, LOSS, RETURNED, UNINSURED, WATER, Make, number, ods, xls, xlsx
from tests.cases.sent import TAKEN, Back, Fate, Sent, Taken, Waits
from tests.cases.sheets import (
    AREA,
    EPIDEMIC,
    HAZARD,
    INCIDENT,
    LOW_INCOME,
    MEASURE,
    NAMES,
    SELF_PAY,
    UNEMPLOYED,
    Grid,
    grid,
    heads,
    lines,
    person,
    saved,
)

Base = dict[str, Any]


def _cell(situation: int, name: str, department: str, base: Base, label: str, cell: Any, kind: str, *fates: Fate) -> Sent:
    """A file of one good row and one, of 冯三, with that cell."""
    rows = grid(person(base, "张明", 103), person(base, "冯三", 162, {label: cell}))
    key = cell if label in NAMES else "冯三"
    return Sent(name, situation, department, saved(rows, kind), {"张明": TAKEN, key: fates})


def _day(name: str, department: str, base: Base, label: str, cell: str, kind: str, **right: date) -> Sent:
    return _cell(11, name, department, base, label, cell, kind, Taken(dict(right)))


NEW_YEAR, MARCH = date(2024, 1, 1), date(2024, 3, 1)
_MOMENTS = (
    _day("moment_in_utc", "civil_affairs", LOW_INCOME, "认定日期", "2023-12-31T16:00:00.000Z", "xlsx", recognised_date=NEW_YEAR),
    _day(
        "moment_without_fraction",
        "disabled_federation",
        CERTIFICATE,
        "发证日期",
        "2023-12-31T16:00:00Z",
        "ods",
        issued_date=NEW_YEAR,
    ),
    _day("moment_with_offset", "water", LOSS, "发生日期", "2024-02-29T18:30:00+00:00", "csv", occurred_date=MARCH),
    _day("moment_here", "public_security", INCIDENT, "发生日期", "2024-03-01T00:30:00+08:00", "xls", occurred_date=MARCH),
    _day("moment_as_java_writes_it", "water", WATER, "发现日期", "2024-02-29T16:00:00.000+0000", "html", found_date=MARCH),
)
_SOLAR = "公历|阳历|农历"


def _lunar(name: str, department: str, base: Base, label: str, cell: str, kind: str, **solar: date) -> Sent:
    return _cell(12, name, department, base, label, cell, kind, Taken(dict(solar)), Back(_SOLAR))


_LUNAR = (
    _lunar("lunar_behind", "water", LOSS, "发生日期", "2024年1月20日（农历）", "xlsx", occurred_date=date(2024, 2, 29)),
    _lunar("lunar_before", "housing", HAZARD, "发现日期", "农历2024年1月20日", "csv", found_date=date(2024, 2, 29)),
    _lunar("lunar_yin", "civil_affairs", LOW_INCOME, "认定日期", "阴历2024-01-10", "xls", recognised_date=date(2024, 2, 19)),
    _lunar("lunar_old", "public_security", INCIDENT, "发生日期", "2024.1.15(旧历)", "ods", occurred_date=date(2024, 2, 24)),
    Sent(
        "lunar_in_the_head",
        12,
        "water",
        saved(
            [heads(WATER, {"发现日期": "发现日期（农历）"}), *lines(person(WATER, "冯三", 162, {"发现日期": "2024-01-20"}))],
            "xlsx",
        ),
        {"冯三": (Back(_SOLAR), Waits(_SOLAR), Taken({"found_date": date(2024, 2, 29)}))},
        _SOLAR,
    ),
)
_CUT = (Back("位"), Waits("位"))
_NUMBERS = (
    _cell(13, "child_cut_to_15", "education", DROPOUT, "学生身份证号", number(12, "20100304")[:15], "xlsx", *_CUT),
    _cell(13, "child_cut_to_15_other_year", "education", DROPOUT, "学生身份证号", number(12, "20090512")[:15], "ods", *_CUT),
    _cell(13, "adult_number_in_the_child_s_column", "education", DROPOUT, "学生身份证号", "341825700102033", "csv", *_CUT),
    _cell(13, "somebody_over_100", "medical_insurance", UNINSURED, "身份证号", number(12, "20040110")[:15], "xls", *_CUT),
    _cell(
        13,
        "somebody_over_100_without_work",
        "human_resources",
        UNEMPLOYED,
        "身份证号",
        number(12, "20031211")[:15],
        "html",
        *_CUT,
    ),
    _cell(13, "old_number_of_an_old_person", "medical_insurance", UNINSURED, "身份证号", "341825490101033", "xlsx", Taken()),
)


def _of_period(name: str, department: str, make: Callable[[Grid], Make], base: Base, period: str, said: str = "") -> Sent:
    rows = grid(person(base, "张明", 103), person(base, "李明", 105))
    return Sent(name, 14, department, make(rows), {"张明": TAKEN, "李明": TAKEN}, period=period, said=said)


def _titled(title: str, kind: str) -> Callable[[Grid], Make]:
    return lambda rows: saved([[title], *rows], kind)


def _named(name: str, kind: str = "xlsx") -> Callable[[Grid], Make]:
    return lambda rows: saved(rows, kind, name)


_PERIODS = (
    _of_period(
        "payment_ended_in_december",
        "medical_insurance",
        _titled("2023年12月缴费截止仍未参保人员名单", "xlsx"),
        UNINSURED,
        "2024-03",
    ),
    _of_period(
        "payment_ended_in_the_name", "medical_insurance", _named("2023年12月参保缴费截止后未参保名单"), UNINSURED, "2024-03"
    ),
    _of_period(
        "payment_ended_in_the_sheet",
        "medical_insurance",
        lambda rows: xlsx(rows, sheet="2023年12月缴费截止"),
        UNINSURED,
        "2024-03",
    ),
    _of_period(
        "a_document_s_number", "water", _titled("根据皖农水〔2023〕11号文件报送的饮水安全问题农户名单", "csv"), WATER, "2024-03"
    ),
    _of_period(
        "recognised_in_september", "civil_affairs", _titled("2023年9月以来认定的新增低收入人口名单", "xls"), LOW_INCOME, "2023-Q4"
    ),
    _of_period("a_month_to_come", "human_resources", _titled("2024年5月未就业人员名单", "ods"), UNEMPLOYED, "2024-03", "5月|05"),
    _of_period("the_list_s_own_month", "water", _titled("2024年2月饮水安全问题农户名单", "html"), WATER, "2024-02"),
)
_DITTO = (Back("同上|上一行|重复符号|〃"),)
_WORDS = (
    _cell(16, "ditto_as_a_name", "water", WATER | {"户主身份证号": ""}, "户主姓名", "同上", "xlsx", *_DITTO),
    _cell(16, "ditto_as_a_town", "water", WATER, "乡镇", "同上", "ods", *_DITTO),
    _cell(16, "ditto_as_a_village", "medical_insurance", SELF_PAY, "行政村", "〃", "xls", *_DITTO),
    _cell(16, "ditto_as_a_category", "medical_insurance", UNINSURED, "人员类别", "同上", "csv", *_DITTO),
    _cell(16, "ditto_as_a_date", "housing", HAZARD, "发现日期", "〃", "html", *_DITTO),
    _cell(16, "ditto_as_a_text", "water", LOSS, "产业类型", "同上", "xlsx", *_DITTO),
    _cell(16, "ditto_as_an_amount", "water", LOSS, "经济损失(元)", "同 上", "xlsx", *_DITTO),
)


def _towns(name: str, base: Base, text: str, kind: str, missing: str, *more: Fate, village: str = "") -> Sent:
    """An area event whose towns are not all named: somebody is told how many are missing."""
    event, department = ("Z1", "emergency") if base is AREA else ("E1", "health")
    rows = grid(base | {"乡镇": text, "行政村": village})
    return Sent(name, 17, department, saved(rows, kind), {event: (*more, Taken({}, missing), Waits(missing), Back(missing))})


def _all_towns(but: int) -> Taken:
    """All of the county's ten towns but the first few."""
    return Taken({"town_code": "、".join(f"341825{town}" for town in range(100 + but, 110))})


_AREAS = (
    _towns("and_so_many_towns", AREA, "旌阳等5个乡镇", "xlsx", "4|四"),
    _towns("and_so_many_towns_in_words", EPIDEMIC, "旌阳镇、三溪镇等四个镇", "csv", "2|二|两"),
    _towns("and_so_many_towns_behind_a_comma", AREA, "旌阳镇,三溪镇,庙首镇等6个乡镇", "ods", "3|三"),
    _towns("the_whole_county", AREA, "全县", "xls", "全县|乡镇", _all_towns(0)),
    _towns(
        "the_county_but_one_town",
        EPIDEMIC,
        "全县除旌阳镇外",
        "xlsx",
        "全县|乡镇|除",
        _all_towns(1),
    ),
)
WARNINGS = ("W000000000001", "W000000000002", "W000000000003")
ISSUED = dict.fromkeys(WARNINGS, Issued("旌阳镇", is_qualifying=True))


def _answered(*warnings: str) -> Grid:
    """A town's sheet: the answer stands in the first row only, where the merged cells begin."""
    answer = RETURNED | {"预警编号": warnings[0]}
    unanswered = dict.fromkeys(list(RETURNED)[5:], "")
    return grid(answer, *(answer | unanswered | {"预警编号": warning} for warning in warnings[1:]))


_LETTERS = "FGHIJKLM"
_ANSWER = (Taken({"is_true": True, "meets_criteria": "no", "verifier_name": "赵一"}),)
_MERGED = (*_ANSWER, Back("合并"))
_RETURNS = (
    Sent(
        "answer_merged_over_two",
        18,
        "town",
        xlsx(
            [*_answered(*WARNINGS[:2]), list((RETURNED | {"预警编号": WARNINGS[2]}).values())],
            merged=[f"{at}2:{at}3" for at in _LETTERS],
        ),
        {WARNINGS[0]: _ANSWER, WARNINGS[1]: _MERGED, WARNINGS[2]: _ANSWER},
    ),
    Sent(
        "answer_merged_over_three_in_xls",
        18,
        "town",
        xls(_answered(*WARNINGS), merged=[(1, 3, at, at) for at in range(5, 13)]),
        {WARNINGS[0]: _ANSWER, WARNINGS[1]: _MERGED, WARNINGS[2]: _MERGED},
    ),
    Sent(
        "answer_merged_in_ods",
        18,
        "town",
        ods(_answered(*WARNINGS[:2]), merged=[(1, 2, at) for at in range(5, 13)]),
        {WARNINGS[0]: _ANSWER, WARNINGS[1]: _MERGED},
    ),
    Sent(
        "only_the_words_of_the_answer_merged",
        18,
        "town",
        xlsx(
            [*_answered(WARNINGS[0]), *([*row[:5], "是", "否", *row[7:]] for row in _answered(*WARNINGS[:2])[2:])],
            merged=[f"{at}2:{at}3" for at in _LETTERS[2:]],
        ),
        {WARNINGS[0]: _ANSWER, WARNINGS[1]: _MERGED},
    ),
    Sent(
        "measures_merged_over_two",
        18,
        "town",
        xlsx(
            [*grid(MEASURE), list((MEASURE | dict.fromkeys(list(MEASURE)[1:], "") | {"预警编号": WARNINGS[1]}).values())],
            merged=[f"{at}2:{at}3" for at in "BCDEF"],
        ),
        {WARNINGS[0]: TAKEN, WARNINGS[1]: (Taken({"measures": "产业帮扶", "responsible_person": "赵一"}), Back("合并"))},
    ),
)
VALUES: tuple[Sent, ...] = (*_MOMENTS, *_LUNAR, *_NUMBERS, *_PERIODS, *_WORDS, *_AREAS, *_RETURNS)
