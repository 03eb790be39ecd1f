"""A workbook as bytes: what the reading child answers, and what is kept of a large book. Arrow for cells, JSON for the rest.

Whoever decodes trusts nothing: not the lengths, not the types, not the texts, and nothing that would unpack to more than it is.

Layout: ``MAGIC``, the parts one after another (Arrow streams, each at a multiple of 64 bytes), the head as JSON, its length as
eight bytes, ``MAGIC``. The head says of each sheet where its parts are.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from include.reading import odd_cells
from include.reading.cells import CellColumn, ColumnRows, Rows
from include.reading.refusal import Refused
from include.reading.workbook import Merged, Sheet, Workbook

MAGIC = b"fangpin1"
ALIGNED = 64
MAX_HEAD = 8 * 2**20
MAX_SHEETS, MAX_ROWS, MAX_COLUMNS = 1000, 1_048_576, 16_384
LONGEST_SHEET_NAME = 255
KINDS = ("xlsx", "xls", "ods", "html", "csv", "json")
NOTES = {"text_content", "html_content", "formula_text"}
MERGED = pa.schema([(name, pa.int32()) for name in ("top", "left", "bottom", "right")])
BROKEN = (
    KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, OSError, RecursionError, StopIteration,
    struct.error, pa.ArrowException,
)  # fmt: skip
WIDTHS = pa.schema([("width", pa.int32())])


class Nonsense(ValueError):
    """The bytes are not what ``write_workbook`` or ``write_refusal`` writes."""


# Writing


def write_workbook(workbook: Workbook, out: BinaryIO) -> None:
    """The whole workbook."""
    out.write(MAGIC)
    sheets = []
    for sheet in workbook.sheets:
        rows = _by_column(sheet.rows)
        parts = {
            "cells": _write_part(out, _cells(rows)),
            "odd": _write_part(out, odd_cells.table([column.others for column in rows.columns])),
            "widths": _write_part(out, None if rows.widths is None else pa.table([rows.widths], WIDTHS)),
            "merged": _write_part(out, _merged(sheet.merged, len(rows))),
        }
        sheets.append(
            {
                "name": sheet.name[:LONGEST_SHEET_NAME], "visible": sheet.is_visible, "drawing": sheet.has_drawing,
                "rows": len(rows), "columns": len(rows.columns), "parts": {name: at for name, at in parts.items() if at},
            }
        )  # fmt: skip
    _write_head(out, {"kind": workbook.kind, "sheets": sheets, "notes": list(workbook.notes)})


def write_refusal(refused: Refused, out: BinaryIO) -> None:
    """Only why the file is refused."""
    out.write(MAGIC)
    _write_head(out, {"refused": [refused.reason_code, refused.reason]})


def _write_head(out: BinaryIO, head: dict[str, Any]) -> None:
    text = json.dumps(head).encode()
    out.write(text + struct.pack("<Q", len(text)) + MAGIC)


def _by_column(rows: Rows) -> ColumnRows:
    if isinstance(rows, ColumnRows):
        return rows
    widths = np.array([len(row) for row in rows], np.int32)
    columns = [
        CellColumn.of([row[index] if index < len(row) else None for row in rows]) for index in range(max(widths, default=0))
    ]
    return ColumnRows(columns, len(rows), widths)


def _cells(rows: ColumnRows) -> pa.Table | None:
    named: dict[str, Any] = {}
    for index, column in enumerate(rows.columns):
        if column.texts is not None:
            named[f"t{index}"] = column.texts
        if column.numbers is not None:
            named[f"n{index}"] = pa.array(column.numbers)
    return pa.table(named) if named else None


def _merged(merged: Sequence[Merged], length: int) -> pa.Table | None:
    """Cells merged beyond the sheet's end merge nothing there."""
    kept = [
        (top, left, min(bottom, length), right) for top, left, bottom, right in merged if top < length and right < MAX_COLUMNS
    ]
    return pa.table(list(np.array(kept, np.int32).T), MERGED) if kept else None


def _write_part(out: BinaryIO, table: pa.Table | None) -> tuple[int, int] | None:
    if table is None or not table.num_rows:
        return None
    out.write(b"\0" * (-out.tell() % ALIGNED))
    start = out.tell()
    with pa.ipc.new_stream(pa.PythonFile(out, "w"), table.schema) as stream:
        stream.write_table(table)
    return start, out.tell() - start


# Reading


def read_answer(content: pa.Buffer) -> Workbook | Refused:
    """What was written, its cells still lying in ``content``. Raises Nonsense."""
    try:
        head = _read_head(content)
        if "refused" in head:
            return Refused(*_texts(head["refused"], 2))
        if head["kind"] not in KINDS or len(head["sheets"]) > MAX_SHEETS:
            raise Nonsense
        notes = tuple(_texts(head["notes"], len(set(head["notes"]))))
        if not NOTES.issuperset(notes):
            raise Nonsense
        return Workbook(head["kind"], [_read_sheet(content, sheet) for sheet in head["sheets"]], notes)
    except BROKEN as error:
        raise Nonsense from error


def _read_head(content: pa.Buffer) -> dict[str, Any]:
    end = content.size - len(MAGIC) - 8
    if end < len(MAGIC) or content[: len(MAGIC)].to_pybytes() != MAGIC or content[end + 8 :].to_pybytes() != MAGIC:
        raise Nonsense
    (size,) = struct.unpack("<Q", content[end : end + 8].to_pybytes())
    if size > min(MAX_HEAD, end):
        raise Nonsense
    head = json.loads(content[end - size : end].to_pybytes())
    if not isinstance(head, dict):
        raise Nonsense
    return head


def _texts(given: Any, count: int) -> list[str]:
    if not isinstance(given, list) or len(given) != count or not all(isinstance(text, str) for text in given):
        raise Nonsense
    return given


def _read_sheet(content: pa.Buffer, sheet: dict[str, Any]) -> Sheet:
    (name,) = _texts([sheet["name"]], 1)
    length, count = _count(sheet["rows"], MAX_ROWS), _count(sheet["columns"], MAX_COLUMNS)
    parts = {part: _read_part(content, *place) for part, place in sheet["parts"].items()}
    columns = [CellColumn(length) for _ in range(count)]
    _read_cells(parts.get("cells"), columns, length)
    odd_cells.put(parts.get("odd"), columns, length)
    widths = parts.get("widths")
    rows = ColumnRows(columns, length, None if widths is None else _widths(widths, length, count))
    merged = _read_merged(parts["merged"]) if "merged" in parts else []
    return Sheet(name, sheet["visible"] is True, rows, merged, sheet["drawing"] is True)


def _count(given: Any, most: int) -> int:
    if type(given) is not int or not 0 <= given <= most:
        raise Nonsense
    return given


def _read_cells(cells: pa.RecordBatch | None, columns: list[CellColumn], length: int) -> None:
    for field, values in zip(cells.schema, cells.columns, strict=True) if cells is not None else ():
        column = columns[int(field.name[1:])]
        if len(values) != length:
            raise Nonsense
        if field.name[0] == "t" and field.type == pa.large_string():
            column.texts = values
        elif field.name[0] == "n" and field.type == pa.float64() and not values.null_count:
            column.numbers = values.to_numpy()
        else:
            raise Nonsense


def _widths(part: pa.RecordBatch, length: int, count: int) -> Any:
    odd_cells.expect(part, WIDTHS)
    widths = part.column(0).to_numpy()
    if len(widths) != length or (widths < 0).any() or (widths > count).any():
        raise Nonsense
    return widths


def _read_merged(part: pa.RecordBatch) -> list[Merged]:
    odd_cells.expect(part, MERGED)
    places = np.array([column.to_numpy() for column in part.columns])
    if (places < 0).any() or (places[[0, 2]] > MAX_ROWS).any() or (places[[1, 3]] >= MAX_COLUMNS).any():
        raise Nonsense
    return [(top, left, bottom, right) for top, left, bottom, right in places.T.tolist()]


def _read_part(content: pa.Buffer, start: int, size: int) -> pa.RecordBatch:
    """The one batch of a part, checked to its last offset and character."""
    if not 0 <= start <= start + size <= content.size:
        raise Nonsense
    messages = pa.ipc.MessageReader.open_stream(pa.BufferReader(content.slice(start, size)))
    schema_message, batch_message = messages.read_next_message(), messages.read_next_message()
    if schema_message.type != "schema" or batch_message.type != "record batch" or _is_compressed(batch_message.metadata):
        raise Nonsense
    schema = pa.ipc.read_schema(schema_message)
    if not all(field.type in (pa.large_string(), pa.float64(), pa.int8(), pa.int32(), pa.int64()) for field in schema):
        raise Nonsense
    batch = pa.ipc.read_record_batch(batch_message, schema)
    batch.validate(full=True)
    return batch


def _is_compressed(metadata: pa.Buffer) -> bool:
    """Whether a batch says that it is packed; we never pack, and a few bytes may unpack to gigabytes.

    The message is a FlatBuffers table (Message.fbs): its third field is the batch, whose fourth names the packing.
    """
    message = metadata.to_pybytes()
    root = struct.unpack_from("<I", message)[0]
    batch = _field(message, root, 2)
    if batch is None:
        raise Nonsense
    return _field(message, batch + struct.unpack_from("<I", message, batch)[0], 3) is not None


def _field(message: bytes, table: int, number: int) -> int | None:
    """Where a field of a FlatBuffers table is; None where it is not given."""
    vtable = table - struct.unpack_from("<i", message, table)[0]
    if vtable < 0 or 4 + 2 * number + 2 > struct.unpack_from("<H", message, vtable)[0]:
        return None
    offset = struct.unpack_from("<H", message, vtable + 4 + 2 * number)[0]
    return table + offset if offset else None
