"""交办: what the bureau is asked to approve is frozen first, and exactly that is issued and reported.

A dispatch issues every warning no earlier dispatch has issued, and lists the earlier open ones that have a signal no
earlier dispatch has listed, with their new figures (通知第三条第二款).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from include import ledger
from include.calendar import Calendar
from include.dispatch.screen import complete_tables, screening_alone
from include.lanes import Each, one_by_one
from include.reports.county_workbook import write_county_workbook
from include.reports.delivery_overview import write_delivery_overview
from include.reports.labels import WARNING_TYPES
from include.reports.letter import write_letter
from include.reports.town_workbook import write_town_workbook
from include.settings import INSTANT_RULES, Settings, settings
from include.warehouse import connect

AT_ONCE = "县设置:立即交办"


class DispatchError(RuntimeError):
    """A dispatch cannot be prepared or issued; the message says why."""


def is_issued(connection: duckdb.DuckDBPyConnection, dispatch_id: str) -> bool:
    """Whether the dispatch was issued already; issuing is done once."""
    return connection.execute("select 1 from ledger.dispatches where dispatch_id = ?", [dispatch_id]).fetchone() is not None


def propose_dispatch(dispatch_id: str) -> str | None:
    """Freeze what the month's dispatch would list; returns the summary put before the bureau, None when it was issued before.

    Raises DispatchError when nothing was screened yet.
    """
    where = settings()
    with screening_alone(where):
        complete_tables()  # a prompt screening may have come since the month's
        return _propose(where, dispatch_id)


def _propose(where: Settings, dispatch_id: str) -> str | None:
    with connect(where) as connection:
        ledger.create_tables(connection)
        if is_issued(connection, dispatch_id):
            return None
        connection.execute("begin")
        for table in ("ledger.proposals", "ledger.proposed_warnings", "ledger.proposed_signals"):
            connection.execute(f"delete from {table} where dispatch_id = ?", [dispatch_id])
        _freeze(connection, where, dispatch_id, "monthly", _MONTHLY)
        connection.execute("commit")
        return proposal_summary(connection, where, dispatch_id)


_MONTHLY = """
select if(earlier.warning_id is null, 'issued', 'continuing') as status, earlier.issued_in, earlier.issued_at,
    warnings.* replace (
        if(earlier.is_unlisted, concat_ws('、', nullif(warnings.marks, ''), '已即时交办'), warnings.marks) as marks
    )
from risk.risk_warnings as warnings
left join earlier on earlier.warning_id = warnings.warning_id
where earlier.warning_id is null or earlier.is_unlisted or exists (
    select 1 from risk.risk_signals as signals
    where signals.warning_id = warnings.warning_id and signals.row_id not in (select row_id from ledger.dispatched_signals)
)
"""
_INSTANT = """
select 'issued' as status, earlier.issued_in, earlier.issued_at, warnings.*
from risk.risk_warnings as warnings
left join earlier on earlier.warning_id = warnings.warning_id
where earlier.warning_id is null and list_has_any(string_split(warnings.feeds, '、'), $feeds) and warnings.warning_id not in (
    select proposed.warning_id from ledger.proposed_warnings as proposed
    inner join ledger.proposals as proposals on proposals.dispatch_id = proposed.dispatch_id and proposals.kind = 'instant'
)
"""


def _freeze(
    connection: duckdb.DuckDBPyConnection, where: Settings, dispatch_id: str, kind: str, listing: str, **given: Any
) -> int:
    """Record what a dispatch would list, as screened last; returns how many warnings that is."""
    screening = connection.execute(
        "select cutoff_at, registry_date from ledger.screenings order by rowid desc limit 1"
    ).fetchone()
    if screening is None:
        raise DispatchError(f"{dispatch_id} 期还没有筛查结果;请先运行筛查")
    connection.execute("insert into ledger.proposals values (?, ?, ?, ?, ?)", [dispatch_id, kind, *screening, where.now()])
    connection.execute(
        f"""insert into ledger.proposed_warnings by name
        with earlier as (
            select listed.warning_id, min(listed.issued_in) as issued_in, min(listed.issued_at) as issued_at,
                not bool_or(dispatches.kind = 'monthly') as is_unlisted
            from ledger.dispatched_warnings as listed
            inner join ledger.dispatches as dispatches on dispatches.dispatch_id = listed.dispatch_id
            group by listed.warning_id
        )
        select $dispatch as dispatch_id, * from ({listing})""",
        {"dispatch": dispatch_id, **given},
    )
    connection.execute(
        """insert into ledger.proposed_signals
        select listed.dispatch_id, listed.warning_id, signals.row_id from ledger.proposed_warnings as listed
        inner join risk.risk_signals as signals on signals.warning_id = listed.warning_id
        where listed.dispatch_id = ?""",
        [dispatch_id],
    )
    (count,) = connection.execute(
        "select count(*) from ledger.proposed_warnings where dispatch_id = ?", [dispatch_id]
    ).fetchone() or (0,)
    return int(count)


def dispatch_at_once(each: Each = one_by_one) -> list[str]:
    """Issue the warnings that by the bureau's rule do not wait for the month, and write the towns' notices.

    Those whose rule is ``after_approval`` are frozen; returns the ids of the dispatches frozen since the last screening, to be
    approved. Nothing is proposed or issued twice; notices that an interruption left unwritten are written.
    """
    where = settings()
    with connect(where) as connection:
        ledger.create_tables(connection)
        for rule in INSTANT_RULES:
            feeds = where.county.instant_feeds(rule)
            dispatch_id = _next_instant(connection, where)
            connection.execute("begin")
            if feeds and _freeze(connection, where, dispatch_id, "instant", _INSTANT, feeds=list(feeds)):
                if rule == "at_once":
                    _issue(connection, where, dispatch_id, AT_ONCE)
                connection.execute("commit")
            else:
                connection.execute("rollback")
        issued = connection.execute(  # what a person approved, the ``instant`` run writes
            "select dispatch_id from ledger.dispatches where kind = 'instant' and approved_by = ? order by all", [AT_ONCE]
        ).fetchall()
        waiting = connection.execute(
            """select dispatch_id from ledger.proposals
            where kind = 'instant' and dispatch_id not in (select dispatch_id from ledger.dispatches)
                and proposed_at >= (select last(screened_at order by rowid) from ledger.screenings)
            order by all"""
        ).fetchall()
    for (dispatch_id,) in issued:
        if not (where.reports / dispatch_id).exists():
            write_reports(dispatch_id, each)
    return [dispatch_id for (dispatch_id,) in waiting]


def _next_instant(connection: duckdb.DuckDBPyConnection, where: Settings) -> str:
    """The next serial of the year: ``instant-2024-007``."""
    prefix = f"instant-{where.now().year}-"
    (last,) = connection.execute(
        "select coalesce(max(cast(right(dispatch_id, -len($prefix)) as integer)), 0) from ledger.proposals "
        "where starts_with(dispatch_id, $prefix)",
        {"prefix": prefix},
    ).fetchone() or (0,)
    return f"{prefix}{last + 1:03d}"


def summarise(dispatch_id: str) -> str:
    """The summary of a frozen proposal, for the bureau's approval."""
    where = settings()
    with connect(where) as connection:
        return proposal_summary(connection, where, dispatch_id)


def proposal_summary(connection: duckdb.DuckDBPyConnection, where: Settings, dispatch_id: str) -> str:
    """A Markdown table of counts for the bureau; no person in it."""
    counted = connection.execute(
        f"""select town_name, count(*) filter (status = 'issued'),
            count(*) filter (status <> 'issued' and {ledger.IS_OF_DISPATCH}), count(*) filter (not {ledger.IS_OF_DISPATCH})
        from ledger.proposed_warnings where dispatch_id = ? group by all order by min(town_code)""",
        [dispatch_id],
    ).fetchall()
    by_type = connection.execute(
        f"""select warning_type, count(*) from ledger.proposed_warnings
        where dispatch_id = ? and {ledger.IS_OF_DISPATCH} group by all order by all""",
        [dispatch_id],
    ).fetchall()
    waiting = connection.execute("select count(*) from report.report_queue").fetchone() or (0,)
    lines = ["| 镇 | 本期新交办 | 已即时交办 | 继续跟踪 |", "|---|---|---|---|"]
    lines += [f"| {town} | {new} | {at_once} | {old} |" for town, new, at_once, old in counted]
    types = "、".join(f"{WARNING_TYPES[name]} {count} 条" for name, count in by_type)
    return "\n".join([f"{where.county.name} {dispatch_id} 期:{types}。另有 {waiting[0]} 行待人工核定。", "", *lines])


def issue_dispatch(dispatch_id: str, approval: Mapping[str, Any]) -> str:
    """Record the approved proposal as issued. Raises DispatchError without an approval; issuing twice changes nothing."""
    where = settings()
    user = approval.get("responded_by_user") or {}
    by = user.get("name") or user.get("id")
    if approval.get("chosen_options") != ["Approve"] or not by:
        raise DispatchError(f"{dispatch_id} 期没有批准人,不能交办")
    with connect(where) as connection:
        connection.execute("begin")
        _issue(connection, where, dispatch_id, by)
        connection.execute("commit")
    return dispatch_id


def _issue(connection: duckdb.DuckDBPyConnection, where: Settings, dispatch_id: str, by: str) -> None:
    """Record a proposal as issued, once. A warning that another dispatch issued meanwhile is listed as continuing from it."""
    if is_issued(connection, dispatch_id):
        return
    now = where.now()
    connection.execute(
        """insert into ledger.dispatches
        select dispatch_id, kind, cutoff_at, registry_date, ?, ?, ? from ledger.proposals where dispatch_id = ?""",
        [by, now, now, dispatch_id],
    )
    connection.execute(
        """insert into ledger.dispatched_warnings by name
        with meanwhile as (
            select warning_id, min(issued_in) as issued_in, min(issued_at) as issued_at
            from ledger.dispatched_warnings group by all
        )
        select proposed.* replace (
            if(meanwhile.warning_id is null, proposed.status, 'continuing') as status,
            coalesce(proposed.issued_in, meanwhile.issued_in, proposed.dispatch_id) as issued_in,
            coalesce(proposed.issued_at, meanwhile.issued_at, $now::timestamp) as issued_at
        )
        from ledger.proposed_warnings as proposed
        left join meanwhile on meanwhile.warning_id = proposed.warning_id
        where proposed.dispatch_id = $dispatch""",
        {"now": now, "dispatch": dispatch_id},
    )
    connection.execute(
        "insert into ledger.dispatched_signals select * from ledger.proposed_signals where dispatch_id = ?", [dispatch_id]
    )


@dataclass(frozen=True)
class TownReports:
    """What one town's workbook and letter are written from, and where."""

    folder: Path
    town_name: str
    dispatch: Mapping[str, Any]
    warnings: pd.DataFrame
    signals: pd.DataFrame
    self_pay: pd.DataFrame
    affected: pd.DataFrame


def _write_town(given: TownReports) -> list[Path]:
    where = settings()
    given.folder.mkdir(parents=True, exist_ok=True)
    stem = f"{given.town_name}_{given.dispatch['dispatch_id']}"
    book, letter = given.folder / f"{stem}_预警核查工作簿.xlsx", given.folder / f"{stem}_交办函.pdf"
    write_town_workbook(
        book,
        county=where.county,
        town_name=given.town_name,
        dispatch=given.dispatch,
        warnings=given.warnings,
        signals=given.signals,
        self_pay=given.self_pay,
        affected=given.affected,
    )
    write_letter(
        letter,
        county=where.county,
        town_name=given.town_name,
        dispatch=given.dispatch,
        warnings=given.warnings,
        font_folder=where.home / "county" / "fonts",
    )
    return [book, letter]


def write_reports(dispatch_id: str, each: Each = one_by_one) -> list[str]:
    """Write the towns' workbooks and letters and, for a month, the bureau's two books; returns paths below the reports folder.

    An instant notice goes only to the towns it concerns. Empty when the dispatch was not approved: then there is nothing to tell.
    """
    where = settings()
    with connect(where) as connection:
        if not is_issued(connection, dispatch_id):
            return []
        read = _reader(connection)
        dispatch = (
            read(
                """select *, (
                select max(earlier.cutoff_at) from ledger.dispatches as earlier
                where earlier.kind = 'monthly' and earlier.cutoff_at < dispatches.cutoff_at
            ) as previous_cutoff_at from ledger.dispatches as dispatches where dispatch_id = ?""",
                dispatch_id,
            )
            .iloc[0]
            .to_dict()
        )
        dispatch["verify_by"] = Calendar.of(where).verify_by(dispatch["issued_at"].date())
        warnings = read(
            """select * from ledger.dispatched_warnings where dispatch_id = ?
            order by town_code, status desc, village_code, household_id, warning_type, warning_id""",
            dispatch_id,
        )
        signals = read("select * from risk.risk_signals order by warning_id, row_id")
        is_monthly = dispatch["kind"] == "monthly"
        self_pay = read(
            """from report.report_self_pay_information where ?
            order by town_code, village_code, person_name, id_number""",
            is_monthly,
        )
        affected = read(_AFFECTED, dispatch_id)
        overview = {name: read(f"from report.{name}") for name in ("report_deliveries", "report_feed_summary")}
        findings, queue = read("from report.report_findings"), read("from report.report_queue")
        skipped = read("from raw.skipped_rows")
    towns = {row["town_code"]: row["town_name"] for row in where.county_rows("divisions.csv")}
    told = towns if is_monthly else {code: name for code, name in towns.items() if code in set(warnings["town_code"])}
    # An instant notice's folder appears when it is whole, so that an interrupted one is seen to be missing.
    folder = where.reports / (dispatch_id if is_monthly else f".{dispatch_id}")
    given = [
        TownReports(
            folder=folder / town_name,
            town_name=town_name,
            dispatch=dispatch,
            warnings=(mine := warnings[warnings["town_code"] == town_code]),
            signals=signals[signals["warning_id"].isin(mine["warning_id"])],
            self_pay=self_pay[self_pay["town_code"] == town_code],
            affected=affected[affected["town_code"] == town_code],
        )
        for town_code, town_name in sorted(told.items())
    ]
    written = [path for paths in each(_write_town, given) for path in paths]
    if not is_monthly:
        folder.rename(where.reports / dispatch_id)
        return [f"{dispatch_id}/{path.relative_to(folder)}" for path in written]
    bureau = folder / where.county.departments[where.county.bureau]
    bureau.mkdir(parents=True, exist_ok=True)
    county_book = bureau / f"{where.county.name}_{dispatch_id}_预警汇总.xlsx"
    write_county_workbook(
        county_book,
        county=where.county,
        dispatch=dispatch,
        warnings=warnings,
        findings=findings,
        queue=queue,
        towns=sorted(towns.items()),
    )
    overview_book = bureau / f"{where.county.name}_{dispatch_id}_数据报送情况.xlsx"
    write_delivery_overview(
        overview_book,
        county=where.county,
        dispatch=dispatch,
        deliveries=overview["report_deliveries"],
        skipped=skipped,
        feed_summary=overview["report_feed_summary"],
    )
    return [str(path.relative_to(where.reports)) for path in [*written, county_book, overview_book]]


_AFFECTED = """
select areas.town_code, areas.warning_id, areas.evidence, households.village_code, households.village_name,
    households.natural_village, households.household_id, households.head_name, households.member_count,
    households.registry_status, households.household_phone
from ledger.dispatched_warnings as areas
inner join intermediate.int_registry_households as households
    on households.town_code = areas.town_code
    and (areas.village_code is null or list_contains(string_split(areas.village_code, '、'), households.village_code))
where areas.dispatch_id = ? and areas.subject = 'area' and areas.status = 'issued'
order by areas.town_code, areas.warning_id, not contains(households.registry_status, '风险未消除'), households.village_code,
    households.household_id
"""
"""The registry households in the villages of each area newly warned of, those whose risk is not removed first."""


def _reader(connection: duckdb.DuckDBPyConnection) -> Any:
    def read(sql: str, *values: Any) -> pd.DataFrame:
        return connection.execute(sql, list(values)).df()

    return read


def town_folders(where: Settings, dispatch_id: str) -> list[Path]:
    """The folders a dispatch wrote, one a town and the bureau's."""
    return sorted(path for path in (where.reports / dispatch_id).iterdir() if path.is_dir())
