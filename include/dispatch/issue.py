"""交办: exactly what was frozen and approved is issued and reported.

A dispatch issues every warning no earlier dispatch has issued, and lists the earlier open ones that have a signal no
earlier dispatch has listed, with their new figures (通知第三条第二款).
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from include.clocks.cycle import duties_at
from include.dispatch.approve import Answer, approved_proposal, record_answer
from include.dispatch.delivery_overview import write_delivery_overview
from include.dispatch.propose import DispatchError, Proposal, is_issued
from include.dispatch.town_papers import (
    TownReports,
    affected_households,
    answers_before,
    members_at_home,
    owed_measures,
    write_town,
)
from include.reports.county_workbook import write_county_workbook
from include.site import Site
from include.site.calendar import Calendar
from include.site.home import rehearsal_mark
from include.storage import ledger
from include.storage.warehouse import connect
from include.storage.workers import in_parallel


def issue_dispatch(site: Site, dispatch_id: str, answer: Answer) -> Proposal:
    """Record the bureau's answer and, when it approves, the proposal as issued; issuing twice changes nothing.

    Raises DispatchError when the answer is not to the newest proposal as it was frozen, and when it sends the proposal back:
    then it is recorded with its reason and nothing is issued.
    """
    with connect(site) as connection:
        ledger.create_tables(connection)
        proposal = approved_proposal(connection, dispatch_id, answer)
        connection.execute("begin")
        record_answer(connection, site, proposal, answer)
        if answer.is_approval:
            record_issue(connection, site, proposal, answer)
        connection.execute("commit")
    if not answer.is_approval:
        raise DispatchError(f"{proposal.name}已被 {answer.answered_by} 退回，没有交办", remedy="退回原因见 fangpin status")
    return proposal


def record_issue(connection: duckdb.DuckDBPyConnection, site: Site, proposal: Proposal, answer: Answer | None) -> None:
    """Record a proposal as issued, once: approved, or at once by the county's rule when there is no answer.

    A warning that another dispatch issued meanwhile is listed as continuing from it.
    """
    if is_issued(connection, proposal.dispatch_id):
        return
    now, which = site.now(), {"dispatch": proposal.dispatch_id, "number": proposal.number}
    ledger.append_selected(
        connection,
        "ledger.dispatches",
        """select dispatch_id, kind, cutoff_at, registry_date, proposal_no, digest, $rule as rule_of_issue, $by as approved_by,
            $at::timestamp as approved_at, $now::timestamp as issued_at
        from ledger.proposals where dispatch_id = $dispatch and proposal_no = $number""",
        {
            **which,
            "rule": "approved" if answer else "at_once",
            "by": answer.answered_by if answer else None,
            "at": answer.answered_at if answer else None,
            "now": now,
        },
    )
    ledger.append_selected(
        connection,
        "ledger.dispatched_warnings",
        """with meanwhile as (
            select warning_id, arg_max(issued_in, issued_at) as issued_in, max(issued_at) as issued_at
            from ledger.dispatched_warnings
            where warning_id in (select states.warning_id from intermediate.int_warning_states as states where states.is_open)
            group by warning_id
        )
        select proposed.* exclude (proposal_no) replace (
            if(meanwhile.warning_id is null or proposed.listing_kind <> 'issued', proposed.listing_kind, 'continuing')
                as listing_kind,
            coalesce(proposed.issued_in, meanwhile.issued_in, proposed.dispatch_id) as issued_in,
            coalesce(proposed.issued_at, meanwhile.issued_at, $now::timestamp) as issued_at
        )
        from ledger.proposed_warnings as proposed
        left join meanwhile on meanwhile.warning_id = proposed.warning_id
        where proposed.dispatch_id = $dispatch and proposed.proposal_no = $number""",
        {**which, "now": now},
    )
    ledger.append_selected(
        connection,
        "ledger.dispatched_signals",
        """select dispatch_id, warning_id, row_id from ledger.proposed_signals
        where dispatch_id = $dispatch and proposal_no = $number""",
        which,
    )
    ledger.append_selected(
        connection,
        "ledger.events",
        """select warning_id, 'issued' as event, issued_at as happened_at, $by as done_by, dispatch_id as source
        from ledger.dispatched_warnings where dispatch_id = $dispatch and listing_kind = 'issued' order by entry_no""",
        {"dispatch": proposal.dispatch_id, "by": answer.answered_by if answer else None},
    )


def write_reports(site: Site, dispatch_id: str) -> list[str]:
    """Write the towns' papers and, for a month, the bureau's two books; returns paths below the reports folder.

    An instant notice goes only to the towns it concerns. Empty when the dispatch was not approved: then there is nothing to tell.
    """
    with connect(site) as connection:
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
        dispatch["verify_by"] = Calendar.of(site).verify_by(dispatch["issued_at"].date())
        warnings = read(
            """select listed.*, states.state, households.natural_village, households.household_phone, households.member_count
            from ledger.dispatched_warnings as listed
            left join intermediate.int_warning_states as states on states.warning_id = listed.warning_id
            left join intermediate.int_registry_households as households on households.household_id = listed.household_id
            where dispatch_id = ? and listing_kind <> 'found'
            order by listed.town_code, listing_kind <> 'issued', listed.village_code, listed.household_id, warning_type,
                listed.warning_id""",
            dispatch_id,
        )
        signals = read("select * from risk.risk_signals order by warning_id, row_id")
        is_monthly = dispatch["kind"] == "monthly"
        self_pay = read(
            """from report.report_self_pay_information where ?
            order by town_code, village_code, person_name, id_number""",
            is_monthly,
        )
        affected, members = affected_households(read, dispatch_id), members_at_home(read, dispatch_id)
        answers = answers_before(read, dispatch_id)
        owed_by_towns = owed_measures(read, Calendar.of(site)).iloc[: None if is_monthly else 0]
        overview = {name: read(f"from report.{name}") for name in ("report_deliveries", "report_feed_summary")}
        findings, queue = read("from report.report_findings"), read("from report.report_queue")
        misses, advisory = read("from report.report_misses"), read("from report.report_advisory")
        visits = read("from report.report_visits")
        unexplained = dict(connection.execute(_UNEXPLAINED).fetchall())
        skipped = read("from raw.skipped_rows")
        owed = duties_at(
            connection, site, min(dispatch["cutoff_at"], dispatch["issued_at"]).to_pydatetime()
        )  # a clock stood wrong
    towns = {row["town_code"]: row["town_name"] for row in site.county_rows("divisions.csv")}
    told = towns if is_monthly else {code: name for code, name in towns.items() if code in set(warnings["town_code"])}
    # An instant notice's folder appears when it is whole, so that an interrupted one is seen to be missing.
    folder = site.reports / (dispatch_id if is_monthly else f".{dispatch_id}")
    given = [
        TownReports(
            folder=folder / town_name,
            town_name=town_name,
            dispatch=dispatch,
            warnings=(mine := warnings[warnings["town_code"] == town_code]),
            signals=signals[signals["warning_id"].isin(mine["warning_id"])],
            self_pay=self_pay[self_pay["town_code"] == town_code],
            affected=affected[affected["town_code"] == town_code],
            members=members[members["household_id"].isin(mine["household_id"])],
            answers=answers[answers["household_id"].isin(mine["household_id"]) | answers["warning_id"].isin(mine["warning_id"])],
            owed_measures=owed_by_towns[owed_by_towns["town_code"] == town_code],
        )
        for town_code, town_name in sorted(told.items())
    ]
    written = [path for paths in in_parallel(partial(write_town, site), given) for path in paths]
    if not is_monthly:
        _put_in_place(folder, site.reports / dispatch_id)
        _record_written(site, dispatch_id, len(written))
        return [f"{dispatch_id}/{path.relative_to(folder)}" for path in written]
    bureau = folder / site.county.departments[site.county.bureau]
    bureau.mkdir(parents=True, exist_ok=True)
    county_book = bureau / f"{site.county.name}_{dispatch_id}_预警汇总.xlsx"
    write_county_workbook(
        county_book,
        mark=rehearsal_mark(site),
        county=site.county,
        dispatch=dispatch,
        warnings=warnings,
        findings=findings,
        queue=queue,
        misses=misses,
        advisory=advisory,
        visits=visits,
        unexplained=unexplained,
        towns=sorted(towns.items()),
    )
    overview_book = bureau / f"{site.county.name}_{dispatch_id}_数据报送情况.xlsx"
    write_delivery_overview(
        overview_book,
        mark=rehearsal_mark(site),
        county=site.county,
        dispatch=dispatch,
        deliveries=overview["report_deliveries"],
        skipped=skipped,
        owed=owed,
        feed_summary=overview["report_feed_summary"],
    )
    written += [county_book, overview_book]
    _record_written(site, dispatch_id, len(written))
    return [str(path.relative_to(site.reports)) for path in written]


def _put_in_place(fresh: Path, folder: Path) -> None:
    """A notice's folder is whole from the moment it appears; one that was there is what an interrupted recording left."""
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def _record_written(site: Site, dispatch_id: str, file_count: int) -> None:
    line = {"dispatch_id": dispatch_id, "file_count": file_count, "written_at": site.now()}
    with connect(site) as connection:
        ledger.append(connection, "ledger.written_reports", [line])


_UNEXPLAINED = """
select listed.town_name, count(*)
from intermediate.int_warning_results as results
inner join (
    select warning_id, arg_max(town_code, entry_no) as town_code, arg_max(town_name, entry_no) as town_name
    from ledger.dispatched_warnings group by warning_id
) as listed on results.warning_id = listed.warning_id
where results.state = 'not_qualifying' and results.policy_explained_date is null
group by listed.town_code, listed.town_name order by listed.town_code
"""
"""Found not to qualify, and nobody has explained the policy to them yet (第三条(四))."""


def _reader(connection: duckdb.DuckDBPyConnection) -> Any:
    def read(sql: str, *values: Any) -> pd.DataFrame:
        return connection.execute(sql, list(values)).df()

    return read


def town_folders(site: Site, dispatch_id: str) -> list[Path]:
    """The folders a dispatch wrote, one a town and the bureau's."""
    return sorted(path for path in (site.reports / dispatch_id).iterdir() if path.is_dir())
