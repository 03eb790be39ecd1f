"""What a page to be carried to a door says of one household: who lives there, why one comes, what was found the last time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from include.identity.masks import mask_number
from include.identity.numbers import birth_date, is_valid, sex
from include.reports.earlier_answers import conclusion_of
from include.reports.labels import date_text, short_type_name
from include.reports.notice import NO_VILLAGE, Notice, marks_of, subject_text
from include.reports.sheets import is_blank, text_of
from include.reports.town_workbook.verification import standing_of


@dataclass(frozen=True)
class Member:
    """One person of the household as the registry has it."""

    name: str
    relation: str
    about: str
    number: str


@dataclass(frozen=True)
class Reason:
    """One warning as the page tells it. ``is_asked``: it is still to be answered."""

    warning_id: str
    heading: str
    number: str
    fact: str
    source: str
    marks: str
    before: str
    standing: str
    is_asked: bool


@dataclass(frozen=True)
class Visit:
    """One page: a household, or an area event."""

    number: str
    is_area: bool
    place: str
    group: str
    head: str
    phone: str
    member_count: str
    status: str
    household_id: str
    last_visit: str
    members: tuple[Member, ...] = ()
    reasons: tuple[Reason, ...] = field(default=())


def visits_of(
    notice: Notice,
    issued: pd.DataFrame,
    continuing: pd.DataFrame,
    *,
    members: pd.DataFrame,
    answers: pd.DataFrame,
    sources: Mapping[str, str],
) -> list[Visit]:
    """The visits a dispatch asks of one town, in the order of its villages.

    ``issued``, ``continuing``: the blocks of ``split_listing``; a household with nothing new is not asked again and has no page.
    ``members``: the registry in force, head first: household_id, person_name, relation_to_head, id_number, person_phone.
    ``answers``: what was found before this dispatch, one row a warning: household_id, warning_id, warning_type, answered_on,
    is_true, meets_criteria, situation, amount_then, amount_now, evidence_then. ``sources``: ``sources_of``.
    """
    at_home = {key: list(frame.to_dict("records")) for key, frame in members.groupby("household_id", sort=False)}
    found = {key: list(frame.to_dict("records")) for key, frame in answers.groupby("household_id", sort=False, dropna=False)}
    reopened = {row["warning_id"]: row for row in answers.to_dict("records")}
    visits = []
    for visit, mine in issued.groupby("visit", sort=False):
        rows = mine.to_dict("records")
        first = rows[0]
        household_id = text_of(first["household_id"])
        people = at_home.get(household_id, [])
        rows += continuing[continuing["visit"] == visit].to_dict("records")
        is_area = first["subject"] == "area"
        reasons = tuple(_reason(notice, row, sources, reopened) for row in rows)
        others = [row for row in found.get(household_id, []) if row["warning_id"] not in {each["warning_id"] for each in rows}]
        visits.append(
            Visit(
                number=str(visit),
                is_area=is_area,
                place=text_of(first["village_name"]) or ("全镇" if is_area else NO_VILLAGE),
                group=text_of(first.get("natural_village")),
                head=text_of(first["head_name"]),
                phone=_phone(first, people),
                member_count=text_of(first.get("member_count")),
                status=text_of(first["registry_status"]) or ("" if is_area else "不在防贫名单内"),
                household_id=household_id,
                last_visit=_last_visit(others),
                members=tuple(_member(person, notice.issued_on) for person in people),
                reasons=reasons,
            )
        )
    return visits


def _reason(notice: Notice, warning: Mapping[Any, Any], sources: Mapping[str, str], reopened: Mapping[str, Any]) -> Reason:
    warning_id = text_of(warning["warning_id"])
    is_earlier = warning["listing_kind"] != "issued"
    whom = subject_text(warning)
    before = reopened.get(warning_id)
    return Reason(
        warning_id=warning_id,
        heading=f"{short_type_name(warning['warning_type'])}" + ("" if warning["subject"] == "area" else f"：{whom}"),
        number=text_of(warning["id_number"]) if warning["subject"] == "person" else "",
        fact=text_of(warning["evidence"]),
        source=(sources.get(warning_id) or "").replace("\n", "；"),
        marks=marks_of(warning),
        before=_what_changed(before) if before is not None and not is_earlier else "",
        standing=standing_of(notice, warning) if is_earlier else "",
        is_asked=text_of(warning.get("state")) in ("", "issued"),
    )


def _what_changed(before: Mapping[str, Any]) -> str:
    """Of a reopened warning: what was found, and only what is new since."""
    then, now = before["amount_then"], before["amount_now"]
    if not is_blank(then) and not is_blank(now) and then != now:
        change = f"上次核查时为 {then:,.2f} 元，现为 {now:,.2f} 元，请核实变化的部分"
    elif text_of(before["evidence_then"]):
        change = f"上次核查时为“{text_of(before['evidence_then'])}”，请核实新的情况"
    else:
        change = "请核实上次核查以来的变化"
    return f"{_finding(before)}本次只问变化：{change}。"


def _last_visit(others: list[dict[Any, Any]]) -> str:
    """What was found at the household's last visit, for other warnings than those of this page."""
    if not others:
        return ""
    newest = max(others, key=lambda row: row["answered_on"])
    return f"{short_type_name(newest['warning_type'])}预警，{_finding(newest)}"


def _finding(answer: Mapping[str, Any]) -> str:
    """2024年1月15日核查：属实，不符合监测条件。情况……"""
    return f"{date_text(answer['answered_on'])}核查：{conclusion_of(answer)}"


def _member(person: Mapping[Any, Any], on: date) -> Member:
    number = text_of(person["id_number"])
    about = ""
    if is_valid(number, on):
        born = birth_date(number)
        age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
        about = f"{sex(number)}，{age}岁"
    return Member(text_of(person["person_name"]), text_of(person["relation_to_head"]), about, mask_number(number))


def _phone(warning: Mapping[Any, Any], people: list[dict[Any, Any]]) -> str:
    """The household's number, else its first member's."""
    known = [text_of(warning.get("household_phone")), *(text_of(person.get("person_phone")) for person in people)]
    return next((phone for phone in known if phone), "")
