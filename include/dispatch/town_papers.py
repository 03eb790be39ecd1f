"""Everything a dispatch writes for one town: the workbook and its villages', the pages for the doors, the letter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from include.reports.household_pages import write_household_pages
from include.reports.letter import write_letter
from include.reports.notice import notice_of
from include.reports.sheets import is_blank
from include.reports.town_workbook import write_town_workbook
from include.reports.town_workbook.affected import write_affected_book
from include.reports.town_workbook.measures import write_measure_book
from include.reports.town_workbook.villages import VILLAGE_FOLDER, write_village_books
from include.site import Site
from include.site.calendar import Calendar
from include.site.home import rehearsal_mark

Read = Callable[..., pd.DataFrame]


@dataclass(frozen=True)
class TownReports:
    """What one town's papers are written from, and where. Each frame holds the town's own rows only."""

    folder: Path
    town_name: str
    dispatch: Mapping[str, Any]
    warnings: pd.DataFrame
    signals: pd.DataFrame
    self_pay: pd.DataFrame
    affected: pd.DataFrame
    members: pd.DataFrame
    answers: pd.DataFrame
    owed_measures: pd.DataFrame


def write_town(site: Site, given: TownReports) -> list[Path]:
    """Write the papers of one town; returns them. Those with nothing in them are not written."""
    given.folder.mkdir(parents=True, exist_ok=True)
    stem = f"{given.town_name}_{notice_of(given.dispatch, site.county).file_name}"
    fonts = site.home / "county" / "fonts"
    about: dict[str, Any] = {
        "mark": rehearsal_mark(site),
        "county": site.county,
        "town_name": given.town_name,
        "dispatch": given.dispatch,
    }

    def named(paper: str) -> Path:
        return given.folder / f"{stem}_{paper}"

    written = [book := named("预警核查工作簿.xlsx"), letter := named("交办函.pdf")]
    write_town_workbook(
        book,
        **about,
        warnings=given.warnings,
        signals=given.signals,
        self_pay=given.self_pay,
        answers=given.answers,
        has_affected=len(given.affected) > 0,
    )
    write_letter(letter, **about, warnings=given.warnings, font_folder=fonts)
    if write_household_pages(
        pages := named("入户核查表.pdf"),
        **about,
        warnings=given.warnings,
        signals=given.signals,
        members=given.members,
        answers=given.answers,
        font_folder=fonts,
    ):
        written.append(pages)
    written += write_village_books(given.folder / VILLAGE_FOLDER, stem, **about, warnings=given.warnings)
    if len(given.affected):
        write_affected_book(book := named("受影响农户.xlsx"), **about, affected=given.affected)
        written.append(book)
    if len(given.owed_measures):
        write_measure_book(book := named("帮扶措施表.xlsx"), **about, households=given.owed_measures)
        written.append(book)
    return written


def affected_households(read: Read, dispatch_id: str) -> pd.DataFrame:
    """The registry households in the villages of each area newly warned of, those whose risk is not removed first."""
    return read(
        """select areas.town_code, areas.warning_id, areas.evidence, households.village_code, households.village_name,
            households.natural_village, households.household_id, households.head_name, households.member_count,
            households.registry_status, households.household_phone
        from ledger.dispatched_warnings as areas
        inner join intermediate.int_registry_households as households
            on households.town_code = areas.town_code
            and (areas.village_code is null or list_contains(string_split(areas.village_code, '、'), households.village_code))
        where areas.dispatch_id = ? and areas.subject = 'area' and areas.listing_kind = 'issued'
        order by areas.town_code, areas.warning_id, not contains(households.registry_status, '风险未消除'),
            households.village_code, households.natural_village, households.household_id""",
        dispatch_id,
    )


def members_at_home(read: Read, dispatch_id: str) -> pd.DataFrame:
    """Who lives in the households of a dispatch, by the registry in force, the head first."""
    return read(
        """select household_id, person_name, relation_to_head, id_number, person_phone
        from intermediate.int_registry_in_force
        where household_id in (select household_id from ledger.dispatched_warnings where dispatch_id = ?)
        order by household_id, coalesce(relation_to_head not in ('户主', '本人', '本人或户主'), true),
            try_cast(sequence as bigint) nulls last, row_number, row_id""",
        dispatch_id,
    )


def answers_before(read: Read, dispatch_id: str) -> pd.DataFrame:
    """What towns answered before this dispatch about those it sends them to or only watches, beside what they had been asked.

    See ``visits_of`` and ``write_monitoring``.
    """
    if not _is_built(read, "int_verifications"):
        return pd.DataFrame(columns=["household_id", "warning_id"])
    return read(
        """with listings as (
            select listed.*, dispatches.issued_at as listed_at
            from ledger.dispatched_warnings as listed
            inner join ledger.dispatches as dispatches on dispatches.dispatch_id = listed.dispatch_id
        ),
        now_listed as (select * from listings where dispatch_id = ?),
        now_asked as (select * from now_listed where listing_kind = 'issued'),
        when_answered as (
            select answers.*, listings.household_id as warned_household_id, listings.warning_type,
                listings.amount_yuan as amount_then, listings.evidence as evidence_then
            from intermediate.int_verifications as answers
            inner join listings on listings.warning_id = answers.warning_id and listings.listed_at <= answers.answered_at
            where answers.answered_at < (select max(listed_at) from now_listed)
            qualify row_number() over (
                partition by answers.warning_id, answers.household_id order by listings.listed_at desc, listings.entry_no desc
            ) = 1
        )
        select coalesce(found.household_id, found.warned_household_id) as household_id, found.warning_id, found.warning_type,
            coalesce(found.verified_date, cast(found.answered_at as date)) as answered_on, found.is_true, found.meets_criteria,
            found.situation, found.amount_then, now_asked.amount_yuan as amount_now, found.evidence_then
        from when_answered as found
        left join now_asked on now_asked.warning_id = found.warning_id
        where now_asked.warning_id is not null
            or found.warning_id in (select warning_id from now_listed where listing_kind = 'monitoring')
            or coalesce(found.household_id, found.warned_household_id) in (select household_id from now_asked)
        order by household_id, answered_on, warning_id""",
        dispatch_id,
    )


def owed_measures(read: Read, calendar: Calendar) -> pd.DataFrame:
    """The households found qualifying whose measures are not complete: see ``write_measure_book``; with their town_code."""
    if not (_is_built(read, "int_verifications") and _is_built(read, "int_measures")):
        return pd.DataFrame(columns=["town_code"])
    owed = read(
        """with newest as (
            select * from ledger.dispatched_warnings
            qualify row_number() over (partition by warning_id order by entry_no desc) = 1
        ),
        qualifying as (
            select answers.*, states.since, newest.warning_type, newest.town_code as issued_to, newest.village_code,
                coalesce(answers.household_id, newest.household_id, answers.warning_id) as home
            from intermediate.int_verifications as answers
            inner join intermediate.int_warning_states as states on states.warning_id = answers.warning_id
            left join newest on newest.warning_id = answers.warning_id
            where states.state in ('qualifying', 'registered')
        ),
        measures as (
            select qualifying.home, told.* from intermediate.int_measures as told
            inner join qualifying on qualifying.warning_id = told.warning_id
            qualify row_number() over (partition by qualifying.home order by told.enrolled_date desc nulls last) = 1
        )
        select qualifying.issued_to as town_code, qualifying.warning_id,
            qualifying.village_name, qualifying.head_name, qualifying.warning_type, qualifying.situation,
            qualifying.intended_measures, qualifying.verified_date, qualifying.answered_at,
            coalesce(measures.monitored_type, qualifying.monitored_type) as monitored_type, measures.enrolled_date,
            measures.national_system_date, measures.measures, measures.responsible_person, measures.planned_date
        from qualifying left join measures on measures.home = qualifying.home
        qualify row_number() over (partition by qualifying.home order by qualifying.answered_at, qualifying.warning_id) = 1
        order by 1, qualifying.village_code, qualifying.home"""
    )
    return owed.assign(due_on=pd.Series([_due(calendar, row) for row in owed.to_dict("records")], owed.index, "object"))


def _due(calendar: Calendar, row: Mapping[Any, Any]) -> date | None:
    """By when measures are due: counted from the day of enrolment, from the answer's receipt while that is not known."""
    start = row["answered_at"] if is_blank(row["enrolled_date"]) else row["enrolled_date"]
    return None if is_blank(start) else calendar.measure_by(pd.Timestamp(start).date())


def _is_built(read: Read, model: str) -> bool:
    """False in a home last screened before towns' answers were read; its papers are written without them."""
    return not read("select 1 from information_schema.tables where table_schema = 'intermediate' and table_name = ?", model).empty
