"""One of the contract's values, or several."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from include.checking.kinds.reading import Context, Reading, cell_text, finding, narrow_text, qualified, unreadable, without_value

if TYPE_CHECKING:
    from include.contracts import Column

_AROUND = "'’‘`\"。.;,、"
_LISTED = re.compile(r"[、,，;；/|+&]|和|及|且|与")
_BUT = re.compile(r"(.+?)[,，;；。(（:：、.]*(?:但|不过|然而|可是|只是)")
_NUMBERING = re.compile(r"^(?:\(?\d+\)|\d+[.)]?)")


def read_choice(cell: object, context: Context) -> Reading:
    """The contract's canonical value of any accepted writing. An unknown value is unreadable, or a finding where the
    contract leaves the list open."""
    column = context.column
    text = narrow_text(cell).strip(_AROUND)
    if (found := _value_of(text, column)) is not None and not _BUT.match(text):  # 无 may be one of them
        return Reading(found)
    if (blank := without_value(text)) is not None:
        return blank
    if not column.choices:
        return Reading(cell_text(cell))
    if (but := _BUT.match(text)) is not None and (found := _value_of(but[1], column)) is not None:
        return Reading(found, None, qualified(found))
    return _kept(cell) if column.choices_open else _unknown(column)


def read_choices(cell: object, context: Context) -> Reading:
    """Several canonical values in the contract's order, joined by 、."""
    column = context.column
    text = narrow_text(cell).strip(_AROUND)
    if (blank := without_value(text)) is not None:
        return blank
    found: dict[str, str | None] = {}
    spaced = unicodedata.normalize("NFKC", cell_text(cell))
    for candidate in ([text], _LISTED.split(text), [narrow_text(part) for part in re.split(rf"\s|{_LISTED.pattern}", spaced)]):
        found = {part: _value_of(part, column) for word in candidate if (part := _NUMBERING.sub("", word))}
        if found and all(found.values()):
            chosen = set(found.values())
            return Reading("、".join(choice for choice in column.choices if choice in chosen))
    if not column.choices:
        return Reading(cell_text(cell))
    return _kept(cell) if column.choices_open else _unknown(column)


def _value_of(text: str, column: Column) -> str | None:
    """The canonical value of a writing; a remark in brackets behind it does not matter unless it names another value."""
    found = column.choice_of(text)
    if found is None and (remark := re.fullmatch(r"(.+?)\((.*)\)", text)) is not None:
        inner = column.choice_of(remark[2])
        found = column.choice_of(remark[1])
        if inner is not None and inner != found:
            return None
    return found


def _kept(cell: object) -> Reading:
    return Reading(cell_text(cell), None, finding("unknown_value", "kept"))


def _unknown(column: Column) -> Reading:
    return unreadable("unknown_value", "closed", known="、".join(column.choices))
