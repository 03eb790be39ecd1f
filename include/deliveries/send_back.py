"""Rejected rows go back to who sent them, in a workbook under the heads of their own file."""

from __future__ import annotations

from include.checking.match_columns import ReadTable
from include.checking.recognise import Recognised
from include.checking.rows import Checked
from include.contracts import Contract
from include.deliveries.answer import return_stem, returns_folder
from include.reports.return_workbook import ReturnRow, write_return_workbook
from include.site import Site
from include.site.home import rehearsal_mark
from include.storage.ledger import Delivery


def send_back_rows(site: Site, delivery: Delivery, expected: Contract, read: Recognised, checked: Checked) -> None:
    """Rejected rows go back with the reason beside each; sheets whose figures are in other units in a workbook of their own."""
    faults = dict(list(checked.issues[checked.issues["level"] == "rejected"].groupby(["sheet", "row_number"])))
    alike: dict[frozenset[tuple[str, str]], list[ReadTable]] = {}
    for table in read.tables:
        alike.setdefault(frozenset(table.units.items()), []).append(table)
    folder = returns_folder(site, delivery)
    for number, tables in enumerate(alike.values(), start=1):
        labels, places = _common_heads(tables)
        rows = [
            ReturnRow(
                sheet=sheet,
                row_number=row_number,
                cells=[cells[at] if at is not None and at < len(cells) else None for at in places[sheet]],
                reasons=list(mine["reason"]),
                columns=list(mine["column_name"].dropna()),
                proposals="\n".join(text for text in mine["proposals"] if isinstance(text, str)),
            )
            for (sheet, row_number), cells in checked.rejected_cells.items()
            if sheet in places
            for mine in [faults[sheet, row_number]]
        ]
        if rows:
            folder.mkdir(parents=True, exist_ok=True)
            part = f"_{number}" if len(alike) > 1 else ""
            write_return_workbook(
                folder / f"{return_stem(delivery)}{part}_退回行.xlsx",
                mark=rehearsal_mark(site),
                delivery=vars(delivery) | checked.counts,
                contract=expected,
                head_labels=labels,
                rows=rows,
                units=tables[0].units,
            )


def _common_heads(tables: list[ReadTable]) -> tuple[list[str], dict[str, list[int | None]]]:
    """One row of heads for the rows of these sheets, and per sheet the cell that belongs under each.

    A column the contract knows is one column whatever each sheet calls it, and has the first sheet's head.
    """
    heads: dict[str, str] = {}
    cells: dict[str, dict[str, int]] = {}
    for table in tables:
        names = {index: name for name, index in table.column_index.items()}
        cells[table.table.sheet] = {names.get(head.index, head.label): head.index for head in table.table.heads}
        for head in table.table.heads:
            heads.setdefault(names.get(head.index, head.label), head.label)
    return list(heads.values()), {sheet: [found.get(name) for name in heads] for sheet, found in cells.items()}
