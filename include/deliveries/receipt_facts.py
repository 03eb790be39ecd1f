"""What a receipt says of deliveries: the same facts for the page in the sender's folder and for the program that pushed.

They come from what is stored of a delivery, or of a push from what was just checked; either way from the same lines of what was
said of its rows, by the same query. Rows are named by sheet, row and column, never by a person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import groupby
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from include.checking.delivery_rows import ISSUE_COLUMNS
from include.checking.reasons import reasons
from include.checking.recognise import Recognised
from include.checking.table import Skipped
from include.deliveries.answer import return_stem, returns_folder
from include.deliveries.next_steps import next_steps
from include.identity.masks import mask_numbers
from include.reports.labels import SKIPPED_KINDS
from include.site import Site
from include.storage.ledger import Delivery

REMARKS = {
    "rejected": "faults", "waiting": "waiting", "guess": "guesses", "finding": "findings", "repaired": "repaired",
    "duplicate": "repeated", "skipped": "skipped",
}  # fmt: skip
"""Level of what was said of a row → what the receipt calls it. Each is a list of remarks: ``column`` (None: the whole row),
``text``, ``count`` and ``places`` (``sheet`` and the first ``rows``, a row 0 being the whole sheet)."""
COUNTS = {"rows": "row_count", "accepted": "accepted_count", "rejected": "rejected_count", "duplicate": "duplicate_count"}
"""What the receipt calls the accounts, and the ledger."""
MOST_REMARKS = 100
MOST_PLACES = 20

_REMARKS_SQL = """
with lines as (
    select
        said.delivery_id, said.level, said.column_label, said.reason_code, coalesce(said.sheet, '') as sheet, said.row_number,
        said.reason,
        '《' || deliveries.file_name || '》' || if(coalesce(said.sheet, '') = '', '', '工作表“' || said.sheet || '”')
            || '第 ' || said.row_number || ' ' as place,
        coalesce('“' || said.column_label || '”', '') || '：' as colon,
    from {issues} as said
    inner join {deliveries} as deliveries on said.delivery_id = deliveries.delivery_id
    where list_contains($ids, said.delivery_id)
    union all
    select skipped.delivery_id, 'skipped', null, skipped.kind, coalesce(skipped.sheet, ''), skipped.row_number, null, null, null
    from {skipped} as skipped
    where list_contains($ids, skipped.delivery_id)
),

-- the place stands in columns of its own; what names another row in each line is said once, by its code
worded as (
    select
        * exclude (reason, place, colon),
        case
            when level in ('duplicate', 'skipped') or reason_code = 'left_out' then null
            when starts_with(reason, place || '行' || colon) or starts_with(reason, place || '条' || colon)
                then substr(reason, length(place || colon) + 2)
            else reason
        end as words,
    from lines
),

remarks as (
    select
        delivery_id, level, column_label, reason_code, words, count(*) as cells, min(row_number) as first_row,
        coalesce(
            list(struct_pack(sheet := sheet, row_number := row_number) order by sheet, row_number)
                filter (where row_number is not null and reason_code <> 'left_out'),
            []
        )[:{most_places}] as places,
    from worded
    group by delivery_id, level, column_label, reason_code, words
)

select delivery_id, level, column_label, reason_code, words, cells, places, sum(cells) over level_of_delivery as total
from remarks
window level_of_delivery as (partition by delivery_id, level)
qualify row_number() over (
    partition by delivery_id, level order by first_row, column_label, reason_code, words
) <= {most_remarks}
order by delivery_id, level, first_row, column_label, reason_code, words
"""


def facts_of(connection: duckdb.DuckDBPyConnection, site: Site, delivery_ids: Collection[str]) -> list[dict[str, Any]]:
    """What the receipts of decided deliveries say, in the order in which they were decided."""
    columns = [f"deliveries.{name}" for name in Delivery.__dataclass_fields__]
    outcome = ["status", "reason_code", "reason", "decided_at", *COUNTS.values()]
    found = connection.execute(
        f"""select {", ".join([*columns, *(f"outcomes.{name}" for name in outcome)])}
        from ledger.deliveries as deliveries inner join ledger.outcomes as outcomes using (delivery_id)
        where list_contains(?, deliveries.delivery_id) order by outcomes.entry_no""",
        [list(delivery_ids)],
    ).fetchall()
    remarks = _remarks(connection, "raw.row_issues", "raw.skipped_rows", "ledger.deliveries", delivery_ids)
    returned = _returned(site, [Delivery(*row[: len(columns)]) for row in found])
    facts = []
    for row in found:
        delivery, said = Delivery(*row[: len(columns)]), dict(zip(outcome, row[len(columns) :], strict=True))
        counts = {name: said[column] for name, column in COUNTS.items()}
        decided = {
            "status": said["status"], "reason_code": said["reason_code"], "reason": mask_numbers(said["reason"] or "") or None,
            "decided_at": said["decided_at"].isoformat(), "returned": returned[delivery.delivery_id],
        }  # fmt: skip
        facts.append(_complete(_sent(delivery) | counts | decided | remarks.get(delivery.delivery_id, {})))
    return facts


def checked_facts(
    delivery: Delivery, counts: Mapping[str, int], issues: pd.DataFrame, skipped: Iterable[Skipped]
) -> dict[str, Any]:
    """What the receipt of a push says before it is decided: what checking its rows found (``issues``: ISSUE_COLUMNS)."""
    mine = {"delivery_id": delivery.delivery_id}
    left_out = [mine | {"sheet": line.sheet, "row_number": line.row_number, "kind": line.kind} for line in skipped]
    received = _sent(delivery) | dict(counts) | {"status": "received"}
    if issues.empty and not left_out:
        return _complete(received)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("said", pa.Table.from_pandas(issues.assign(**mine), _of_text(*ISSUE_COLUMNS, "delivery_id")))
        connection.register("left_out", pa.Table.from_pylist(left_out, _of_text("delivery_id", "sheet", "row_number", "kind")))
        connection.register("sent", pa.Table.from_pylist([mine | {"file_name": delivery.file_name}]))
        remarks = _remarks(connection, "said", "left_out", "sent", [delivery.delivery_id])
    return _complete(received | remarks.get(delivery.delivery_id, {}))


def skipped_lines(read: Recognised) -> list[Skipped]:
    """What of a recognised file is no data, each line once."""
    return list(dict.fromkeys([*read.skipped, *(line for table in read.tables for line in table.table.skipped)]))


def _of_text(*names: str) -> pa.Schema:
    return pa.schema([(name, pa.int32() if name == "row_number" else pa.string()) for name in names])


def _sent(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery_id": delivery.delivery_id, "department": delivery.department, "file_name": mask_numbers(delivery.file_name),
        "sha256": delivery.sha256, "feed": delivery.feed, "period": mask_numbers(delivery.period or "") or None,
        "received_at": delivery.received_at.isoformat(),
    }  # fmt: skip


def _complete(facts: dict[str, Any]) -> dict[str, Any]:
    """With nothing said where nothing was, and with what is to be done. Raises AssertionError where the rows do not add up."""
    if facts["rows"] != facts["accepted"] + facts["rejected"] + facts["duplicate"]:
        raise AssertionError(f"批次 {facts['delivery_id']} 的回执行数不平")
    facts = {
        "reason_code": None,
        "reason": None,
        "decided_at": None,
        "returned": [],
        **{name: [] for name in REMARKS.values()},
    } | facts
    return facts | {"next_steps": next_steps(facts)}


def _returned(site: Site, deliveries: Iterable[Delivery]) -> dict[str, list[str]]:
    """What the files are called that went back beside the receipts, by delivery."""
    names: dict[str, list[str]] = {}
    found = {}
    for delivery in deliveries:
        folder = returns_folder(site, delivery)
        if delivery.department not in names:
            names[delivery.department] = sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []
        start = return_stem(delivery)
        found[delivery.delivery_id] = [mask_numbers(name) for name in names[delivery.department] if name.startswith(start)]
    return found


def _remarks(
    connection: duckdb.DuckDBPyConnection, issues: str, skipped: str, deliveries: str, delivery_ids: Collection[str]
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Remarks by delivery and by what the receipt calls them; the relations are the ledger's or a push's own."""
    query = _REMARKS_SQL.format(
        issues=issues, skipped=skipped, deliveries=deliveries, most_places=MOST_PLACES, most_remarks=MOST_REMARKS
    )
    lines = connection.execute(query, {"ids": list(delivery_ids)}).fetchall()
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for (delivery_id, level), several in groupby(lines, key=lambda line: line[:2]):
        some = list(several)
        remarks = [
            {"column": column, "text": _text(level, code, words), "count": cells, "places": _places(places)}
            for _, _, column, code, words, cells, places, _ in some
        ]
        if rest := int(some[0][-1]) - sum(line["count"] for line in remarks):
            remarks.append({"column": None, "text": "其余各处", "count": rest, "places": []})
        found.setdefault(delivery_id, {})[REMARKS[level]] = remarks
    return found


def _text(level: str, code: str, words: str | None) -> str:
    if words is not None:
        return mask_numbers(words)
    return SKIPPED_KINDS.get(code, code) if level == "skipped" else reasons()[code].label


def _places(found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"sheet": mask_numbers(sheet), "rows": [place["row_number"] for place in places]}
        for sheet, places in groupby(found, key=lambda place: place["sheet"])
    ]
