"""One normaliser per kind of column: whatever a clerk typed becomes a typed value, a stated repair or a stated problem.

A whole column goes in; equal cells are read once. Nothing is guessed: what two readers could read differently is a problem.
Reasons are Chinese, say what to do, and never repeat the cell.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from include.checking.period import ImpossiblePeriod, stated_period
from include.identity.numbers import ERRORS as NUMBER_ERRORS
from include.identity.numbers import REPAIRS as NUMBER_REPAIRS
from include.identity.numbers import clean_numbers, repair_number
from include.reading.cell_marks import UNCALCULATED
from include.reading.cells import CellColumn

if TYPE_CHECKING:
    from include.contracts import Column

UNREADABLE, WAITING, FINDING = "unreadable", "waiting", "finding"


class Problem(NamedTuple):
    """What is wrong with a cell: `level` unreadable (no value), waiting (a person decides) or finding (value kept)."""

    level: str
    code: str
    reason: str
    proposal: str | None = None


class Reading(NamedTuple):
    """What a cell means. `repair` is Chinese and says what was assumed."""

    value: Any = None
    repair: str | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class Context:
    """What a cell is read with: its column, the unit of its head (元, 万元, 亩 …), the delivery's period and day of receipt."""

    column: Column
    unit: str | None
    period: str
    received: date

    @property
    def year(self) -> int:
        """The year a date without one belongs to."""
        return int(self.period[:4]) if re.match(r"(?:19|20)\d\d(?:\D|$)", self.period) else self.received.year


@dataclass
class NormalisedColumn:
    """Values in order (ARROW_TYPES), amounts and areas in hundredths; repairs and problems by position."""

    values: pa.Array
    repairs: dict[int, str] = field(default_factory=dict)
    problems: dict[int, Problem] = field(default_factory=dict)


EMPTY = Reading()
MISSING = frozenset({"", "-", "--", "---", "—", "——", "–", "/", "//", "\\", "nan", "none", "null", "n/a", "空", "(空)", "(空白)"})
NOTHING = MISSING | {"无", "暂无", "不详", "未知", "没有", "未填"}
EXCEL_ERRORS = frozenset({
    "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!",
    UNCALCULATED,
})  # fmt: skip
LARGEST_EXACT = 1e15
LARGEST_AMOUNT = Decimal(10) ** 13
_FORMULA_RESULT = Problem(UNREADABLE, "formula_error", "公式没有算出结果；请改为填写数值或文字")
_LOST = Problem(UNREADABLE, "float_number", "编号按数字存放，15 位以后的数字已经丢失；请把该列设为文本格式后重新填写")

_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb]"
)
_BLANKS = re.compile(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_WHITE = re.compile(r"\s+")
_DASHES = re.compile(r"[‐‑‒–—―−－﹣]")


def unreadable(code: str, reason: str) -> Reading:
    """A cell that gives no value."""
    return Reading(None, None, Problem(UNREADABLE, code, reason))


def cell_text(cell: object) -> str:
    """A cell as the text a person would see: whole floats without a point, dates as ISO, control characters gone."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = cell
    elif isinstance(cell, bool):
        text = "是" if cell else "否"
    elif isinstance(cell, float):
        if math.isnan(cell):
            return ""
        text = str(int(cell)) if cell.is_integer() and abs(cell) < LARGEST_EXACT else repr(cell)
    elif isinstance(cell, datetime):
        text = cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    else:
        text = str(cell)
    text = _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _BLANKS.sub(" ", text).strip()


def narrow_text(cell: object) -> str:
    """Half-width text without any white space, for kinds whose meaning has none."""
    narrow = _WHITE.sub("", unicodedata.normalize("NFKC", cell_text(cell)))
    return narrow if narrow.isascii() else unicodedata.normalize("NFKC", narrow)


# 文字


def read_text(cell: object, context: Context) -> Reading:
    """Free text. Text that begins like a formula stays text; whoever writes it to a workbook writes it as text."""
    text = cell_text(cell)
    if text.upper() in EXCEL_ERRORS:
        return Reading(None, None, _FORMULA_RESULT)
    return EMPTY if text.lower() in MISSING else Reading(text)


_PLAIN_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
_DOTS = re.compile(r"(?<=[^\x00-\x7f])\s*[·•・‧∙⋅．.｡･●▪᛫⸱\u0387]\s*(?=[^\x00-\x7f])")
_ROLE = re.compile(r"(?:[(（](?:户主|本人|户代表)[)）])+$")
_DAMAGED = re.compile(r"[?？□■�*＊]")
_PRIVATE = re.compile(r"[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
_LETTER = re.compile(r"[^\W\d_]")


def read_name(cell: object, context: Context) -> Reading:
    """A person's name: no spaces between Chinese characters, one kind of dot (·). A damaged character is a finding."""
    if isinstance(cell, str) and _PLAIN_NAME.fullmatch(cell) and cell not in NOTHING:
        return Reading(cell)
    text = cell_text(cell).replace("\n", " ")
    if text.upper() in EXCEL_ERRORS:
        return Reading(None, None, _FORMULA_RESULT)
    if text.lower() in NOTHING:
        return EMPTY
    is_damaged = bool(_DAMAGED.search(text))  # then nothing is to be read into the characters that are left
    text = text if is_damaged else unicodedata.normalize("NFKC", text)
    text = _DOTS.sub("·", _ROLE.sub("", text))
    text = _BLANKS.sub(" ", text).strip() if text.isascii() else _WHITE.sub("", text)
    text = text if is_damaged else unicodedata.normalize("NFKC", text)
    if text.lower() in NOTHING:
        return EMPTY
    is_word = _LETTER.search(text) or _PRIVATE.search(text) or _DAMAGED.search(text)
    if not is_word or sum(character.isdigit() for character in text) >= 6:
        return unreadable("not_a_name", "此列应为姓名，填的是数字或符号；请核对是否错列")
    if _DAMAGED.search(text):
        return Reading(text, None, Problem(FINDING, "name_damaged", "姓名中有无法显示的字（? 或 □）；请核对后更正"))
    if _PRIVATE.search(text):
        return Reading(text, None, Problem(FINDING, "name_private_use", "姓名中有自造字，其他系统无法显示；请改用标准汉字"))
    return Reading(text)


def read_place(cell: object, context: Context) -> Reading:
    """Town and village cells as text; `include.checking.divisions` says where they are."""
    text = cell_text(cell)
    if text.upper() in EXCEL_ERRORS:
        return Reading(None, None, _FORMULA_RESULT)
    return EMPTY if text.lower() in NOTHING else Reading(text)


# 编号、电话


_NOT_A_CODE = unreadable("not_a_code", "此列应为编号，单元格存的是小数、日期或其他内容；请设为文本格式后重新填写")
_SCIENTIFIC = re.compile(r"\d\.\d+[Ee]\+?\d+|\d[Ee]\+\d+")


def read_code(cell: object, context: Context) -> Reading:
    """Event, household and warning numbers as text. A number of 16 digits or more stored as a figure is lost."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if cell != cell:
            return EMPTY
        if abs(cell) >= LARGEST_EXACT:
            return Reading(None, None, _LOST)
        if cell < 0 or cell != int(cell):
            return _NOT_A_CODE
    if isinstance(cell, (bool, date, time, timedelta)):
        return _NOT_A_CODE
    text = _DASHES.sub("-", narrow_text(cell)).lstrip("'`‘’")
    if text.upper() in EXCEL_ERRORS:
        return Reading(None, None, _FORMULA_RESULT)
    if text.lower() in NOTHING:
        return EMPTY
    if _SCIENTIFIC.fullmatch(text):
        return Reading(None, None, _LOST)
    return Reading(text)


_WARNING = re.compile(r"W[0-9A-F]{12}")


def read_warning(cell: object, context: Context) -> Reading:
    """A warning's number as it was issued, W and twelve characters; one that was typed over is unreadable."""
    reading = read_code(cell, context)
    if reading.value is None:
        return reading
    text = str(reading.value).upper()
    if _WARNING.fullmatch(text):
        return Reading(text)
    return unreadable("warning_number", "预警编号不是交办时的编号（W 加 12 位），像是被改动；请从交办的核查表中原样复制")


_SIMILAR_X = str.maketrans({"Х": "X", "х": "X", "Χ": "X", "χ": "X", "×": "X", "✕": "X", "╳": "X"})
_CERTIFICATE = re.compile(r"\d{17}[\dX][1-7][1-4](?:[A-Z]\d)?")


def read_certificate(cell: object, context: Context) -> Reading:
    """Disability certificate number: 20 characters, 22 with a re-issue suffix. Another shape is a finding."""
    reading = read_code(cell, context)
    if reading.value is None:
        return reading
    text = re.sub(r"[^0-9A-Z]", "", str(reading.value).translate(_SIMILAR_X).upper())
    if _CERTIFICATE.fullmatch(text):
        return Reading(text)
    reason = "残疾人证号不是 20 位（补办为 22 位）；请核对证件"
    return Reading(reading.value, None, Problem(FINDING, "certificate_format", reason))


def read_phone(cell: object, context: Context) -> Reading:
    """Telephone numbers as digits, several joined by 、."""
    if isinstance(cell, float) and math.isnan(cell):
        return EMPTY
    text = _DASHES.sub("-", unicodedata.normalize("NFKC", cell_text(cell)))
    if text.upper() in EXCEL_ERRORS:
        return Reading(None, None, _FORMULA_RESULT)
    if text.lower() in NOTHING:
        return EMPTY
    numbers = []
    for part in re.split(r"[、,;/|\n]+|(?<=\d{11}) ", text):
        digits = re.sub(r"[-()+ .'’]", "", part)
        digits = digits.removeprefix("0086") if len(digits) > 12 else digits
        digits = digits[2:] if re.fullmatch(r"861[3-9]\d{9}", digits) else digits
        if digits:
            numbers.append(digits)
    if not numbers or not all(re.fullmatch(r"[0-9]{7,12}", number) for number in numbers):
        return unreadable("phone_format", "联系电话不是 7 至 12 位数字；请核对")
    return Reading("、".join(dict.fromkeys(numbers)))


# 数量

_CHINESE_DIGITS = {character: value for value, characters in enumerate(
    ("零〇", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
) for character in characters}  # fmt: skip
_CHINESE_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_CHINESE_NUMBER = re.compile(r"[零〇一壹二贰两三叁四肆五伍六陆七柒八捌九玖十拾百佰千仟万]+")


def chinese_number(text: str) -> int | None:
    """A whole number written in characters (三百二十, 两万五千); None for colloquial forms such as 三万二."""
    if not _CHINESE_NUMBER.fullmatch(text) or (len(text) > 1 and not re.search("[十拾百佰千仟万]", text)):
        return None
    total = section = digit = 0
    last_unit = 10_000_000
    pending = zero = False
    for character in text:
        if character in _CHINESE_DIGITS:
            if pending:
                return None
            digit = _CHINESE_DIGITS[character]
            zero |= digit == 0
            pending = digit != 0
        elif character == "万":
            if total or not section + digit:
                return None
            total, section, digit, pending, zero, last_unit = (section + digit) * 10_000, 0, 0, False, False, 10_000
        else:
            unit = _CHINESE_UNITS[character]
            if unit >= last_unit:
                return None
            section += (digit if pending else 1) * unit
            digit, pending, zero, last_unit = 0, False, False, unit
    if pending and last_unit > 10 and (total or section) and not zero:
        return None
    return total + section + digit


_AMOUNT_UNITS = {
    "元": 1, "块": 1, "百元": 100, "千": 1000, "千元": 1000, "万": 10_000, "万元": 10_000, "十万元": 100_000,
    "百万元": 1_000_000, "千万元": 10_000_000, "亿": 100_000_000, "亿元": 100_000_000,
}  # fmt: skip
_AREA_UNITS = {
    "亩": Decimal(1), "分": Decimal("0.1"), "万亩": Decimal(10_000), "公顷": Decimal(15),
    "平方米": Decimal(3) / 2000, "平米": Decimal(3) / 2000, "m2": Decimal(3) / 2000,
}  # fmt: skip
Parser = Callable[[str], tuple[Decimal, Decimal | None] | None]
_FIGURE = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|[+-]?\.\d+"
_AMOUNT = re.compile(rf"(?P<figure>{_FIGURE})(?P<unit>亿元|千万元|百万元|十万元|万元|千元|百元|元|块|亿|万|千)?")
_MIXED = re.compile(r"(?P<wan>\d+)万(?:(?P<qian>\d)千|(?P<rest>\d{4}(?:\.\d+)?))元?")
_CHINESE_AMOUNT = re.compile(rf"(?P<figure>{_CHINESE_NUMBER.pattern})(?P<unit>万元|元|圆|块)")
_CURRENCY = re.compile(r"^(?:人民币|RMB|CNY|¥|￥|\$)+|(?:人民币|RMB|CNY)$|整$|/(?:人|户|年)+$", re.IGNORECASE)
_APPROXIMATE = re.compile(
    r"大约|约|大概|将近|接近|近|不足|不到|超过|超|至少|最多|最高|估计|预计|估算|可能|几|数[十百千万]|左右|上下|余|多|以上|以下|以内|不等|许|来"
    r"|[≈~<>≥≤≧≦＜＞]|\+$|(?<=[\d元万千])[-—至到](?=[\d.])"
)
_APPROXIMATE_AMOUNT = "金额不是确数（约、左右、范围）；请乡村振兴局核实后确定"


def read_amount(cell: object, context: Context) -> Reading:
    """Money in 元, two decimals, half up. The unit in the cell wins over the head's; an approximate figure waits for a person."""
    reading = _figure(cell, context, _money, Decimal(_AMOUNT_UNITS.get(context.unit or "元", 1)))
    if reading.problem is not None and reading.problem.code == "approximate":
        proposal = reading.problem.proposal
        return Reading(None, None, Problem(WAITING, "approximate_amount", _APPROXIMATE_AMOUNT, proposal))
    if reading.value is not None and reading.value < 0 and "income" not in context.column.name:
        return unreadable("negative_amount", "金额不能为负数；请核对后重新填写")
    return reading


def read_area(cell: object, context: Context) -> Reading:
    """Area in 亩, two decimals."""
    reading = _figure(cell, context, _land, _AREA_UNITS.get(context.unit or "亩", Decimal(1)))
    if reading.problem is not None and reading.problem.code == "approximate":
        return unreadable("approximate_area", "面积不是确数；请核实后填写")
    if reading.value is not None and reading.value < 0:
        return unreadable("negative_area", "面积不能为负数；请核对后重新填写")
    return reading


def _figure(cell: object, context: Context, parse: Parser, factor: Decimal) -> Reading:
    """A decimal figure in the canonical unit. `parse` gives the figure and the factor of a unit in the cell itself."""
    given: Decimal
    if cell is None:
        return EMPTY
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        if isinstance(cell, float) and not math.isfinite(cell):
            return EMPTY if math.isnan(cell) else unreadable("not_an_amount", "不是有效的数值；请重新填写")
        given = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
    elif isinstance(cell, str):
        text = _DASHES.sub("-", narrow_text(cell)).strip("'’‘`")
        if text.upper() in EXCEL_ERRORS:
            return Reading(None, None, _FORMULA_RESULT)
        if text.lower() in NOTHING:
            return EMPTY
        negative = re.fullmatch(r"\((.+)\)", text)
        text = _CURRENCY.sub("", f"-{negative[1]}" if negative else text)
        parsed = parse(text)
        if parsed is None:
            if _is_approximate(text):
                return Reading(None, None, Problem(UNREADABLE, "approximate", "", _proposal(text, parse, factor)))
            return unreadable("not_an_amount", "不是能读出的数值；请只填数字")
        given, own = parsed
        factor = own if own is not None else factor
    else:
        return unreadable("not_an_amount", "不是数值；请只填数字")
    exact = given * factor
    if abs(exact) >= LARGEST_AMOUNT:
        return unreadable("too_large", "数值过大；请核对是否错列或单位有误")
    value = exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    repair = "小数取两位" if abs(value - exact) > Decimal("0.00001") else None
    return Reading(value + 0, repair)


def _money(text: str) -> tuple[Decimal, Decimal | None] | None:
    if (mixed := _MIXED.fullmatch(text)) is not None:
        figure = int(mixed["wan"]) * 10_000 + int(mixed["qian"] or 0) * 1000 + Decimal(mixed["rest"] or 0)
        return figure, Decimal(1)
    if (match := _AMOUNT.fullmatch(text)) is not None:
        return _decimal(match["figure"]), Decimal(_AMOUNT_UNITS[match["unit"]]) if match["unit"] else None
    if (match := _CHINESE_AMOUNT.fullmatch(text)) is not None and (number := chinese_number(match["figure"])) is not None:
        return Decimal(number), Decimal(10_000 if match["unit"] == "万元" else 1)
    if re.fullmatch(r"\d(?:\.\d+)?[Ee][+-]?\d{1,2}", text):
        try:
            return Decimal(text), None
        except InvalidOperation:
            return None
    return None


def _land(text: str) -> tuple[Decimal, Decimal | None] | None:
    match = re.fullmatch(rf"(?P<figure>{_FIGURE})(?P<unit>亩|公顷|平方米|平米|m2|万亩|分)?(?:地|田)?", text)
    return (_decimal(match["figure"]), _AREA_UNITS[match["unit"]] if match["unit"] else None) if match else None


def _decimal(figure: str) -> Decimal:
    return Decimal(figure.replace(",", ""))


def _is_approximate(text: str) -> bool:
    """Whether a figure is there but not exactly: 约3万, 3万左右, 3-4万. A falling range (2024-03) is something else."""
    if not _APPROXIMATE.search(text) or not re.search(rf"\d|{_CHINESE_NUMBER.pattern}|几万|几千", text):
        return False
    ends = re.fullmatch(r"(\d+(?:\.\d+)?)[-~至到—](\d+(?:\.\d+)?)(?:万元|千元|万|千|元)?", text)
    return ends is None or float(ends[1]) < float(ends[2])


def _proposal(text: str, parse: Parser, factor: Decimal) -> str | None:
    """What an approximate amount would be in 元, as a suggestion to the person who decides."""
    range_ends = re.fullmatch(r"(\d+(?:\.\d+)?)(万|千)?元?[-~至到—](\d+(?:\.\d+)?)(万元|千元|万|千|元)?", text)
    if range_ends:
        unit = range_ends[4] or ""
        parsed_ends = [parse(range_ends[1] + (range_ends[2] or unit)), parse(range_ends[3] + unit)]
    else:
        parsed_ends = [parse(_APPROXIMATE.sub("", text))]
    figures = [end[0] * (end[1] if end[1] is not None else factor) for end in parsed_ends if end is not None]
    if len(figures) != len(parsed_ends) or any(abs(figure) >= LARGEST_AMOUNT for figure in figures):
        return None
    return "至".join(f"{figure.quantize(Decimal('0.01'), rounding=ROUND_HALF_UP)}" for figure in figures)


_COUNT = re.compile(r"(?:共计|共|合计)?(?P<figure>\d{1,3}(?:,\d{3})+|\d+)(?:\.0*)?(?:人次|户|人|口|个|名|人口|个月|月|次|头|只)?")


def read_count(cell: object, context: Context) -> Reading:
    """A whole number, zero or more."""
    problem = unreadable("not_a_count", "不是整数；请只填数字")
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if cell != cell:
            return EMPTY
        return Reading(int(cell)) if 0 <= cell < 1e8 and cell == int(cell) else problem
    text = narrow_text(cell).strip("'’‘`")
    if text.upper() in EXCEL_ERRORS:
        return Reading(None, None, _FORMULA_RESULT)
    if text.lower() in NOTHING:
        return EMPTY
    if isinstance(cell, (bool, date, time, timedelta)):
        return problem
    if (match := _COUNT.fullmatch(text)) is not None:
        value = int(match["figure"].replace(",", ""))
        return Reading(value) if value < 10**8 else problem
    number = chinese_number(re.sub(r"[户人口个名]$", "", text))
    return Reading(number) if number is not None else problem


# 时间

_CHINESE_DATE = re.compile(r"[零〇○一二两三四五六七八九十]+(?=[年月日号])")
_TIME_OF_DAY = re.compile(
    r"(?:T|(?<=[\d日号]))(?:上午|下午)?\d{1,2}[:时点]\d{0,2}分?(?::?\d{1,2}(?:\.\d+)?秒?)?(?:Z|\+08:?00)?$"
    r"|(?:上午|下午|凌晨|晚)$"
)
_AROUND_DATE = re.compile(r"^(?:截至|截止到?|于|自)|(?:\(.*\)|星期.|周[一二三四五六日])$")
_FULL_DATE = re.compile(r"(?P<year>\d{4}|\d{2})(?:年|[./\-,、])(?P<month>\d{1,2})(?:月份?|[./\-,、])(?P<day>\d{1,2})[日号]?")
_COMPACT_DATE = re.compile(r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)")
_MONTH_ONLY = re.compile(r"(?P<year>\d{4}|\d{2}(?=年))(?:年|[./\-])(?P<month>\d{1,2})(?:月份?)?(?:底|末|初|[上中下]旬|间)?")
_COMPACT_MONTH = re.compile(r"(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])")
_DAY_WITHOUT_YEAR = re.compile(r"(?P<month>\d{1,2})(?:月|[./\-])(?P<day>\d{1,2})[日号]?")
_MONTH_WITHOUT_YEAR = re.compile(r"(?P<month>\d{1,2})月(?:份)?(?:底|末|初|[上中下]旬|间)?")
_YEAR_WORDS = re.compile(r"^(今年|本年度?|当年)")
_EPOCH = date(1899, 12, 30)
_NO_YEAR = "日期没有写年份，按所属期的年份"
_NO_DAY = "日期没有写日，按当月 1 日"
_SHORT_YEAR = "年份只有两位，按 20 年代补齐"
_IMPOSSIBLE = Problem(UNREADABLE, "impossible_date", "日期不存在；请核对后重新填写")
_NOT_A_DATE = Problem(UNREADABLE, "not_a_date", "不是能读出的日期；请写成 2024-01-05")


def _day(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if 1900 <= year < 2100 else None


def _serial(number: float) -> date | None:
    """A spreadsheet's day number between 1990 and 2099; smaller figures are not days anybody reports."""
    return _EPOCH + timedelta(days=int(number)) if 32_874 <= number < 73_051 else None


def _year_for(month: int, day: int, context: Context) -> int:
    """The period's year; the one before when that day would still have been to come on the day of receipt."""
    found = _day(context.year, month, min(day, 28))
    return context.year - 1 if found is not None and found > context.received else context.year


def read_date(cell: object, context: Context) -> Reading:
    """A day. Without a year it takes the period's, without a day the first of the month; both are repairs. A later day than
    the day of receipt is kept with a finding."""
    if cell is None:
        return EMPTY
    reading = _read_day(cell, context)
    if reading.value is not None and reading.value > context.received:
        late = Problem(FINDING, "future_date", "日期晚于报送日期；请核对")
        return Reading(reading.value, reading.repair, late)
    return reading


def _read_day(cell: object, context: Context) -> Reading:
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return Reading(cell) if 1900 <= cell.year < 2100 else Reading(None, None, _IMPOSSIBLE)
    if isinstance(cell, bool) or not isinstance(cell, (str, int, float)):
        return Reading(None, None, _NOT_A_DATE)
    if isinstance(cell, (int, float)):
        if cell != cell:
            return EMPTY
        if (found := _serial(cell)) is not None:
            return Reading(found)
        if cell != int(cell) if math.isfinite(cell) else True:
            return _point_month(cell, context, lambda year, month: Reading(_day(year, month, 1), _NO_DAY), _NOT_A_DATE)
        text = str(int(cell))
    else:
        text = _DASHES.sub("-", narrow_text(cell)).strip("'’‘`")
    if text.upper() in EXCEL_ERRORS:
        return Reading(None, None, _FORMULA_RESULT)
    if text.lower() in NOTHING:
        return EMPTY
    return _day_of_text(text, context)


def _day_of_text(text: str, context: Context) -> Reading:
    text = _CHINESE_DATE.sub(lambda found: _chinese_date_part(found[0]), text)
    text = _YEAR_WORDS.sub(f"{context.year}年", text)
    text = _TIME_OF_DAY.sub("", _AROUND_DATE.sub("", text)).rstrip("。.")
    if re.fullmatch(r"\d{5}(?:\.\d+)?", text) and (found := _serial(float(text))) is not None:
        return Reading(found)
    if (match := _COMPACT_DATE.fullmatch(text) or _FULL_DATE.fullmatch(text)) is not None:
        year = int(match["year"])
        day = _day(year + 2000 if year < 100 else year, int(match["month"]), int(match["day"]))
        return Reading(day, _SHORT_YEAR if year < 100 else None) if day else Reading(None, None, _IMPOSSIBLE)
    if (match := _COMPACT_MONTH.fullmatch(text) or _MONTH_ONLY.fullmatch(text)) is not None:
        year = int(match["year"])
        day = _day(year + 2000 if year < 100 else year, int(match["month"]), 1)
        return Reading(day, _NO_DAY) if day else Reading(None, None, _IMPOSSIBLE)
    if (match := _DAY_WITHOUT_YEAR.fullmatch(text)) is not None:
        month, number = int(match["month"]), int(match["day"])
        year = _year_for(month, number, context) if 1 <= month <= 12 and number >= 1 else context.year
        day = _day(year, month, number)
        return Reading(day, _NO_YEAR) if day else Reading(None, None, _IMPOSSIBLE)
    if (match := _MONTH_WITHOUT_YEAR.fullmatch(text)) is not None:
        month = int(match["month"])
        day = _day(_year_for(month, 1, context), month, 1) if 1 <= month <= 12 else None
        return Reading(day, f"{_NO_YEAR}；{_NO_DAY}") if day else Reading(None, None, _IMPOSSIBLE)
    return Reading(None, None, _NOT_A_DATE)


def _chinese_date_part(text: str) -> str:
    digits = "".join(str(_CHINESE_DIGITS.get("零" if character == "○" else character, "")) for character in text)
    if "十" not in text:
        return digits
    number = chinese_number(text)
    return str(number) if number is not None else text


def _point_month(cell: float, context: Context, read: Callable[[int, int], Reading], otherwise: Problem) -> Reading:
    """2024.02 typed as a figure. 2024.1 may be January or October: only taken when October was still to come."""
    if not math.isfinite(cell) or not 1900 <= cell < 2100 or abs(cell * 100 - round(cell * 100)) > 1e-6:
        return Reading(None, None, otherwise)
    year, month = divmod(round(cell * 100), 100)
    if month == 10:
        if date(year, 10, 1) <= context.received:
            return unreadable("ambiguous_month", "按数字存放，无法区分 1 月和 10 月；请写成 2024年1月 的样子")
        month = 1
    return read(year, month) if 1 <= month <= 12 else Reading(None, None, otherwise)


_YEAR = re.compile(r"(?P<year>(?:19|20)\d\d)(?:年度?|年份)?(?:\.0*)?")


def read_year(cell: object, context: Context) -> Reading:
    """A calendar year as a number."""
    problem = unreadable("not_a_year", "不是能读出的年度；请写成 2024")
    if isinstance(cell, (date, datetime)):
        return Reading(cell.year) if 1900 <= cell.year < 2100 else problem
    if isinstance(cell, float) and math.isnan(cell):
        return EMPTY
    if isinstance(cell, bool):
        return problem
    text = narrow_text(cell).strip("'’‘`")
    if text.upper() in EXCEL_ERRORS:
        return Reading(None, None, _FORMULA_RESULT)
    if text.lower() in NOTHING:
        return EMPTY
    text = _CHINESE_DATE.sub(lambda found: _chinese_date_part(found[0]), text)
    if (match := _YEAR.fullmatch(text)) is not None:
        return Reading(int(match["year"]))
    if re.fullmatch(r"\d{2}年度?", text):
        return Reading(2000 + int(text[:2]), _SHORT_YEAR)
    if _YEAR_WORDS.fullmatch(text):
        return Reading(context.year, "没有写年份，按所属期的年份")
    return problem


def read_month(cell: object, context: Context) -> Reading:
    """A month as 2024-02. Without a year it takes the period's (the year before for a month still to come)."""
    problem = Problem(UNREADABLE, "not_a_month", "不是能读出的月份；请写成 2024-02")
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and cell == cell and math.isfinite(cell):
        if 1 <= cell <= 12 and cell == int(cell):
            return Reading(f"{_year_for(int(cell), 1, context):04d}-{int(cell):02d}", _NO_YEAR)
        if cell != int(cell) and _serial(cell) is None:
            return _point_month(cell, context, lambda year, month: Reading(f"{year:04d}-{month:02d}"), problem)
    elif isinstance(cell, str) and re.fullmatch(r"0?[1-9]|1[0-2]", text := narrow_text(cell)):
        return Reading(f"{_year_for(int(text), 1, context):04d}-{int(text):02d}", _NO_YEAR)
    if cell is None:
        return EMPTY
    reading = _read_day(cell, context)
    if reading.value is None:
        code = reading.problem.code if reading.problem else None
        return Reading(None, None, problem) if code == "not_a_date" else reading
    repair = reading.repair.removesuffix(_NO_DAY).removesuffix("；") if reading.repair else ""
    return Reading(f"{reading.value:%Y-%m}", repair or None)


_SEASON = re.compile(r"(?P<year>\d\d)?年?度?(?P<season>[春秋])季?(?:学期)?")


def read_term(cell: object, context: Context) -> Reading:
    """A school term as 2024-spring or 2024-autumn. 2023-2024学年第二学期 is 2024-spring."""
    text = _DASHES.sub("-", narrow_text(cell))
    if text.upper() in EXCEL_ERRORS:
        return Reading(None, None, _FORMULA_RESULT)
    if text.lower() in NOTHING:
        return EMPTY
    if isinstance(cell, str):
        try:
            term = stated_period(re.sub("[()]", "", text), "term", datetime.combine(context.received, time()))
        except ImpossiblePeriod:
            term = None
        if term is not None:
            return Reading(term)
        if (match := _SEASON.fullmatch(text)) is not None:
            season = "spring" if match["season"] == "春" else "autumn"
            if match["year"] is None:
                return Reading(f"{context.year}-{season}", "学期没有写年份，按所属期的年份")
            return Reading(f"20{match['year']}-{season}", _SHORT_YEAR)
    return unreadable("not_a_term", "不是能读出的学期；请写成 2024年春季")


# 类别

_YES = frozenset({
    "是", "有", "对", "√", "✓", "✔", "☑", "Y", "YES", "T", "TRUE", "1", "1.0", "真", "属实", "符合", "是的", "有的",
    "符合条件", "仍有", "存在", "需要", "仍是",
})  # fmt: skip
_NO = frozenset({
    "否", "无", "不", "不是", "没有", "没", "×", "X", "✗", "✘", "☒", "╳", "✕", "N", "NO", "F", "FALSE", "0", "0.0", "假",
    "未", "非", "不属实", "不符合", "不符合条件", "不存在", "不需要",
})  # fmt: skip


def read_flag(cell: object, context: Context) -> Reading:
    """是/否, 有/无, √/×, Y/N, 1/0, and the column's own words (有劳动能力, 不缺少劳动力, 仍有困难) as a truth value."""
    if isinstance(cell, bool):
        return Reading(cell)
    if isinstance(cell, (date, time, timedelta)):
        return _unknown("是或否（有或无）")
    text = narrow_text(cell).upper()
    if text in EXCEL_ERRORS:
        return Reading(None, None, _FORMULA_RESULT)
    if text in _YES or text in _NO:
        return Reading(text in _YES)
    if text.lower() in NOTHING:
        return EMPTY
    for part in (text, re.split(r"[,，;；。(（:：、]", text)[0]):
        answer = _yes_or_no(part, context.column.label)
        if answer is not None:
            return Reading(answer)
    return _unknown("是或否（有或无）")


_ANSWERS = (("没有", False), *((word, False) for word in "不无未非"), ("仍有", True), ("有", True), ("是", True))


def _yes_or_no(text: str, label: str) -> bool | None:
    """The answer in a plain word, or in the words of the column's own question (不缺少劳动力 under 是否缺少劳动力).

    有劳动力 under 是否缺少劳动力 is no yes: behind 有 or 无 the question must stand from its first word on.
    """
    if text in _YES:
        return True
    if text in _NO:
        return False
    question = label.split("是否")[-1].removeprefix("仍").removeprefix("有")
    for prefix, answer in _ANSWERS:
        rest = text.removeprefix(prefix)
        if rest != text and len(rest) >= 2 and _abridges(rest, question) and ("是否" not in label or rest[0] == question[0]):
            return answer
    return True if "是否" in label and len(text) >= 2 and text[0] == question[0] and _abridges(text, question) else None


def _abridges(text: str, whole: str) -> bool:
    """Whether the characters of a text stand in the whole in the same order."""
    rest = iter(whole)
    return all(character in rest for character in text)


def _unknown(known: str) -> Reading:
    return unreadable("unknown_value", f"填写的内容不在可选范围内；可填：{known}")


_LEVEL = re.compile(r"(?<![IV])(III|II|IV|VI{0,3}|I|[0-9]|[一二三四五六七八九壹贰叁肆伍])(?![IV0-9])")
_LEVEL_WORDS = re.compile(r"^(?:国家|省|市|县|自治区)+级?|救灾应急响应|应急响应|响应|等级|级别|残疾|重度|启动|\(.*\)|\.0+$")
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8}


def read_level(cell: object, context: Context) -> Reading:
    """A level as a number, in any writing: Ⅳ, IV, 4, 四级, Ⅳ级响应. A level the contract does not know is unreadable."""
    text = narrow_text(cell).upper()
    if text in EXCEL_ERRORS:
        return Reading(None, None, _FORMULA_RESULT)
    if text.lower() in NOTHING:
        return EMPTY
    column = context.column
    known = column.choices or {str(number): () for number in range(1, 6)}
    if not isinstance(cell, (bool, date, time, timedelta)):
        for candidate in (text, _LEVEL_WORDS.sub("", text)):
            choice = column.choice_of(candidate) if column.choices else None
            if choice is not None and choice.isdigit():
                return Reading(int(choice))
            match = _LEVEL.fullmatch(candidate.removesuffix("级"))
            if match is None:
                continue
            mark = match[1]
            level = _ROMAN.get(mark) or (int(mark) if mark.isdigit() and mark.isascii() else _CHINESE_DIGITS.get(mark))
            if level is not None and str(level) in known:
                return Reading(level)
    return _unknown("、".join(f"{'零一二三四五六七八九'[int(key)]}级" if key in "123456789" else key for key in known))


def _choice(text: str, column: Column) -> str | None:
    """The canonical value of a writing; a remark in brackets behind it does not matter unless it names another value."""
    found = column.choice_of(text)
    if found is None and (remark := re.fullmatch(r"(.+?)\((.*)\)", text)) is not None:
        inner = column.choice_of(remark[2])
        found = column.choice_of(remark[1])
        if inner is not None and inner != found:
            return None
    return found


def read_choice(cell: object, context: Context) -> Reading:
    """The contract's canonical value of any accepted writing. An unknown value is unreadable, or a finding where the
    contract leaves the list open."""
    column = context.column
    shown = cell_text(cell)
    text = narrow_text(cell).strip("'’‘`\"。.;,、")
    if text.upper() in EXCEL_ERRORS:
        return Reading(None, None, _FORMULA_RESULT)
    if (found := _choice(text, column)) is not None:
        return Reading(found)
    if text.lower() in (MISSING if column.choices else NOTHING) or not text:
        return EMPTY
    if not column.choices:
        return Reading(shown)
    if text in NOTHING:
        return EMPTY
    if column.choices_open:
        return Reading(shown, None, Problem(FINDING, "unknown_value", "填写的内容不在已知取值内，按原样保留；请核对"))
    return _unknown("、".join(column.choices))


_LISTED = re.compile(r"[、,，;；/|+&]|和|及|且|与")
_NUMBERING = re.compile(r"^(?:\(?\d+\)|\d+[.)]?)")


def read_choices(cell: object, context: Context) -> Reading:
    """Several canonical values in the contract's order, joined by 、."""
    column = context.column
    text = narrow_text(cell).strip("'’‘`\"。.;,、")
    if text.upper() in EXCEL_ERRORS:
        return Reading(None, None, _FORMULA_RESULT)
    if text.lower() in NOTHING:
        return EMPTY
    found: dict[str, str | None] = {}
    spaced = unicodedata.normalize("NFKC", cell_text(cell))
    for candidate in ([text], _LISTED.split(text), [narrow_text(part) for part in re.split(rf"\s|{_LISTED.pattern}", spaced)]):
        found = {part: _choice(part, column) for word in candidate if (part := _NUMBERING.sub("", word))}
        if found and all(found.values()):
            chosen = set(found.values())
            return Reading("、".join(choice for choice in column.choices if choice in chosen))
    if column.choices_open or not column.choices:
        problem = Problem(FINDING, "unknown_value", "填写的内容不在已知取值内，按原样保留；请核对") if column.choices else None
        return Reading(cell_text(cell), None, problem)
    return _unknown("、".join(column.choices))


READERS: dict[str, Callable[[object, Context], Reading]] = {
    "text": read_text,
    "name": read_name,
    "town": read_place,
    "village": read_place,
    "towns": read_place,
    "villages": read_place,
    "event_id": read_code,
    "household_id": read_code,
    "warning_id": read_warning,
    "student_number": read_code,
    "certificate_number": read_certificate,
    "phone": read_phone,
    "amount": read_amount,
    "area": read_area,
    "count": read_count,
    "date": read_date,
    "year": read_year,
    "month": read_month,
    "term": read_term,
    "flag": read_flag,
    "level": read_level,
    "choice": read_choice,
    "choices": read_choices,
}


ARROW_TYPES: dict[str, pa.DataType] = {
    "VARCHAR": pa.large_string(), "INTEGER": pa.int32(), "BOOLEAN": pa.bool_(), "DATE": pa.date32(), "DECIMAL(18,2)": pa.int64(),
}  # fmt: skip


def normalise_column(cells: Sequence[object] | CellColumn, context: Context) -> NormalisedColumn:
    """A whole column; never raises on what a cell holds. Amounts and areas come as whole hundredths (分, 0.01 亩).

    Numbers and figures that are in normal form already are recognised all at once; of the others each different cell is read.
    """
    column, kind = CellColumn.of(cells), context.column.kind
    known: pa.Array | None = None
    read: Callable[[object, Context], Reading]
    if kind == "id_number":
        read, known = _read_number, _clean_numbers(column, context)
    else:
        read = READERS[kind]
        if kind in ("amount", "area"):
            known = _plain_figures(column, context)
    is_open = None if known is None else known.is_null().to_numpy(zero_copy_only=False)
    different, codes = column.distinct(is_open)
    readings = [read(cell, context) for cell in different]
    values = [reading.value for reading in readings]
    if kind in ("amount", "area"):
        values = [None if value is None else int(value.scaleb(2)) for value in values]
    taken = pa.array(values, ARROW_TYPES[context.column.sql_type]).take(pa.array(codes))
    result = NormalisedColumn(taken if known is None else pc.coalesce(known, taken))
    marked = np.array([reading.repair is not None or reading.problem is not None for reading in readings])
    for position in np.flatnonzero(marked[codes]).tolist():
        reading = readings[codes[position]]
        if reading.repair:
            result.repairs[position] = reading.repair
        if reading.problem:
            result.problems[position] = reading.problem
    return result


def _plain_figures(column: CellColumn, context: Context) -> pa.Array:
    """Figures in 元 or 亩 with at most two decimals, in hundredths: they leave nothing to decide. Null elsewhere."""
    if column.numbers is None or context.unit not in (None, "元", "亩"):
        return pa.nulls(len(column), pa.int64())
    plain = column.numbers
    with np.errstate(invalid="ignore", over="ignore"):
        hundredths = np.rint(plain * 100)
        is_plain = (np.abs(plain * 100 - hundredths) < 1e-6) & (plain >= 0) & (plain < 1e9)
    return pa.array(np.where(is_plain, hundredths, 0).astype(np.int64), mask=~is_plain)


def _clean_numbers(column: CellColumn, context: Context) -> pa.Array:
    """Identity numbers that are valid as they stand; null elsewhere."""
    nothing = pa.scalar(None, pa.large_string())
    if column.texts is None:
        return pa.nulls(len(column), nothing.type)
    return pc.if_else(pa.array(clean_numbers(column.texts, context.received)), column.texts, nothing)


def _read_number(cell: object, context: Context) -> Reading:
    """An identity number. One that is present but invalid is an error even in a column that may be empty."""
    number, repairs, error = repair_number(cell, context.received)
    return Reading(
        number,
        "；".join(NUMBER_REPAIRS[code] for code in repairs.split("+")) if repairs else None,
        Problem(UNREADABLE, error, NUMBER_ERRORS[error]) if error else None,
    )
