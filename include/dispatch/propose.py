"""报批: what the bureau is asked to approve is frozen once, with a number, a digest over its rows and the very text that asks.

Nothing frozen is ever changed or removed. A dispatch frozen again gets the next number, and the approval of an older one is
void: only the newest can be issued.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from include.contracts.tables import RISK_COLUMNS
from include.errors import FangpinError
from include.reports.labels import WARNING_TYPES
from include.screening.screen import complete_tables, screening_alone
from include.site import Site
from include.storage import ledger
from include.storage.warehouse import connect

SHORT_DIGEST = 16
"""So many characters of a digest stand in the text that people compare."""
ROWS_A_FETCH = 5000


class DispatchError(FangpinError, RuntimeError):
    """A dispatch cannot be prepared, approved or issued; the message says why and what to do."""


@dataclass(frozen=True)
class Proposal:
    """A frozen proposal: which one, what it holds, and what the bureau was shown of it."""

    dispatch_id: str
    number: int
    kind: str
    digest: str
    warning_count: int
    signal_count: int
    asked: str

    @property
    def name(self) -> str:
        return f"{self.dispatch_id} 期第 {self.number} 号报批"


def is_issued(connection: duckdb.DuckDBPyConnection, dispatch_id: str) -> bool:
    """Whether the dispatch was issued already; issuing is done once."""
    return connection.execute("select 1 from ledger.dispatches where dispatch_id = ?", [dispatch_id]).fetchone() is not None


def newest_proposal(connection: duckdb.DuckDBPyConnection, dispatch_id: str) -> Proposal | None:
    """The proposal of a dispatch that can be approved; None where nothing, or only a release before numbers, froze it."""
    found = connection.execute(
        """select dispatch_id, proposal_no, kind, digest, warning_count, signal_count, asked from ledger.proposals
        where dispatch_id = ? and proposal_no > 0 order by proposal_no desc limit 1""",
        [dispatch_id],
    ).fetchone()
    return Proposal(*found) if found else None


def propose_dispatch(site: Site, dispatch_id: str) -> str | None:
    """Freeze what the month's dispatch would list; returns the text put before the bureau, None when it was issued before.

    Raises DispatchError when nothing was screened yet.
    """
    with screening_alone(site):
        complete_tables(site)  # a prompt screening may have come since the month's
        with connect(site) as connection:
            ledger.create_tables(connection)
            if is_issued(connection, dispatch_id):
                return None
            connection.execute("begin")
            number, _ = list_warnings(connection, dispatch_id, _MONTHLY)
            proposal = seal(connection, site, dispatch_id, number, "monthly")
            connection.execute("commit")
            return proposal.asked


_MONTHLY = "from report.report_listing__monthly"


def list_warnings(connection: duckdb.DuckDBPyConnection, dispatch_id: str, listing: str, **given: Any) -> tuple[int, int]:
    """Freeze the warnings that a dispatch would list, with their signals, under its next number; returns number and count.

    ``listing`` selects from one of the models ``report_listing__…``. Without ``seal`` it is no proposal yet.
    """
    (number,) = connection.execute(
        "select coalesce(max(proposal_no), 0) + 1 from ledger.proposals where dispatch_id = ?", [dispatch_id]
    ).fetchone() or (1,)
    ledger.append_selected(
        connection,
        "ledger.proposed_warnings",
        f"select $dispatch as dispatch_id, $number as proposal_no, * from ({listing})",
        {"dispatch": dispatch_id, "number": number, **given},
    )
    ledger.append_selected(
        connection,
        "ledger.proposed_signals",
        """select listed.dispatch_id, listed.proposal_no, listed.warning_id, signals.row_id
        from ledger.proposed_warnings as listed
        inner join risk.risk_signals as signals on signals.warning_id = listed.warning_id
        where listed.dispatch_id = ? and listed.proposal_no = ?""",
        [dispatch_id, number],
    )
    return int(number), _count(connection, "ledger.proposed_warnings", dispatch_id, number)


def freeze_anew(site: Site) -> list[str]:
    """Freeze each waiting proposal again from which lines were held back, or into which some were released, since it was frozen.

    The next number holds the lines of the same screening but for those held back now; the approval of the one before is void.
    Returns the dispatches frozen anew; doing it again freezes nothing.
    """
    with connect(site) as connection:
        ledger.create_tables(connection)
        connection.execute("begin")
        found = connection.execute(_OVERTAKEN).fetchall()
        for dispatch_id, number, kind in found:
            again = {"dispatch": dispatch_id, "number": number}
            for table, lines in (("proposed_warnings", _STILL_PROPOSED), ("proposed_signals", _THEIR_SIGNALS)):
                ledger.append_selected(connection, f"ledger.{table}", lines, again)
            seal(connection, site, dispatch_id, number + 1, kind, instead_of=number)
        connection.execute("commit")
    return [dispatch_id for dispatch_id, *_ in found]


def is_overtaken(connection: duckdb.DuckDBPyConnection, dispatch_id: str) -> bool:
    """Whether lines of the newest proposal were held back or released since, and it is not frozen anew yet."""
    return any(found == dispatch_id for found, *_ in connection.execute(_OVERTAKEN).fetchall())


# The last word about each line of a dispatch: held back or released.
_SAID = """
select dispatch_id, warning_id, arg_max(event, entry_no) = 'held' as is_held, max(happened_at) as said_at
from ledger.events where event in ('held', 'released') and dispatch_id is not null
group by dispatch_id, warning_id
"""

_OVERTAKEN = f"""
with said as ({_SAID}),
newest as (
    select dispatch_id, max(proposal_no) as proposal_no, arg_max(kind, proposal_no) as kind,
        arg_max(proposed_at, proposal_no) as proposed_at
    from ledger.proposals
    where proposal_no > 0 and dispatch_id not in (select dispatch_id from ledger.dispatches)
    group by dispatch_id
)
select newest.dispatch_id, newest.proposal_no, newest.kind
from newest
inner join said using (dispatch_id)
left join ledger.proposed_warnings as listed using (dispatch_id, proposal_no, warning_id)
where if(said.is_held, listed.warning_id is not null, listed.warning_id is null and said.said_at >= newest.proposed_at)
group by all order by all
"""
"""Waiting proposals that list a line held back, or lack one released."""

_STILL_PROPOSED = f"""
select lines.* exclude (county_code, entry_no) replace (cast($number as integer) + 1 as proposal_no)
from ledger.proposed_warnings as lines
left join ({_SAID}) as said using (dispatch_id, warning_id)
inner join ledger.proposals as newest on lines.dispatch_id = newest.dispatch_id and newest.proposal_no = $number
where lines.dispatch_id = $dispatch and not coalesce(said.is_held, false)
    and (lines.proposal_no = $number or said.said_at >= newest.proposed_at)
qualify row_number() over (partition by lines.warning_id order by lines.proposal_no desc) = 1
order by lines.entry_no
"""

_THEIR_SIGNALS = """
select signals.* exclude (county_code, entry_no) replace (cast($number as integer) + 1 as proposal_no)
from ledger.proposed_signals as signals
inner join ledger.proposed_warnings as lines on signals.dispatch_id = lines.dispatch_id and signals.warning_id = lines.warning_id
where lines.dispatch_id = $dispatch and lines.proposal_no = $number + 1
qualify signals.proposal_no = max(signals.proposal_no) over (partition by signals.warning_id)
order by signals.entry_no
"""


def seal(
    connection: duckdb.DuckDBPyConnection,
    site: Site,
    dispatch_id: str,
    number: int,
    kind: str,
    notes: Sequence[str] = (),
    *,
    instead_of: int | None = None,
) -> Proposal:
    """Make a proposal of what was listed: digest, counts and the text that asks, with ``notes`` for the bureau.

    ``instead_of``: the number from whose screening it was frozen again. Raises DispatchError before any screening.
    """
    before = "select cutoff_at, registry_date from ledger.proposals where dispatch_id = $id and proposal_no = $number"
    last = "select cutoff_at, registry_date from ledger.screenings order by entry_no desc limit 1"
    screening = (
        connection.execute(before, {"id": dispatch_id, "number": instead_of}) if instead_of else connection.execute(last)
    ).fetchone()
    if screening is None:
        raise DispatchError(f"{dispatch_id} 期还没有筛查结果", remedy="请先运行筛查")
    digest = recompute_digest(connection, dispatch_id, number)
    warnings, signals = (
        _count(connection, table, dispatch_id, number) for table in ("ledger.proposed_warnings", "ledger.proposed_signals")
    )
    proposal = Proposal(
        dispatch_id, number, kind, digest, warnings, signals, _text(connection, site, dispatch_id, number, digest, notes)
    )
    row = {"dispatch_id": dispatch_id, "kind": kind, "cutoff_at": screening[0], "registry_date": screening[1]}
    row |= {"proposed_at": site.now(), "proposal_no": number, "digest": digest, "asked": proposal.asked}
    row |= {"warning_count": warnings, "signal_count": signals, "instead_of": instead_of}
    ledger.append(connection, "ledger.proposals", [row])
    return proposal


def _count(connection: duckdb.DuckDBPyConnection, table: str, dispatch_id: str, number: int) -> int:
    (count,) = connection.execute(
        f"select count(*) from {table} where dispatch_id = ? and proposal_no = ?", [dispatch_id, number]
    ).fetchone() or (0,)
    return int(count)


def recompute_digest(connection: duckdb.DuckDBPyConnection, dispatch_id: str, number: int) -> str:
    """SHA-256 over the rows the ledger holds of a proposal, warnings and signals, as text and in order.

    A cell without a value is left out, so that a column which a later release adds changes no digest of before.
    """
    digest = hashlib.sha256(f"{dispatch_id}/{number}\n".encode())
    for table, columns, order in (
        ("ledger.proposed_warnings", (*ledger.LISTING_COLUMNS, *RISK_COLUMNS), "warning_id"),
        ("ledger.proposed_signals", tuple(ledger.SIGNAL_COLUMNS), "warning_id, row_id"),
    ):
        cells = ", ".join(f'cast("{name}" as varchar) as "{name}"' for name in sorted(columns))
        found = connection.execute(
            f"select {cells} from {table} where dispatch_id = ? and proposal_no = ? order by {order}", [dispatch_id, number]
        )
        digest.update(f"{table}\n".encode())
        while rows := found.fetchmany(ROWS_A_FETCH):
            digest.update(_canonical(sorted(columns), rows))
    return digest.hexdigest()


def _canonical(names: Sequence[str], rows: Iterable[Sequence[str | None]]) -> bytes:
    lines = ({name: cell for name, cell in zip(names, row, strict=True) if cell is not None} for row in rows)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _text(
    connection: duckdb.DuckDBPyConnection, site: Site, dispatch_id: str, number: int, digest: str, notes: Sequence[str]
) -> str:
    """What the bureau is asked: which proposal, its digest, its counts as a Markdown table; no person in it."""
    frozen = "from ledger.proposed_warnings where dispatch_id = ? and proposal_no = ?"
    counted = connection.execute(
        f"""select town_name, count(*) filter (listing_kind = 'issued'),
            count(*) filter (listing_kind = 'issued_at_once'), count(*) filter (listing_kind = 'continuing'),
            count(*) filter (listing_kind = 'monitoring')
        {frozen} group by town_code, town_name order by town_code""",
        [dispatch_id, number],
    ).fetchall()
    by_type = connection.execute(
        f"select warning_type, count(*) {frozen} and {ledger.IS_OF_DISPATCH} group by all order by all", [dispatch_id, number]
    ).fetchall()
    waiting = connection.execute("select count(*) from report.report_queue").fetchone() or (0,)
    held = connection.execute(f"select count(*) from ({_SAID}) where dispatch_id = ? and is_held", [dispatch_id]).fetchone()
    new, at_once, old, watched = (sum(row[at] for row in counted) for at in (1, 2, 3, 4))
    types = "、".join(f"{WARNING_TYPES[name]} {count} 条" for name, count in by_type) or "没有预警"
    return "\n".join(
        [
            f"{site.county.name} {dispatch_id} 期第 {number} 号报批，摘要 {digest[:SHORT_DIGEST]}。",
            "",
            f"共 {new + at_once + old} 条：本期新交办 {new} 条，已即时交办 {at_once} 条，继续跟踪 {old} 条；{types}。"
            f"动态监测 {watched} 条，不入户。"
            f"另有 {waiting[0]} 行待人工核定。" + (f"本期暂缓 {held[0]} 条。" if held and held[0] else ""),
            "",
            *(line for note in notes for line in (note, "")),
            "| 镇 | 本期新交办 | 已即时交办 | 继续跟踪 | 动态监测 |",
            "|---|---|---|---|---|",
            *(f"| {' | '.join(map(str, row))} |" for row in counted),
        ]
    )
