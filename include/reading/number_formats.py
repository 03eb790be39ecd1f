"""Units that only a cell's number format shows: 1.5 under the format 0.00"万元" is 1.5万元 to whoever looks at the sheet.

A format may also divide what it shows (15000 under 0!.0,"万" is shown as 1.5万): then the figure itself is in the smaller unit.
Linear in what it is given: the files are strangers'.
"""

from __future__ import annotations

import re
import zipfile
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree

STYLES = "xl/styles.xml"
MAX_STYLES = 8 * 2**20
LONGEST_FORMAT = 255
FACTORS = {
    "元": 1, "百元": 100, "千元": 1000, "万元": 10_000, "万": 10_000, "十万元": 100_000, "百万元": 1_000_000, "百万": 1_000_000,
    "千万元": 10_000_000, "亿元": 100_000_000, "亿": 100_000_000,
}  # fmt: skip
BY_FACTOR = {factor: unit for unit, factor in FACTORS.items() if unit.endswith("元")}
AREAS = frozenset({"亩", "公顷", "平方米", "㎡"})

_LITERAL = re.compile(r'"([^"]*)"|[\\!](.)|\[[^\]]*\]|_.|\*.')
_DIVIDED = re.compile(r"[0#?](,+)(?![0#?,])")
_POINT = re.compile(r"[\\!]\.(0+)")
_ATTRIBUTES = rb"[^<>]{0,400}"
UNIT_CELL = re.compile(
    rb"<(?:\w{1,20}:)?c\s(?!" + _ATTRIBUTES + rb'\bt="(?!n"))(?=' + _ATTRIBUTES + rb'\bs="(\d{1,5})")'
    rb'(?=(?>[^<>]{0,400}?\br=")([A-Z]{1,3})(\d{1,7})")' + _ATTRIBUTES + rb"+>"
    rb"(?:<(?:\w{1,20}:)?f(?:\s" + _ATTRIBUTES + rb")?+/?(?:(?<=/)>|>[^<]{0,8000}+</(?:\w{1,20}:)?f>))?+"
    rb"<(?:\w{1,20}:)?v>([-+0-9.eE]{1,40})</"
)  # fmt: skip


def unit_styles(archive: zipfile.ZipFile) -> dict[bytes, str]:
    """Number of a cell style -> the unit in which its figures are; only styles whose format shows one."""
    try:
        if archive.getinfo(STYLES).file_size > MAX_STYLES:
            return {}
        xml = archive.read(STYLES)
        if not re.search(rb"numFmt\b", xml):
            return {}
        styles = ElementTree.fromstring(xml)
    except (KeyError, ElementTree.ParseError):
        return {}
    own = {item.get("numFmtId", ""): item.get("formatCode", "") for item in styles.iter() if item.tag.endswith("}numFmt")}
    units = {number: unit for number, code in own.items() if (unit := unit_of_format(code))}
    formats = next((list(part) for part in styles if part.tag.endswith("}cellXfs")), []) if units else []
    return {
        str(style).encode(): units[number] for style, item in enumerate(formats) if (number := item.get("numFmtId", "")) in units
    }


def unit_of_format(code: str) -> str | None:
    """The unit of figures under a number format: 0.00"万元" -> 万元, 0!.0,"万" -> 元 (it shows a ten-thousandth)."""
    if len(code) > LONGEST_FORMAT:
        return None
    first = code.split(";")[0]
    shown = "".join(found[1] or found[2] or "" for found in _LITERAL.finditer(first))
    bare = _LITERAL.sub("", first)
    unit = shown.replace(".", "").strip(" ()（）¥￥") or re.sub(r"[0#?.,%\s@]+", "", bare)
    if unit in AREAS:
        return unit
    if unit not in FACTORS:
        return None
    divided = Decimal(1000) ** sum(len(commas) for commas in _DIVIDED.findall(bare))
    divided *= Decimal(10) ** sum(len(zeros) for zeros in _POINT.findall(first))
    return BY_FACTOR.get(int(FACTORS[unit] / divided)) if FACTORS[unit] >= divided else None


def with_unit(figure: bytes, unit: str) -> str | None:
    """The cell as it is meant; None for what is no figure."""
    try:
        return f"{Decimal(figure.decode('ascii')).normalize():f}{unit}"
    except InvalidOperation:
        return None
