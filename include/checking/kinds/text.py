"""Free text, and the cells that name a town or a village."""

from __future__ import annotations

from include.checking.kinds.reading import MISSING, Context, Reading, cell_text, without_value


def read_text(cell: object, context: Context) -> Reading:
    """Free text. Text that begins like a formula stays text; whoever writes it to a workbook writes it as text."""
    text = cell_text(cell)
    return without_value(text, MISSING) or Reading(text)


def read_place(cell: object, context: Context) -> Reading:
    """Town and village cells as text; `include.checking.divisions` says where they are."""
    text = cell_text(cell)
    return without_value(text) or Reading(text)
