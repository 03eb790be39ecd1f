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


def seal(
    connection: duckdb.DuckDBPyConnection, site: Site, dispatch_id: str, number: int, kind: str, notes: Sequence[str] = ()
) -> Proposal:
    """Make a proposal of what was listed: digest, counts and the text that asks, with ``notes`` for the bureau.

    Raises DispatchError before any screening.
    """
    screening = connection.execute(
        "select cutoff_at, registry_date from ledger.screenings order by entry_no desc limit 1"
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
    row |= {"warning_count": warnings, "signal_count": signals}
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
    new, at_once, old, watched = (sum(row[at] for row in counted) for at in (1, 2, 3, 4))
    types = "、".join(f"{WARNING_TYPES[name]} {count} 条" for name, count in by_type) or "没有预警"
    return "\n".join(
        [
            f"{site.county.name} {dispatch_id} 期第 {number} 号报批，摘要 {digest[:SHORT_DIGEST]}。",
            "",
            f"共 {new + at_once + old} 条：本期新交办 {new} 条，已即时交办 {at_once} 条，继续跟踪 {old} 条；{types}。"
            f"动态监测 {watched} 条，不入户。"
            f"另有 {waiting[0]} 行待人工核定。",
            "",
            *(line for note in notes for line in (note, "")),
            "| 镇 | 本期新交办 | 已即时交办 | 继续跟踪 | 动态监测 |",
            "|---|---|---|---|---|",
            *(f"| {' | '.join(map(str, row))} |" for row in counted),
        ]
    )
