"""交办: what the bureau is asked to approve is frozen first, and exactly that is issued and reported.

A dispatch issues every warning no earlier dispatch has issued, and lists the earlier open ones that have a signal no
earlier dispatch has listed, with their new figures (通知第三条第二款).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from include import ledger
from include.calendar import Calendar
from include.reports.county_workbook import write_county_workbook
from include.reports.delivery_overview import write_delivery_overview
from include.reports.labels import WARNING_TYPES
from include.reports.letter import write_letter
from include.reports.town_workbook import write_town_workbook
from include.settings import Settings, settings
from include.warehouse import connect


class DispatchError(RuntimeError):
    """A dispatch cannot be prepared or issued; the message says why."""


def is_issued(connection: duckdb.DuckDBPyConnection, dispatch_id: str) -> bool:
    """Whether the dispatch was issued already; issuing is done once."""
    return connection.execute("select 1 from ledger.dispatches where dispatch_id = ?", [dispatch_id]).fetchone() is not None


def propose_dispatch(dispatch_id: str) -> str | None:
    """Freeze what the dispatch would list; returns the summary put before the bureau, None when it was issued before.

    Raises DispatchError when nothing was screened yet.
    """
    where = settings()
    with connect(where) as connection:
        ledger.create_tables(connection)
        if is_issued(connection, dispatch_id):
            return None
        screening = connection.execute(
            "select cutoff_at, registry_date from ledger.screenings order by screened_at desc, cutoff_at desc limit 1"
        ).fetchone()
        if screening is None:
            raise DispatchError(f"{dispatch_id} 期还没有筛查结果;请先运行筛查")
        cutoff_at, registry_date = screening
        columns = ", ".join(f"warnings.{name}" for name in ledger.RISK_COLUMNS)
        connection.execute("begin")
        for table in ("ledger.proposals", "ledger.proposed_warnings", "ledger.proposed_signals"):
            connection.execute(f"delete from {table} where dispatch_id = ?", [dispatch_id])
        connection.execute(
            "insert into ledger.proposals values (?, ?, ?, ?)", [dispatch_id, cutoff_at, registry_date, where.now()]
        )
        connection.execute(
            f"""insert into ledger.proposed_warnings by name
            select $dispatch as dispatch_id, if(earlier.warning_id is null, 'issued', 'continuing') as status,
                earlier.issued_in, earlier.issued_at, {columns}
            from risk.risk_warnings as warnings
            left join (
                select warning_id, issued_in, issued_at from ledger.dispatched_warnings where status = 'issued'
            ) as earlier on earlier.warning_id = warnings.warning_id
            where earlier.warning_id is null or exists (
                select 1 from risk.risk_signals as signals
                where signals.warning_id = warnings.warning_id
                    and signals.row_id not in (select row_id from ledger.dispatched_signals)
            )""",
            {"dispatch": dispatch_id},
        )
        connection.execute(
            """insert into ledger.proposed_signals
            select listed.dispatch_id, listed.warning_id, signals.row_id from ledger.proposed_warnings as listed
            inner join risk.risk_signals as signals on signals.warning_id = listed.warning_id
            where listed.dispatch_id = ?""",
            [dispatch_id],
        )
        connection.execute("commit")
        return _summary(connection, where, dispatch_id)


def _summary(connection: duckdb.DuckDBPyConnection, where: Settings, dispatch_id: str) -> str:
    """A Markdown table of counts for the bureau; no person in it."""
    counted = connection.execute(
        """select town_name, count(*) filter (status = 'issued'), count(*) filter (status = 'continuing')
        from ledger.proposed_warnings where dispatch_id = ? group by all order by min(town_code)""",
        [dispatch_id],
    ).fetchall()
    by_type = connection.execute(
        """select warning_type, count(*) from ledger.proposed_warnings
        where dispatch_id = ? and status = 'issued' group by all order by all""",
        [dispatch_id],
    ).fetchall()
    waiting = connection.execute("select count(*) from report.report_queue").fetchone() or (0,)
    lines = ["| 镇 | 本期新交办 | 继续跟踪 |", "|---|---|---|", *(f"| {town} | {new} | {old} |" for town, new, old in counted)]
    types = "、".join(f"{WARNING_TYPES[name]} {count} 条" for name, count in by_type)
    return "\n".join([f"{where.county.name} {dispatch_id} 期:{types}。另有 {waiting[0]} 行待人工核定。", "", *lines])


def issue_dispatch(dispatch_id: str, approval: Mapping[str, Any]) -> str:
    """Record the approved proposal as issued. Raises DispatchError without an approval; issuing twice changes nothing."""
    where = settings()
    by = (approval.get("responded_by_user") or {}).get("id")
    if approval.get("chosen_options") != ["Approve"] or not by:
        raise DispatchError(f"{dispatch_id} 期没有批准人,不能交办")
    now = where.now()
    with connect(where) as connection:
        if is_issued(connection, dispatch_id):
            return dispatch_id
        connection.execute("begin")
        connection.execute(
            """insert into ledger.dispatches
            select dispatch_id, 'monthly', cutoff_at, registry_date, ?, ?, ? from ledger.proposals where dispatch_id = ?""",
            [by, now, now, dispatch_id],
        )
        connection.execute(
            """insert into ledger.dispatched_warnings by name
            select * replace (coalesce(issued_in, dispatch_id) as issued_in, coalesce(issued_at, ?::timestamp) as issued_at)
            from ledger.proposed_warnings where dispatch_id = ?""",
            [now, dispatch_id],
        )
        connection.execute(
            "insert into ledger.dispatched_signals select * from ledger.proposed_signals where dispatch_id = ?", [dispatch_id]
        )
        connection.execute("commit")
    return dispatch_id


def write_reports(dispatch_id: str) -> list[str]:
    """Write every town's workbook and letter and the bureau's two books; returns their paths below the reports folder.

    Empty when the dispatch was not approved: then there is nothing to tell a town.
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
        self_pay = read(
            "select * from report.report_self_pay_information order by town_code, village_code, person_name, id_number"
        )
        overview = {name: read(f"from report.{name}") for name in ("report_deliveries", "report_feed_summary")}
        findings, queue = read("from report.report_findings"), read("from report.report_queue")
    folder = where.reports / dispatch_id
    towns = {row["town_code"]: row["town_name"] for row in where.county_rows("divisions.csv")}
    written = []
    for town_code, town_name in sorted(towns.items()):
        mine = warnings[warnings["town_code"] == town_code]
        (folder / town_name).mkdir(parents=True, exist_ok=True)
        book = folder / town_name / f"{town_name}_{dispatch_id}_预警核查工作簿.xlsx"
        write_town_workbook(
            book,
            county=where.county,
            town_name=town_name,
            dispatch=dispatch,
            warnings=mine,
            signals=signals[signals["warning_id"].isin(mine["warning_id"])],
            self_pay=self_pay[self_pay["town_code"] == town_code],
        )
        letter = folder / town_name / f"{town_name}_{dispatch_id}_交办函.pdf"
        write_letter(
            letter,
            county=where.county,
            town_name=town_name,
            dispatch=dispatch,
            warnings=mine,
            font_folder=where.home / "county" / "fonts",
        )
        written += [book, letter]
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
        feed_summary=overview["report_feed_summary"],
    )
    return [str(path.relative_to(where.reports)) for path in [*written, county_book, overview_book]]


def _reader(connection: duckdb.DuckDBPyConnection) -> Any:
    def read(sql: str, *values: Any) -> pd.DataFrame:
        return connection.execute(sql, list(values)).df()

    return read


def town_folders(where: Settings, dispatch_id: str) -> list[Path]:
    """The folders a dispatch wrote, one a town and the bureau's."""
    return sorted(path for path in (where.reports / dispatch_id).iterdir() if path.is_dir())
