"""Which period a text, a day or a period column speaks of; ``delivery_period.py`` weighs them.

``FEEDS.md``, "Periods": a month feed's period is the month it is due in, so figures up to the end of February are period 2024-03;
quarter, term and year are those the data is about. Periods are written 2024-03, 2024-Q1, 2024-spring, 2024, 2024-03-10.
A whole date (填报日期:2024年3月8日) says only when somebody typed, so a stated month, quarter, term or year wins over it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from include.checking.moments import day_of_moment
from include.contracts import Contract
from include.reading.cells import CellColumn

NEAR = timedelta(days=15)  # a quarter, term or year that ends within 15 days counts as ended
SPRING_DUE, AUTUMN_DUE = (3, 31), (12, 31)
EXCEL_DAY_ZERO = date(1899, 12, 30)


class ImpossiblePeriod(ValueError):
    """A text states a period that does not exist (2024年13月, 第五季度); ``str`` is the words as written."""


# Texts

_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_NUMBER = {text: number for number, text in enumerate((*"一二三四五六七八九十", "十一", "十二"), 1)} | {"〇": 0, "零": 0}
_MONTH_WORD = "十[一二三]?|[一二三四五六七八九]"
_YEAR = r"(?<!\d)(20\d\d)"

_CHINESE_YEAR = re.compile("[二两][〇○零0][〇○零一二三四五六七八九]{2}(?=年|学年)")
_CHINESE_DAY = re.compile(rf"(?<=[年月])({_MONTH_WORD}|二十[一二三四五六七八九]?|三十一?)(?=[月日号])")
_AS_OF = re.compile(
    rf"(?:截至|截止(?:到|至|月份|日期)?|统计至|统计截止月份|数据截止)[:为]*(?:{_YEAR}[年./-])?(\d{{1,2}})月?(?:份)?(?:(\d{{1,2}})[日号])?(?:底|末)?"
)
_MONTHS_RANGE = re.compile(rf"(?:{_YEAR}年度?)?(?<!\d)(\d{{1,2}})月?[-~至到—–](\d{{1,2}})月(?!\d{{1,2}}日)")
_DAY = re.compile(
    rf"{_YEAR}(?:年(\d{{1,2}})月(\d{{1,2}})[日号]|-(\d{{1,2}})-(\d{{1,2}})(?!\d)|/(\d{{1,2}})/(\d{{1,2}})(?!\d)|\.(\d{{1,2}})\.(\d{{1,2}})(?!\d)"
    rf"|([01]\d)([0-3]\d)(?!\d))"
)
_YEAR_MONTH = re.compile(rf"{_YEAR}(?:年度?(\d{{1,2}})月|[-/.](\d{{1,2}})(?!\d|[-/.]\d|学年)|([01]\d)(?!\d))")
_MONTH = re.compile(r"(?<![\d年第-])(\d{1,2})月(?!\d{1,2}[日号])")
_QUARTER = re.compile(rf"(?:{_YEAR}年?度?-?)?(?:第?([一二三四五六七八九〇零\d])个?季度?|(?<![A-Za-z])[Qq]([0-9])(?!\d))")
_SCHOOL_YEAR = re.compile(r"(?<!\d)(20\d\d)(?:年?[-/~至—–](20\d\d|\d\d))?年?学年度?[-,(]?第?([一二三四上下秋春1-9])(?:学?期|季)?")
_SEASON = re.compile(rf"{_YEAR}(?:年?度?[-,(]?(春|秋)|-(spring|autumn)|年(上|下)半年)")
_OTHER_THING = "缴费|缴纳|参保|认定|发证|办证|领证|登记|鉴定|文号|印发|以来|截止"
_WHEN = r"(?:20\d\d年度?|20\d\d[-/.])?\d{1,2}月(?:\d{1,2}[日号])?(?:份|底|末|初|前|以前|之前)*|20\d\d[-/.]\d{1,2}(?![-/.\d])"
OTHER_MONTH = re.compile(
    rf"(?P<before>(?<!未)(?:{_OTHER_THING.removesuffix('|以来|截止')})(?:截止|截至)?(?:时间|日期|月份|期)?(?:于|至|到|在|为|:|\()*)(?:{_WHEN})"
    rf"|(?:{_WHEN})(?:起|的)?(?P<behind>{_OTHER_THING})(?!人员|对象|名单|到|至|日期|:)"
)
_ONLY_YEAR = re.compile(rf"{_YEAR}(?!\d)")


def normal_text(text: str) -> str:
    """Half width, no spaces, year, month and day in digits: ``二〇二四年三月 -> 2024年3月``."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).replace("_", "-")
    text = re.sub(r"(?<!\d)(2\d)年(?=\d{1,2}月)", r"20\1年", text)
    text = _CHINESE_YEAR.sub(lambda match: "2" + match[0][1:].translate(_DIGITS), text)
    text = _CHINESE_DAY.sub(lambda match: str(_chinese_number(match[0])), text)
    return re.sub(rf"(?<![年第十一二三四五六七八九])({_MONTH_WORD})(?=月)", lambda match: str(_chinese_number(match[0])), text)


def _chinese_number(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    return (_NUMBER.get(tens, 1) * 10 if ten else 0) + _NUMBER.get(ones, 0)


def stated_period(text: str, kind: str, received_at: datetime) -> str | None:
    """The period a title or name states for a feed of that ``kind`` (month, quarter, term, year); None when it states none.

    What lacks a year takes the one nearest to the day of receipt. A month in which something else was
    (缴费, 参保, 认定, 发证 …) is not the list's. Raises ImpossiblePeriod.
    """
    text = OTHER_MONTH.sub(",", normal_text(text))
    if kind == "term":
        return _stated_term(text)
    whole = _DAY.sub(",", text)
    if kind == "year":
        years = [int(match[1]) for match in _ONLY_YEAR.finditer(whole)] or [
            int(found[1]) for found in _YEAR_MONTH.finditer(whole)
        ]
        return str(years[0]) if years else None
    if kind == "quarter" and (quarter := _stated_quarter(whole, received_at)):
        return quarter
    month = _stated_month(whole, text, received_at, is_quarter=kind == "quarter")
    if month is None:
        return None
    return _quarter_of(*month) if kind == "quarter" else f"{month[0]}-{month[1]:02}" if kind in {"month", "dispatch"} else None


def _stated_term(text: str) -> str | None:
    if found := _SCHOOL_YEAR.search(text):
        first, second = int(found[1]), found[2]
        if second and int(second[-2:]) != (first + 1) % 100:
            raise ImpossiblePeriod(found[0])
        if found[3] in "一上秋1":
            return f"{first}-autumn"
        if found[3] in "二下春2":
            return f"{first + 1}-spring"
        raise ImpossiblePeriod(found[0])
    if found := _SEASON.search(text):
        return f"{found[1]}-{'spring' if found[2] == '春' or found[3] == 'spring' or found[4] == '上' else 'autumn'}"
    for found in _YEAR_MONTH.finditer(_DAY.sub(",", text)):
        month = int(found[2] or found[3] or found[4])
        if 1 <= month <= 12:
            return term_of(date(int(found[1]), month, 1))
        if found[2]:
            raise ImpossiblePeriod(found[0])
    return None


def _stated_quarter(text: str, received_at: datetime) -> str | None:
    found = _QUARTER.search(text)
    if not found:
        return None
    word = found[2] or found[3]
    number = _NUMBER.get(word, -1) if not word.isdigit() else int(word)
    if not 1 <= number <= 4:
        raise ImpossiblePeriod(found[0])
    year = int(found[1]) if found[1] else _stated_year(text)
    if year is None:
        end = {candidate: _quarter_end(candidate, number) for candidate in range(received_at.year - 1, received_at.year + 2)}
        year = min(end, key=lambda candidate: abs((end[candidate] - received_at.date()).days))
    return f"{year}-Q{number}"


def _stated_month(whole: str, text: str, received_at: datetime, *, is_quarter: bool) -> tuple[int, int] | None:
    """The month stated outright, else the one after 截至…月; in a quarter feed 截至 names a month of the quarter itself."""
    plain = _MONTHS_RANGE.sub(",", _AS_OF.sub(",", whole))
    if found := _YEAR_MONTH.search(plain):
        month = int(found[2] or found[3] or found[4])
        if 1 <= month <= 12:
            return int(found[1]), month
        if found[2]:
            raise ImpossiblePeriod(found[0])
    if found := _MONTH.search(plain):
        month = int(found[1])
        if not 1 <= month <= 12:
            raise ImpossiblePeriod(found[0])
        return (year if (year := _stated_year(plain)) else _nearest_year(month, received_at)), month
    if found := _AS_OF.search(text) or _MONTHS_RANGE.search(text):
        month, day = int(found[2] if found.re is _AS_OF else found[3]), found[3] if found.re is _AS_OF else None
        if not 1 <= month <= 12:
            raise ImpossiblePeriod(found[0])
        year = int(found[1]) if found[1] else _stated_year(text) or _nearest_year(month, received_at)
        if is_quarter or (day and int(day) < 25):
            return year, month
        return next_month(year, month)
    return None


def _stated_year(text: str) -> int | None:
    found = _ONLY_YEAR.search(text)
    return int(found[1]) if found else None


def _nearest_year(month: int, received_at: datetime) -> int:
    years = (received_at.year - 1, received_at.year, received_at.year + 1)
    return min(years, key=lambda year: abs((year - received_at.year) * 12 + month - received_at.month))


def stated_day(text: str, received_at: datetime) -> date | None:
    """The first whole date in a text that is believable as a day of filling in: not long past, not to come."""
    for found in _DAY.finditer(normal_text(text)):
        month, day = (int(part) for part in found.groups()[1:] if part)
        try:
            stated = date(int(found[1]), month, day)
        except ValueError:
            continue
        if received_at.date() - timedelta(days=366) <= stated <= received_at.date() + timedelta(days=31):
            return stated
    return None


# Days


def period_of_day(kind: str, day: date) -> str:
    """The period a delivery that came (or was filled in) on that day is for.

    A month feed: that month. Quarter, term and year: the one that ended last or ends within 15 days; a school term counts as
    ended when its list is due, spring on 31 March and autumn on 31 December. Event feeds: '' (their rows say which event).
    """
    if kind in {"month", "dispatch"}:
        return f"{day:%Y-%m}"
    if kind == "event":
        return ""
    if kind == "date":
        return day.isoformat()
    year = (day + NEAR).year
    if kind == "year":
        return str(year if date(year, 12, 31) <= day + NEAR else year - 1)
    if kind == "quarter":
        ended = [(end, candidate, number) for candidate in (year - 1, year) for number in (1, 2, 3, 4)
                 if (end := _quarter_end(candidate, number)) <= day + NEAR]  # fmt: skip
        return "{1}-Q{2}".format(*max(ended))
    due = [(date(candidate, *month_day), f"{candidate}-{term}") for candidate in (year - 1, year)
           for month_day, term in ((SPRING_DUE, "spring"), (AUTUMN_DUE, "autumn"))]  # fmt: skip
    return max(item for item in due if item[0] <= day + NEAR)[1]


def term_of(day: date) -> str:
    """The school term a day lies in: February to July spring, August to January autumn."""
    return f"{day.year - (day.month == 1)}-{'spring' if 2 <= day.month <= 7 else 'autumn'}"


def next_month(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)


def _quarter_of(year: int, month: int) -> str:
    return f"{year}-Q{(month + 2) // 3}"


def _quarter_end(year: int, number: int) -> date:
    following = date(year + 1, 1, 1) if number == 4 else date(year, number * 3 + 1, 1)
    return following - timedelta(days=1)


# The period column


def column_period(contract: Contract, values: CellColumn | Sequence[Any], received_at: datetime) -> tuple[str | None, bool]:
    """The period most rows of the period column state (the later one of two as frequent), and whether the column says anything.

    统计截止月份 2024-02 is period 2024-03. The rows that differ are the row checks' business.
    """
    assert contract.period_column is not None
    kind = contract.column(contract.period_column).kind
    counts: Counter[str] = Counter()
    stated = False
    cells, codes = CellColumn.of(values).distinct()
    for value, count in zip(cells, np.bincount(codes, minlength=len(cells)).tolist(), strict=True):
        if value is None or not count or (isinstance(value, str) and not value.strip()):
            continue
        stated = True
        if period := _value_period(contract.period_kind, kind, value, received_at):
            counts[period] += count
    return (max(counts, key=lambda period: (counts[period], period)) if counts else None), stated


def _value_period(period_kind: str, column_kind: str, value: Any, received_at: datetime) -> str | None:
    day = _as_date(value)
    if column_kind == "month":
        month = (day.year, day.month) if day else _as_month(value, received_at)
        return "{}-{:02}".format(*next_month(*month)) if month else None
    if column_kind == "date" or (day and period_kind == "date"):
        if day is None:
            return None
        return day.isoformat() if period_kind == "date" else period_of_day(period_kind, day)
    if column_kind == "year":
        found = re.fullmatch(r"(20\d\d)(?:\.0)?(?:年度?)?", normal_text(str(day.year if day else value)))
        return found[1] if found else None
    if day and column_kind == "term":
        return term_of(day)
    try:
        return stated_period(str(value), period_kind, received_at)
    except ImpossiblePeriod:
        return None


def _as_month(value: Any, received_at: datetime) -> tuple[int, int] | None:
    text = normal_text(f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)).rstrip("底末份")
    found = re.fullmatch(r"(20\d\d)(?:年度?(\d{1,2})月?|[-/.](\d{1,2})|(\d\d))", text)
    year, month = (int(found[1]), int(found[2] or found[3] or found[4])) if found else (None, 0)
    if not found and (found := re.fullmatch(r"(?:1月?[-~至到])?(\d{1,2})月?", text)):
        month = int(found[1])
    if not 1 <= month <= 12:
        return None
    if year is None:
        year = received_at.year if month <= received_at.month else received_at.year - 1
    return year, month


def _as_date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str) and (county_day := day_of_moment(value)):
        return county_day
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if 36_526 <= value < 73_051:  # Excel's days of 2000 to 2099
            return EXCEL_DAY_ZERO + timedelta(days=int(value))
        value = f"{value:.0f}"
    if isinstance(value, str) and (found := _DAY.fullmatch(normal_text(value).split("T")[0][:11])):
        month, day = (int(part) for part in found.groups()[1:] if part)
        try:
            return date(int(found[1]), month, day)
        except ValueError:
            return None
    return None
