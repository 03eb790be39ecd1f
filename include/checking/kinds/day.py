"""Days, and what of a day other kinds read: its month, its year."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from include.checking.kinds.chinese_number import DIGITS, chinese_number
from include.checking.kinds.reading import (
    DASHES,
    EMPTY,
    QUOTES,
    Context,
    Reading,
    cell_text,
    finding,
    narrow_text,
    unreadable,
    without_value,
)
from include.checking.moments import day_of_moment
from include.site import TIMEZONE

NO_YEAR = "日期没有写年份，按所属期的年份"
NO_DAY = "日期没有写日，按当月 1 日"
SHORT_YEAR = "年份只有两位，按 20 年代补齐"
YEAR_WORDS = re.compile(r"^(今年|本年度?|当年)")

_CHINESE = re.compile(r"[零〇○一二两三四五六七八九十]+(?=[年月日号])")
_TIME_OF_DAY = re.compile(
    r"(?:T|(?<=[\d日号]))(?:上午|下午)?\d{1,2}[:时点]\d{0,2}分?(?::?\d{1,2}(?:\.\d+)?秒?)?(?:Z|\+08:?00)?$"
    r"|(?:上午|下午|凌晨|晚)$"
)
_AROUND = re.compile(r"^(?:截至|截止到?|于|自)|(?:\(.*\)|星期.|周[一二三四五六日])$")
_FULL = re.compile(r"(?P<year>\d{4}|\d{2})(?:年|[./\-,、])(?P<month>\d{1,2})(?:月份?|[./\-,、])(?P<day>\d{1,2})[日号]?")
_COMPACT = re.compile(r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)")
_MONTH = re.compile(r"(?P<year>\d{4}|\d{2}(?=年))(?:年|[./\-])(?P<month>\d{1,2})(?:月份?)?(?:底|末|初|[上中下]旬|间)?")
_COMPACT_MONTH = re.compile(r"(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])")
_WITHOUT_YEAR = re.compile(r"(?P<month>\d{1,2})(?:月|[./\-])(?P<day>\d{1,2})[日号]?")
_MONTH_WITHOUT_YEAR = re.compile(r"(?P<month>\d{1,2})月(?:份)?(?:底|末|初|[上中下]旬|间)?")
_LUNAR = re.compile(
    r"[农阴旧夏]历|正月|[冬腊]月|月初[一二三四五六七八九十]|初[一二三四五六七八九十](?![月日号])|廿|闰|除夕|[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年"
)
_SOLAR = re.compile(r"\(?(?:[公阳新]历|西历)\)?:?")
_EPOCH = date(1899, 12, 30)


def read_date(cell: object, context: Context) -> Reading:
    """A day. Without a year it takes the period's, without a day the first of the month; both are repairs. A later day than
    the day of receipt is kept with a finding."""
    if cell is None:
        return EMPTY
    reading = read_day(cell, context)
    if reading.value is not None and reading.value > context.received:
        return Reading(reading.value, reading.repair, finding("future_date"))
    return reading


def read_day(cell: object, context: Context) -> Reading:
    """A day of any time, past or to come."""
    if isinstance(cell, datetime):
        cell = (cell.astimezone(TIMEZONE) if cell.tzinfo else cell).date()
    if isinstance(cell, date):
        return Reading(cell) if 1900 <= cell.year < 2100 else unreadable("impossible_date")
    if isinstance(cell, bool) or not isinstance(cell, (str, int, float)):
        return unreadable("not_a_date")
    if isinstance(cell, (int, float)):
        if cell != cell:
            return EMPTY
        if (found := day_of_serial(cell)) is not None:
            return Reading(found)
        if cell != int(cell) if math.isfinite(cell) else True:
            return read_point_month(cell, context, lambda year, month: _read(year, month, 1, NO_DAY), "not_a_date")
        text = str(int(cell))
    elif (day := day_of_moment(cell_text(cell))) is not None:
        return read_day(day, context)
    else:
        text = DASHES.sub("-", narrow_text(cell)).strip(QUOTES)
        if _LUNAR.search(text):
            return unreadable("lunar_date")
        text = _SOLAR.sub("", text)
    blank = without_value(text)
    return blank if blank is not None else _day_of_text(text, context)


def read_point_month(cell: float, context: Context, read: Callable[[int, int], Reading], otherwise: str) -> Reading:
    """2024.02 typed as a figure. 2024.1 may be January or October: only taken when October was still to come.

    ``otherwise``: the reason for what is no such figure.
    """
    if not math.isfinite(cell) or not 1900 <= cell < 2100 or abs(cell * 100 - round(cell * 100)) > 1e-6:
        return unreadable(otherwise)
    year, month = divmod(round(cell * 100), 100)
    if month == 10:
        if date(year, 10, 1) <= context.received:
            return unreadable("ambiguous_month")
        month = 1
    return read(year, month) if 1 <= month <= 12 else unreadable(otherwise)


def day_of_serial(number: float) -> date | None:
    """A spreadsheet's day number between 1990 and 2099; smaller figures are not days anybody reports."""
    return _EPOCH + timedelta(days=int(number)) if 32_874 <= number < 73_051 else None


def year_for(month: int, day: int, context: Context) -> int:
    """The period's year; the one before when that day would still have been to come on the day of receipt."""
    found = _day(context.year, month, min(day, 28))
    return context.year - 1 if found is not None and found > context.received else context.year


def in_digits(text: str) -> str:
    """A text with its year, month and day in digits: 二〇二四年三月 as 2024年3月."""
    return _CHINESE.sub(lambda found: _digits(found[0]), text)


def _day_of_text(text: str, context: Context) -> Reading:
    text = YEAR_WORDS.sub(f"{context.year}年", in_digits(text))
    text = _TIME_OF_DAY.sub("", _AROUND.sub("", text)).rstrip("。.")
    if re.fullmatch(r"\d{5}(?:\.\d+)?", text) and (found := day_of_serial(float(text))) is not None:
        return Reading(found)
    if (match := _COMPACT.fullmatch(text) or _FULL.fullmatch(text)) is not None:
        year = int(match["year"])
        return _read(_whole(year), int(match["month"]), int(match["day"]), SHORT_YEAR if year < 100 else None)
    if (match := _COMPACT_MONTH.fullmatch(text) or _MONTH.fullmatch(text)) is not None:
        return _read(_whole(int(match["year"])), int(match["month"]), 1, NO_DAY)
    if (match := _WITHOUT_YEAR.fullmatch(text)) is not None:
        month, number = int(match["month"]), int(match["day"])
        year = year_for(month, number, context) if 1 <= month <= 12 and number >= 1 else context.year
        return _read(year, month, number, NO_YEAR)
    if (match := _MONTH_WITHOUT_YEAR.fullmatch(text)) is not None:
        month = int(match["month"])
        return _read(year_for(month, 1, context), month, 1, f"{NO_YEAR}；{NO_DAY}")
    return unreadable("not_a_date")


def _whole(year: int) -> int:
    return year + 2000 if year < 100 else year


def _read(year: int, month: int, day: int, repair: str | None) -> Reading:
    found = _day(year, month, day)
    return Reading(found, repair) if found else unreadable("impossible_date")


def _day(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if 1900 <= year < 2100 else None


def _digits(text: str) -> str:
    digits = "".join(str(DIGITS.get("零" if character == "○" else character, "")) for character in text)
    if "十" not in text:
        return digits
    number = chinese_number(text)
    return str(number) if number is not None else text
