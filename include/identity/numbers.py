"""Citizen identity numbers (GB 11643-1999): what is safe to repair is repaired and said so, what is lost is refused.

Works on a whole column. Clean numbers take a vectorised path; only the others are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
# 省级代码；81/82/83 为港澳台居民居住证，9 开头为 2023 年版外国人永久居留身份证
REGIONS = frozenset(
    f"{code}"
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83), (90, 99))
    for code in range(first, last + 1)
)
EARLIEST_BIRTH_YEAR = 1900
OLDEST = 100
LARGEST_EXACT = 10**15  # 电子表格只保留 15 位有效数字

MISSING = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "暂无", "不详", "未知", "空", "nan", "none", "null", "n/a"})

REPAIRS = {
    "full_width": "全角字符改为半角",
    "lower_x": "末位小写 x 改为大写 X",
    "similar_x": "末位形似 X 的字符（Х、×、* 等）改为 X",
    "apostrophe": "去掉多余的引号",
    "space": "去掉空格、制表符",
    "invisible": "去掉看不见的字符",
    "hyphen": "去掉号码中的连接符",
    "student_prefix": "去掉学籍号前缀 G",
    "fifteen_digits": "15 位旧号码升为 18 位",
    "certificate": "残疾人证号取前 18 位",
    "remark": "去掉号码前后的说明或标点",
}
ERRORS = frozenset({
    "float_number", "tail_lost", "phone_number", "masked", "length", "cut_short", "characters", "region", "birth_date",
    "future_birth_date", "check_character", "not_a_number",
})  # fmt: skip
"""Error codes; the catalogue of reasons has the words."""

_DIGITS_17 = re.compile(r"[0-9]{17}[0-9X]")
_PHONE = re.compile(r"(?:86)?1[3-9][0-9]{9}")
_CERTIFICATE = re.compile(r"([0-9]{17}[0-9X])[1-7][1-4](?:[A-Z][0-9])?")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?E\+?1[5-9]|[0-9]{16,}\.0+")
_SPACES = re.compile(r"\s")
_INVISIBLE = re.compile(r"[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0e-\x1b\x7f]")
_APOSTROPHES = re.compile(r"['`´\"‘’“”′＇＂]")
_HYPHENS = re.compile(r"[-‐‑‒–—―－_]")
_SIMILAR_X = re.compile(r"[ХхΧχ×✕✖╳*＊]$")
_REMARKS = re.compile(
    r"^(?:[(【\[〔]?[\u4e00-\u9fff]{1,10}[)】\]〕]?[:;,]?|[(【\[〔])|(?:[(【\[〔][\u4e00-\u9fff,、]{1,10})?[)】\]〕]$|[。.,、;:]+$"
)
_REGION_TABLE = np.asarray([f"{region:02d}" in REGIONS for region in range(100)])
_CHUNK = 65_536
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


class Numbers(NamedTuple):
    """One column of numbers: three object arrays of equal length, None where there is nothing to say."""

    numbers: npt.NDArray[Any]
    repairs: npt.NDArray[Any]
    errors: npt.NDArray[Any]


def check_character(first_17: str) -> str:
    """The 18th character that belongs to 17 digits."""
    return CHECK_CHARACTERS[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first_17, strict=True)) % 11]


def number_error(number: str, on: date) -> str | None:
    """Error code of an 18-character number in standard form, None when it is valid on that day.

    A number that ends in 000 is somebody's own when its check character fits; whether it is one that a spreadsheet stored as a
    figure, only its column shows (``include/checking/kinds/id_number.py``).
    """
    if not _DIGITS_17.fullmatch(number):
        return "characters" if len(number) == 18 else "length"
    error = _content_error(number, on)
    return "tail_lost" if error and number.endswith("000") else error


def _content_error(number: str, on: date) -> str | None:
    if number[:2] not in REGIONS:
        return "region"
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "birth_date"
    if born.year < EARLIEST_BIRTH_YEAR:
        return "birth_date"
    if born > on:
        return "future_birth_date"
    return None if number[17] == check_character(number[:17]) else "check_character"


def is_valid(number: str, on: date) -> bool:
    """Whether this is a valid number in standard form."""
    return number_error(number, on) is None


def birth_date(number: str) -> date:
    """Digits 7-14 of a valid number."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def sex(number: str) -> str:
    """男 when the 17th digit of a valid number is odd, else 女."""
    return "男" if int(number[16]) % 2 else "女"


def repair_number(cell: object, on: date) -> tuple[str | None, str | None, str | None]:
    """One cell as (number, repair codes joined by +, error code); (None, None, None) for an empty cell."""
    if cell is None:
        return None, None, None
    if isinstance(cell, bool) or not isinstance(cell, (str, int, float)):
        return None, None, "not_a_number"
    if isinstance(cell, (int, float)):
        if cell != cell:
            return None, None, None
        if abs(cell) >= LARGEST_EXACT:
            return None, None, "float_number"
        if cell < 0 or int(cell) != cell:
            return None, None, "not_a_number"
        text = str(int(cell))
        done: list[str] = []
    else:
        text, done = _plain(cell)
    if text.lower() in MISSING:
        return None, None, None
    if _SCIENTIFIC.fullmatch(text):
        return None, None, "float_number"
    if text.startswith("G") and len(text) in (16, 19):
        text = text[1:]
        done.append("student_prefix")
    if len(text) == 15 and text.isdigit():
        return _from_fifteen(text, done, on)
    if (certificate := _CERTIFICATE.fullmatch(text)) is not None:
        text = certificate.group(1)
        done.append("certificate")
    error = number_error(text, on)
    if error in ("length", "characters"):
        error = _shape_error(text)
    return (None, None, error) if error else (text, "+".join(done) or None, None)


def _from_fifteen(text: str, done: list[str], on: date) -> tuple[str | None, str | None, str | None]:
    """An old number, as it is today; or one of today that lost its last three digits.

    Old numbers ended with 1999. One that makes its holder older than a hundred, or whose day of birth begins with a century, is
    a number cut short.
    """
    number = f"{text[:6]}19{text[6:]}"
    number += check_character(number)
    error = _content_error(number, on)
    if (not error and on.year - birth_date(number).year > OLDEST) or (error == "birth_date" and text[6:8] in ("19", "20")):
        error = "cut_short"
    return (None, None, error) if error else (number, "+".join([*done, "fifteen_digits"]), None)


def _plain(cell: str) -> tuple[str, list[str]]:
    """The characters of a text cell in standard form, with what had to be changed."""
    done: list[str] = []
    text = cell
    if cell.isascii() and cell.isalnum():
        text = cell
    else:
        for code, pattern in (("invisible", _INVISIBLE), ("space", _SPACES), ("apostrophe", _APOSTROPHES)):
            cleaned = pattern.sub("", text)
            if cleaned != text:
                done.append(code)
                text = cleaned
        narrow = text.translate(_FULL_WIDTH)
        if narrow != text:
            done.append("full_width")
            text = narrow
        if text.lower() in MISSING:
            return text, []
        if (bare := _REMARKS.sub("", text)) != text and len(bare) >= 15 and bare.isascii():
            done.append("remark")
            text = bare
        joined = _HYPHENS.sub("", text)
        if joined != text:
            done.append("hyphen")
            text = joined
        if len(text) in (18, 19) and (crossed := _SIMILAR_X.sub("X", text)) != text:
            done.append("similar_x")
            text = crossed
    upper = text.upper()
    if upper != text:
        if text.endswith("x"):
            done.append("lower_x")
        text = upper
    return text, done


def _shape_error(text: str) -> str:
    """Why something is not even the shape of a number, said as helpfully as possible."""
    if _PHONE.fullmatch(text.removeprefix("+")):
        return "phone_number"
    digits = sum(character.isdigit() for character in text)
    if "*" in text and digits >= 4:
        return "masked"
    if digits < 6:
        return "not_a_number"
    return "characters" if len(text) == 18 else "length"


def _valid_days(on: date) -> npt.NDArray[np.int32]:
    """Every possible birth date up to a day as sorted integers yyyymmdd."""
    days = np.arange(np.datetime64(f"{EARLIEST_BIRTH_YEAR}-01-01"), np.datetime64(on) + 1)
    years = days.astype("datetime64[Y]").astype(int) + 1970
    months = days.astype("datetime64[M]").astype(int) % 12 + 1
    day_of_month = (days - days.astype("datetime64[M]")).astype(int) + 1
    return (years * 10000 + months * 100 + day_of_month).astype(np.int32)


def normalise_numbers(values: Sequence[object], on: date | datetime) -> Numbers:
    """A column of cells as numbers, repair codes and error codes; births after `on` are refused.

    Repair codes are keys of REPAIRS joined by +, error codes are of ERRORS. Empty cells give None in all three.
    """
    day = on.date() if isinstance(on, datetime) else on
    result = Numbers(*(np.full(len(values), None, dtype=object) for _ in Numbers._fields))
    clean = clean_numbers(pa.array([value if type(value) is str else None for value in values], pa.large_string()), day)
    for index, value in enumerate(values):
        if clean[index]:
            result.numbers[index] = value
        else:
            result.numbers[index], result.repairs[index], result.errors[index] = repair_number(value, day)
    return result


def clean_numbers(texts: pa.LargeStringArray, on: date) -> npt.NDArray[np.bool_]:
    """Which texts are valid numbers as they stand, for which `repair_number` gives the text itself and nothing else."""
    ends = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    is_18 = np.flatnonzero((np.diff(ends) == 18) & texts.is_valid().to_numpy(zero_copy_only=False))
    clean = np.zeros(len(texts), bool)
    if len(is_18):
        data, days = np.frombuffer(texts.buffers()[2], np.uint8), _valid_days(on)
        for start in range(0, len(is_18), _CHUNK):
            chunk = is_18[start : start + _CHUNK]
            clean[chunk] = _clean_and_valid(data[ends[chunk][:, None] + np.arange(18)], days)
    return clean


def _clean_and_valid(codes: npt.NDArray[np.uint8], days: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Which rows of an n × 18 matrix of ASCII codes are valid numbers as they stand."""
    digits = np.ascontiguousarray(codes.T).astype(np.int32) - 48  # one line per position
    first = digits[:17]
    good = ((first >= 0) & (first <= 9)).all(axis=0)
    remainder = sum(weight * line for weight, line in zip(WEIGHTS, first, strict=True)) % 11
    good &= codes[:, 17] == np.frombuffer(CHECK_CHARACTERS.encode(), dtype=np.uint8)[remainder]
    good &= (digits[15:18] != 0).any(axis=0)
    good &= _REGION_TABLE[np.where(good, first[0] * 10 + first[1], 0)]
    born = np.zeros(len(codes), dtype=np.int32)
    for line in first[6:14]:
        born = born * 10 + line
    place = np.minimum(np.searchsorted(days, born), len(days) - 1)
    good &= days[place] == born
    return good
