"""Pushed rows as a table: a JSON array of objects, or ``{"title": …, "rows": […]}``. The first row of the table is the keys.

Keys are the contract's heads (身份证号) or column names (id_number); a name that ends in ``_yuan`` or ``_mu`` states its unit.
A title states the period as a file's title does. An empty array is a zero report.
"""

from __future__ import annotations

import json
import math
from typing import Any, BinaryIO

from include.reading.cell_marks import MAX_ROWS
from include.reading.refusal import Refused

MAX_BYTES = 32 * 2**20
MAX_KEYS = 500
MAX_CELLS = 20_000_000
UNITS = {"_yuan": "(元)", "_mu": "(亩)"}
SHAPE = '请写成 JSON 数组，每行一个对象，如 [{"姓名": "…"}]，或 {"title": "…", "rows": […]}，编码用 UTF-8'


def read_json_rows(content: BinaryIO, file_name: str) -> tuple[str, list[list[Any]]]:
    """The title ('' when there is none) and the table's rows, heads first.

    Raises Refused: damaged, too_large, too_wide. Runs in the reading child only.
    """
    try:
        given = json.loads(
            _counted(content, file_name).decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_constant
        )
    except RecursionError:
        raise _refused(file_name, "嵌套太深") from None
    except ValueError as error:
        where = f"第 {error.lineno} 行第 {error.colno} 列" if isinstance(error, json.JSONDecodeError) else ""
        raise _refused(file_name, f"{where}不是有效的 JSON") from None
    title, objects = ("", given) if isinstance(given, list) else _titled(given, file_name)
    keys: dict[str, int] = {}
    for number, item in enumerate(objects, 1):
        if not isinstance(item, dict):
            raise _refused(file_name, f"第 {number} 条不是对象")
        for key in item:
            keys.setdefault(key, len(keys))
        if len(keys) > MAX_KEYS or len(keys) * len(objects) > MAX_CELLS:
            raise Refused(
                "too_wide", f"“{file_name}”的列名过多（超过 {MAX_KEYS} 个或数据过大）", remedy="请每条都用同样的列名后重新报送"
            )
    if not objects:
        return title, [[title], ["本期无数据"]] if title else [["本期无数据"]]
    rows: list[list[Any]] = [[key + next((unit for end, unit in UNITS.items() if key.endswith(end)), "") for key in keys]]
    for number, item in enumerate(objects, 1):
        row: list[Any] = [None] * len(keys)
        for key, value in item.items():
            row[keys[key]] = _cell(value, file_name, number, keys[key] + 1)
        rows.append(row)
    return title, rows


def _counted(content: BinaryIO, file_name: str) -> bytes:
    """The whole text, when what it holds cannot become a hundred times its size as objects."""
    content.seek(0)
    text = content.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise Refused("too_large", f"“{file_name}”超过 {MAX_BYTES >> 20} MB", remedy="请分成几次推送")
    if max(text.count(b"{"), text.count(b"[")) > MAX_ROWS:
        raise Refused("too_large", f"“{file_name}”中的对象超过 {MAX_ROWS} 个", remedy="请分成几次推送")
    return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    for key in found:
        _check_text(key)
    return found


def _no_constant(_: str) -> None:
    raise ValueError("NaN and Infinity are no JSON")


def _check_text(text: str) -> str:
    text.encode("utf-8")  # half a surrogate pair cannot be stored: UnicodeEncodeError is a ValueError
    if "\0" in text:
        raise ValueError("a zero character")
    return text


def _titled(given: Any, file_name: str) -> tuple[str, list[Any]]:
    if not isinstance(given, dict) or not isinstance(given.get("rows"), list) or set(given) - {"title", "rows"}:
        raise _refused(file_name, "不是行的数组")
    title = given.get("title", "")
    try:
        return _check_text(title.strip()), given["rows"]
    except (AttributeError, ValueError):
        raise _refused(file_name, "title 不是文字") from None


def _cell(value: Any, file_name: str, number: int, column: int) -> Any:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and not math.isfinite(value):
        raise _refused(file_name, f"第 {number} 条第 {column} 列的数字大得不能存储")
    if isinstance(value, dict | list):
        raise _refused(file_name, f"第 {number} 条第 {column} 列的值是对象或数组，应为文字、数字或空")
    if isinstance(value, int) and abs(value) >= 10**15:
        return str(value)  # JSON keeps every digit of a number that a sheet would have damaged
    if isinstance(value, str):
        try:
            return _check_text(value) or None
        except ValueError:
            raise _refused(file_name, f"第 {number} 条第 {column} 列有不能存储的字符") from None
    return value


def _refused(file_name: str, what: str) -> Refused:
    return Refused("damaged", f"“{file_name}”{what}", remedy=SHAPE)
