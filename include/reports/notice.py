"""What every paper of one dispatch says alike: its number, its date, its deadlines, and how its warnings are counted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from include.reports.labels import WARNING_TYPES, date_text, period_text
from include.reports.sheets import is_blank, text_of
from include.site import County

WHOLE_TOWN = "全镇或多村"
NO_VILLAGE = "村名待核"
AREA = "区"
VISITED, CONCERNED = "入户户数", "涉及户数"
"""How many households a dispatch sends somebody to; of what it only lists again or watches, how many it is about."""


@dataclass(frozen=True)
class Notice:
    """One dispatch as its papers name it."""

    dispatch_id: str
    kind: str
    number: str
    subject: str
    bureau: str
    county_name: str
    issued_at: datetime
    registry_date: date | None
    verify_by: date
    verify_days: int
    measure_days: int

    @property
    def issued_on(self) -> date:
        return self.issued_at.date()

    @property
    def is_instant(self) -> bool:
        return self.kind == "instant"

    @property
    def deadline(self) -> str:
        return date_text(self.verify_by)

    @property
    def short_name(self) -> str:
        """What a page to be carried is headed with: 2024-03, and 即办2024-7 for an instant notice."""
        if self.is_instant and (serial := re.fullmatch(r"instant-(\d{4})-0*(\d+)", self.dispatch_id)):
            return f"即办{serial[1]}-{serial[2]}"
        return self.dispatch_id

    @property
    def file_name(self) -> str:
        """What its papers' files are named by: 2024-03, and 旌防贫即办〔2024〕7号 for an instant notice.

        Not ``short_name``: a returned file's name is read for its month, and 即办2024-7 would be July.
        """
        return self.number_of(self.dispatch_id) if self.is_instant else self.dispatch_id

    def number_of(self, dispatch_id: str) -> str:
        """The document number of another dispatch of this county, for texts that speak of it: 旌防贫即办〔2024〕1号."""
        year = re.search(r"\d{4}", dispatch_id)
        kind = "instant" if dispatch_id.startswith("instant-") else "monthly"
        if not year:
            return dispatch_id
        return _document_number(dispatch_id, kind, int(year[0]), self.county_name)


def notice_of(dispatch: Mapping[str, Any], county: County) -> Notice:
    """The notice of a ``ledger.dispatches`` row.

    Optional keys: ``verify_by`` (date; needed when the county counts working days), ``document_number`` (as the bureau's office
    registered it). Raises ValueError when the deadline cannot be worked out.
    """
    dispatch_id = str(dispatch["dispatch_id"])
    kind = str(dispatch.get("kind") or "monthly")
    issued_at = _moment(dispatch["issued_at"])
    verify_by = dispatch.get("verify_by")
    if is_blank(verify_by):
        if county.counts_working_days("verify"):
            raise ValueError("核查时限按工作日计算，须先按县日历算出截止日期（verify_by)")
        verify_by = issued_at.date() + timedelta(days=county.verify_days)
    registry_date = dispatch.get("registry_date")
    return Notice(
        dispatch_id=dispatch_id,
        kind=kind,
        number=text_of(dispatch.get("document_number")) or document_number(dispatch_id, kind, issued_at, county),
        subject=period_text(dispatch_id) if kind == "monthly" else date_text(issued_at.date()),
        bureau=bureau_name(county),
        county_name=county.name,
        issued_at=issued_at,
        registry_date=None if is_blank(registry_date) else _moment(registry_date).date(),
        verify_by=_moment(verify_by).date(),
        verify_days=county.verify_days,
        measure_days=county.measure_days,
    )


def document_number(dispatch_id: str, kind: str, issued_at: datetime, county: County) -> str:
    """The number in the form of GB/T 9704: 旌防贫交办〔2024〕3号; an instant notice has 即办 and its own serial."""
    return _document_number(dispatch_id, kind, issued_at.year, county.name)


def _document_number(dispatch_id: str, kind: str, year: int, county_name: str) -> str:
    place = county_name[:1]
    if kind == "monthly" and (match := re.fullmatch(r"(\d{4})-(\d{2})", dispatch_id)):
        return f"{place}防贫交办〔{match[1]}〕{int(match[2])}号"
    serial = re.sub(rf"^\D*{year}-?", "", dispatch_id) or dispatch_id
    serial = serial.lstrip("0") if serial.isdigit() else serial
    return f"{place}防贫即办〔{year}〕{serial}号"


def bureau_name(county: County) -> str:
    """The bureau's full name: 旌德县乡村振兴局."""
    return county.name + county.departments[county.bureau].removeprefix("县")


def split_listing(warnings: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The warnings this dispatch issues, and those issued earlier, open and with a signal since; both in the order of a visit.

    Adds ``visit``, the number a household bears on every paper of this dispatch for its town: 12, and 区1 for an area. The
    households to be visited come first, so that those only listed again leave no gap among the pages. What is only watched stands
    in neither: ``watched_of``.
    """
    ordered = in_visit_order(warnings[~is_monitored(warnings)])
    continuing = is_continuing(ordered)
    is_area = ordered["subject"].eq("area")
    homes = dict.fromkeys([*ordered.loc[~continuing & ~is_area, "household"], *ordered.loc[~is_area, "household"]])
    areas = dict.fromkeys(ordered.loc[is_area, "household"])
    numbers = {home: str(number) for number, home in enumerate(homes, start=1)}
    numbers |= {area: f"{AREA}{number}" for number, area in enumerate(areas, start=1)}
    ordered["visit"] = [numbers[household] for household in ordered["household"]]
    return ordered[~continuing].reset_index(drop=True), ordered[continuing].reset_index(drop=True)


def watched_of(warnings: pd.DataFrame) -> pd.DataFrame:
    """The warnings this dispatch tells a town of for information only, in the order of a visit: nobody is sent."""
    return in_visit_order(warnings[is_monitored(warnings)]).reset_index(drop=True)


def visit_name(visit: str) -> str:
    """A visit's number as a page says it: 第 12 户, 区域事件 1."""
    return f"区域事件 {visit.removeprefix(AREA)}" if visit.startswith(AREA) else f"第 {visit} 户"


def is_continuing(warnings: pd.DataFrame) -> pd.Series[bool]:
    """Which warnings an earlier dispatch issued, at once or in a month before."""
    return warnings["listing_kind"] != "issued"


def is_monitored(warnings: pd.DataFrame) -> pd.Series[bool]:
    """Which warnings were answered and are only watched: 动态监测, nobody is sent."""
    return warnings["listing_kind"] == "monitoring"


def in_visit_order(warnings: pd.DataFrame) -> pd.DataFrame:
    """Warnings by village, group (自然村, where the frame has it), household, type: one household's warnings stand together.
    Adds ``place`` and ``household``.

    Areas come last; ``household`` is the registry's 户编号, else village and head, else the person, else the warning itself.
    """
    frame = warnings.copy()
    frame["place"] = [_place(row) for row in frame.to_dict("records")]
    frame["household"] = [_household(row) for row in frame.to_dict("records")]
    order = {name: position for position, name in enumerate(WARNING_TYPES)}
    keys = pd.DataFrame(
        {
            "area": frame["subject"].eq("area"),
            "no_village": frame["place"].eq(NO_VILLAGE),
            "village": frame["village_code"].fillna("").astype(str) if "village_code" in frame else frame["place"],
            "place": frame["place"],
            "group": frame["natural_village"].fillna("").astype(str) if "natural_village" in frame else "",
            "household": frame["household"],
            "type": frame["warning_type"].map(order).fillna(len(order)),
            "cause": frame["cause"],
            "warning_id": frame["warning_id"],
        },
        index=frame.index,
    )
    return frame.loc[keys.sort_values(list(keys.columns), kind="stable").index]


def marks_of(warning: Mapping[Any, Any]) -> str:
    """The marks a reader must see on a warning, joined by 、."""
    marks = [mark for mark in text_of(warning.get("marks")).split("、") if mark]
    implied = {
        "身份待核": warning.get("identity") == "unresolved",
        "风险已消除": "风险已消除" in text_of(warning.get("registry_status")),
        "已即时交办": warning.get("listing_kind") == "issued_at_once",
        "部门已撤回": warning.get("state") == "withdrawn",
    }
    return "、".join([*marks, *(mark for mark, holds in implied.items() if holds and mark not in marks)])


def sources_of(signals: pd.DataFrame, wanted: set[str], county: County) -> dict[str, str]:
    """Warning → who raised it and for which period, one a line: 县医保局 2024年3月."""
    found: dict[str, dict[str, None]] = {}
    if len(signals):
        columns = ["warning_id", "feed", "period"]
        mine = signals.loc[signals["warning_id"].isin(wanted), columns].drop_duplicates().sort_values(columns)
        for warning_id, feed, period in mine.itertuples(index=False):
            department = county.departments.get(str(feed).split("__")[0], "")
            found.setdefault(warning_id, {})[f"{department} {period_text(text_of(period))}".strip()] = None
    return {warning_id: "\n".join(texts) for warning_id, texts in found.items()}


def subject_text(warning: Mapping[Any, Any]) -> str:
    """Whom the warning is about: a person's name, 全户, or the area."""
    if warning.get("subject") == "area":
        return text_of(warning.get("village_name")) or "全镇"
    if warning.get("subject") == "household":
        return "全户"
    return text_of(warning.get("person_name"))


def _place(warning: Mapping[Any, Any]) -> str:
    if warning.get("subject") == "area":
        return WHOLE_TOWN
    return text_of(warning.get("village_name")) or NO_VILLAGE


def _household(warning: Mapping[Any, Any]) -> str:
    if warning.get("subject") == "area":
        return "4" + text_of(warning.get("warning_id"))
    if household := text_of(warning.get("household_id")):
        return "1" + household
    if head := text_of(warning.get("head_name")):
        return f"2{text_of(warning.get('village_name'))}|{head}"
    if person := text_of(warning.get("id_number")) or text_of(warning.get("person_name")):
        return f"3{text_of(warning.get('village_name'))}|{person}"
    return "4" + text_of(warning.get("warning_id"))


def _moment(value: Any) -> datetime:
    moment = pd.Timestamp(value).to_pydatetime()
    assert isinstance(moment, datetime)
    return moment.replace(tzinfo=None, microsecond=0)
