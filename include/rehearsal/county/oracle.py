"""What must come out: the notice's rules, applied to what the departments meant.

Written from the county's table of feeds and rules alone. Nothing here is shared with the pipeline, its seeds or its SQL: the
figures below are the generator's own, each with its clause, so that agreement between the two proves something.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from include.rehearsal.county.divisions import Place
from include.rehearsal.county.people import County, Household, Person
from include.rehearsal.county.schedule import Schedule, quarter_before, quarter_key
from include.rehearsal.county.tables import ACCEPTED, DUPLICATE, FEEDS, REJECTED, ROUTING, WAITING, Parcel, Row

SELF_PAY_LINE = Decimal("30000")  # 第二条(一): 超过3万元, more than
INDUSTRY_LOSS_LINE = Decimal("12000")  # 第二条(九): 1.2万元以上, or more
INCOME_LINE = Decimal("8000")  # 第二条(七)(十一): the example line of the shipped settings, in force from 2023-01-01; less than
RESPONSE_LEVELS = ("Ⅰ级", "Ⅱ级", "Ⅲ级", "Ⅳ级", "IV级", "4级", "四级", "4")  # 第二条(十): Ⅳ级(含以上)
COMPULSORY_AGES = range(6, 16)  # 第二条(三): 义务教育学段
NOT_ATTENDING = ("失学", "辍学", "疑似辍学", "长期旷课", "未入学")  # 第二条(三)
EXCUSED = ("休学", "送教上门", "延缓入学")
GRAVE = ("重伤", "死亡", "财产重大损失")  # 第二条(十)
SEVERE_LEVELS = (1, 2)  # 第二条(八): 一、二级重度
LEVEL_3_CATEGORIES = ("智力", "精神")  # 第二条(八): 三级智力、精神

CAUSES = {
    "medical_insurance__uninsured": ("illness", "illness.uninsured"),
    "medical_insurance__self_pay_monitored": ("illness", "illness.self_pay"),
    "medical_insurance__self_pay_high": ("illness", "illness.self_pay"),
    "health__epidemic_event": ("epidemic", "epidemic.event"),
    "education__dropout": ("schooling", "schooling.dropout"),
    "housing__renovation_plan": ("housing", "housing.unsafe"),
    "housing__hazard": ("housing", "housing.unsafe"),
    "water__drinking_water": ("water", "water.unsafe"),
    "civil_affairs__new_low_income": ("low_income", "low_income.new"),
    "rural_revitalization__income_risk": ("employment_income", "employment_income.income"),
    "human_resources__unemployed": ("employment_income", "employment_income.unemployed"),
    "disabled_federation__new_certificate": ("disability", "disability.certificate"),
    "water__industry_loss": ("industry", "industry.loss"),
    "emergency__disaster_area": ("disaster", "disaster.area"),
    "emergency__disaster_household": ("disaster", "disaster.household"),
    "public_security__incident": ("disaster", "disaster.incident"),
    "petition__case": ("petition", "petition.case"),
}
NUMBER_COLUMNS = ("id_number", "head_id_number", "child_id_number")
NAME_COLUMNS = ("person_name", "head_name", "child_name")


@dataclass
class Verdict:
    """What a row amounts to: signal, information or no_signal; why; the figure the rule looks at; what else keys the warning."""

    outcome: str
    reason: str = ""
    amount: Decimal | None = None
    qualifier: str = ""


@dataclass
class Subject:
    """Whom a row is about, once looked up in the registry."""

    kind: str
    identity: str
    place: Place
    name: str | None = None
    number: str | None = None
    household: Household | None = None
    area_villages: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[Any, ...]:
        if self.kind == "household" and self.household:
            return ("household", self.household.id)
        return (self.kind, self.number) if self.number else (self.kind, self.place.town_code, self.place.village_code, self.name)


class Register:
    """The registry as a clerk looks things up in it: by number, and by name in a village."""

    def __init__(self, county: County) -> None:
        self.by_number: dict[str, list[Person]] = defaultdict(list)
        self.by_name: dict[tuple[str, str], list[Person]] = defaultdict(list)
        for home in county.registry:
            for person in home.members:
                self.by_number[person.number].append(person)
                self.by_name[home.village.code, person.name].append(person)

    def find(self, number: str | None, name: str, place: Place) -> tuple[str, Person | None]:
        """Identity (matched, new, unresolved) and the entry: by number, or without one by the only such name in the village.

        A number that is not listed, under the only such name in the village, is perhaps that person's.
        Somebody in two households belongs to the newest identification, else to the one in the village the file names.
        """
        if number is None:
            fitting = self.by_name.get((place.village_code or "", name), [])
            return ("matched", fitting[0]) if len(fitting) == 1 else ("unresolved", None)
        entries = self.by_number.get(number, [])
        if not entries:
            fitting = self.by_name.get((place.village_code or "", name), [])
            return ("unresolved" if len({entry.number for entry in fitting}) == 1 else "new"), None
        newest = max(entry.identified_on or date.min for entry in entries)
        entries = [entry for entry in entries if (entry.identified_on or date.min) == newest]
        here = [entry for entry in entries if entry.household.village is place.village]
        return "matched", (here or entries)[0]


@dataclass
class Answers:
    """Everything the month must come to; `as_json` gives the file's content."""

    warnings: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)
    not_warnings: list[dict[str, Any]] = field(default_factory=list)
    information: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    routing: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    planted: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)


class Oracle:
    """Judges every row of a month."""

    def __init__(self, county: County, schedule: Schedule) -> None:
        self.register = Register(county)
        self.schedule = schedule
        self.answers = Answers()
        self.low_income_lists: dict[str, set[tuple[Any, ...]]] = defaultdict(set)

    def judge(self, parcels: list[Parcel]) -> Answers:
        """Answers for all parcels; earlier quarters' lists are read before later ones."""
        for parcel in parcels:
            self._record(parcel)
        for parcel in sorted((p for p in parcels if p.status == "published" and p.feed in FEEDS), key=lambda p: p.period or ""):
            for row in parcel.rows:
                if row.fate == ACCEPTED and not row.is_superseded:
                    self._judge_row(parcel, row)
        certain = {(w["cause"], w["id_number"], w["qualifier"]) for w in self.answers.warnings.values() if w["id_number"]}
        self.answers.not_warnings = [
            entry
            for entry in self.answers.not_warnings
            if (entry["cause"], entry["id_number"], entry["qualifier"]) not in certain
        ]
        return self.answers

    def _record(self, parcel: Parcel) -> None:
        """The delivery's line, and its rows that go back, wait, or are to be routed."""
        rows = parcel.rows if parcel.status == "published" else []
        fates = [row.fate for row in rows]
        self.answers.deliveries.append(
            {
                "department": parcel.department,
                "file": parcel.file_name,
                "feed": parcel.feed if parcel.status != "refused" else None,
                "period": parcel.period,
                "status": parcel.status,
                "reason": parcel.why,
                "rows": len(rows),
                "accepted": sum(fate in (ACCEPTED, WAITING, ROUTING) for fate in fates),
                "rejected": fates.count(REJECTED),
                "duplicates": fates.count(DUPLICATE),
            }
        )
        if parcel.kind:
            self.answers.planted.append(
                {"kind": parcel.kind, "file": parcel.file_name, "sheet": None, "row": None, "fate": parcel.status}
            )
        for sheet in parcel.sheets if parcel.status == "published" else []:
            for row in sheet.rows:
                where = {"file": parcel.file_name, "sheet": sheet.name, "row": row.row_number}
                if row.kind:
                    fate = row.fate if sheet.is_read else "not_read"
                    self.answers.planted.append({"kind": row.kind, **where, "fate": fate, **_stated(row)})
                if not sheet.is_read:
                    self._note_not(parcel, row, row.kind)
                elif row.fate == REJECTED:
                    assert parcel.feed and row.fault_column
                    column = FEEDS[parcel.feed].column(row.fault_column)
                    self.answers.rejected.append(
                        {
                            **where,
                            "feed": parcel.feed,
                            "column": column.label,
                            "header": sheet.labels.get(column.key, column.label),
                            "why": row.why,
                        }
                    )
                    self._note_not(parcel, row, f"rejected: {row.why}")
                elif row.fate in (WAITING, ROUTING):
                    target = self.answers.waiting if row.fate == WAITING else self.answers.routing
                    target.append({**where, "feed": parcel.feed, "reason_code": row.why, **_stated(row)})
                    self._note_not(parcel, row, str(row.why))
                elif row.is_superseded:
                    self._note_not(parcel, row, "replaced by a correction")

    def _note_not(self, parcel: Parcel, row: Row, reason: str) -> None:
        """A warning that must not exist. The number is the subject's, as in the warnings."""
        assert parcel.feed
        subject = self._subjects(parcel.feed, row)[0]
        verdict = self._verdict(parcel, row, subject)
        self.answers.not_warnings.append(
            {
                "feed": parcel.feed,
                "cause": CAUSES[parcel.feed][1],
                "id_number": subject.number,
                "name": subject.name,
                "town": subject.place.town.name if subject.place.town else None,
                "town_code": subject.place.town_code,
                "qualifier": verdict.qualifier,
                "reason": reason,
            }
        )

    def _judge_row(self, parcel: Parcel, row: Row) -> None:
        assert parcel.feed
        for subject in self._subjects(parcel.feed, row):
            verdict = self._verdict(parcel, row, subject)
            if verdict.outcome == "signal":
                self._warn(parcel.feed, subject, verdict)
            elif verdict.outcome == "no_signal":
                self._note_not(parcel, row, verdict.reason)
            if verdict.outcome == "information" or self._is_information(parcel.feed, subject):
                self.answers.information.append(
                    {
                        "feed": parcel.feed,
                        "id_number": subject.number,
                        "person_name": subject.name,
                        "town_code": subject.place.town_code,
                        "village_code": subject.place.village_code,
                        "reason": verdict.reason or "self_pay_of_monitored",
                    }
                )
            if parcel.feed == "civil_affairs__new_low_income" and parcel.period:
                self.low_income_lists[parcel.period].add((subject.key, row.values["low_income_type"]))

    def _is_information(self, feed: str, subject: Subject) -> bool:
        return feed == "medical_insurance__self_pay_monitored" and bool(subject.household and subject.household.is_monitored)

    def _warn(self, feed: str, subject: Subject, verdict: Verdict) -> None:
        """Open the warning or add a signal to it; of several figures the larger counts."""
        warning_type, cause = CAUSES[feed]
        warning = self.answers.warnings.setdefault(
            (cause, subject.key, verdict.qualifier),
            {
                "cause": cause,
                "warning_type": warning_type,
                "subject": subject.kind,
                "person_name": subject.name,
                "id_number": subject.number,
                "household_id": subject.household.id if subject.household else None,
                "town_code": subject.place.town_code,
                "village_code": "、".join(subject.area_villages) if subject.kind == "area" else subject.place.village_code,
                "qualifier": verdict.qualifier,
                "identity": subject.identity,
                "amount_yuan": None,
                "feeds": [],
                "rules": [],
            },
        )
        if verdict.amount is not None:
            before = warning["amount_yuan"]
            warning["amount_yuan"] = f"{max(verdict.amount, Decimal(before)) if before else verdict.amount:.2f}"
        if feed not in warning["feeds"]:
            warning["feeds"] = sorted([*warning["feeds"], feed])
            warning["rules"] = sorted([*warning["rules"], f"{cause} ← {feed.split('__')[1]}"])

    def _subjects(self, feed: str, row: Row) -> list[Subject]:
        """The person, the household, or one area for each town named."""
        kind = FEEDS[feed].subject
        if kind == "area":
            return _areas(row)
        if feed == "civil_affairs__new_low_income" and row.values["head_id_number"]:
            number, name = row.values["head_id_number"], row.values["head_name"]
        else:
            number = next((row.values[key] for key in NUMBER_COLUMNS if row.values.get(key)), None)
            name = next(row.values[key] for key in NAME_COLUMNS if row.values.get(key))
        identity, entry = self.register.find(number, name, row.place)
        if entry is None:
            return [Subject(kind, identity, row.place, name, number)]
        home = entry.household
        who = home.head if kind == "household" else entry
        return [Subject(kind, identity, home.place, who.name, who.number, home)]

    def _verdict(self, parcel: Parcel, row: Row, subject: Subject) -> Verdict:
        assert parcel.feed
        if row.place.is_elsewhere:
            return Verdict("no_signal", "户籍不在本县")
        rule = getattr(self, f"_{parcel.feed.split('__')[1]}")
        verdict: Verdict = rule(row.values, subject, parcel)
        return verdict

    def _uninsured(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        qualifier = str(row["insured_year"])
        if subject.identity == "new":
            return Verdict("no_signal", "不在名单", qualifier=qualifier)
        if row["insured_year"] != self.schedule.year:
            return Verdict("no_signal", "非本年度", qualifier=qualifier)
        return Verdict("signal", qualifier=qualifier)

    def _self_pay_monitored(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        qualifier, paid = str(row["statistics_year"]), row["self_pay_yuan"]
        if paid > SELF_PAY_LINE:
            return Verdict("signal", amount=paid, qualifier=qualifier)
        if subject.household and subject.household.is_monitored:
            return Verdict("no_signal", "低于标准", qualifier=qualifier)
        return Verdict("no_signal", "不在名单", qualifier=qualifier)

    def _self_pay_high(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        qualifier, paid = str(row["statistics_year"]), row["self_pay_yuan"]
        if paid > SELF_PAY_LINE:
            return Verdict("signal", amount=paid, qualifier=qualifier)
        return Verdict("no_signal", "低于标准", qualifier=qualifier)

    def _epidemic_event(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        return Verdict("signal", qualifier=row["event_id"])

    def _dropout(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        status = row["attendance_status"]
        if status in EXCUSED:
            return Verdict("information", status)
        if status not in NOT_ATTENDING:
            return Verdict("no_signal", "在读")
        number = row["child_id_number"]
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        year, season = self.schedule.term
        starts = date(year, 9 if season == "autumn" else 3, 1)
        days = [starts, row["absence_date"] or starts]
        if any(_age(birth, day) in COMPULSORY_AGES for day in days):
            return Verdict("signal")
        return Verdict("no_signal", "不在义务教育年龄")

    def _renovation_plan(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        is_this_year = str(row["plan_year"]) == str(parcel.period)[:4]
        return Verdict("signal") if is_this_year else Verdict("no_signal", "非本年度")

    def _hazard(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        return Verdict("signal")

    def _drinking_water(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        return Verdict("signal")

    def _new_low_income(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        year, number = int(str(parcel.period)[:4]), int(str(parcel.period)[-1])
        low_income, day = row["low_income_type"], row["recognised_date"]
        if row["residence_type"] != "农村":
            return Verdict("no_signal", "城市户籍", qualifier=low_income)
        if (day.year, (day.month + 2) // 3) != (year, number):
            return Verdict("no_signal", "非本季新增", qualifier=low_income)
        if (subject.key, low_income) in self.low_income_lists[quarter_key(quarter_before((year, number)))]:
            return Verdict("no_signal", "上季已在册", qualifier=low_income)
        return Verdict("signal", qualifier=low_income)

    def _income_risk(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        qualifier = str(row["income_year"])
        this, previous, earlier = row["income_yuan"], row["previous_income_yuan"], row["earlier_income_yuan"]
        stated = row["risk_situation"].split("、")
        is_falling = (
            previous is not None and this < previous and (previous < earlier if earlier is not None else "收入连续下降" in stated)
        )
        if this < INCOME_LINE or is_falling or "支出较大" in stated:
            return Verdict("signal", amount=this, qualifier=qualifier)
        return Verdict("no_signal", "数据不支持所报情形", qualifier=qualifier)

    def _unemployed(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        qualifier = str(self.schedule.year)
        if subject.identity == "new":
            return Verdict("no_signal", "不在名单", qualifier=qualifier)
        if (row["has_labour_ability"], row["has_job_intention"], row["employment_status"]) != ("有", "有", "未就业"):
            return Verdict("no_signal", "不符合条件", qualifier=qualifier)
        return Verdict("signal", qualifier=qualifier)

    def _new_certificate(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        qualifier = row["certificate_number"]
        year, number = int(str(parcel.period)[:4]), int(str(parcel.period)[-1])
        level, category, day = row["disability_level"], row["disability_category"], row["issued_date"]
        reason = ""
        if len(qualifier) == 22:
            reason = "补办"
        elif (day.year, (day.month + 2) // 3) != (year, number):
            reason = "非本季新办"
        elif level not in SEVERE_LEVELS and not (level == 3 and category in LEVEL_3_CATEGORIES):
            reason = "低于标准"
        elif row["is_short_of_labour"] != "是" or row["poverty_risk"] not in ("高", None):
            reason = "不缺劳动力或风险不高"
        return Verdict("no_signal", reason, qualifier=qualifier) if reason else Verdict("signal", qualifier=qualifier)

    def _industry_loss(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        qualifier = f"{row['industry_type']}|{row['occurred_date'].isoformat()}"
        if row["loss_yuan"] >= INDUSTRY_LOSS_LINE:
            return Verdict("signal", amount=row["loss_yuan"], qualifier=qualifier)
        return Verdict("no_signal", "低于标准", qualifier=qualifier)

    def _disaster_area(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        is_grave = row["response_level"] in RESPONSE_LEVELS
        return Verdict("signal" if is_grave else "no_signal", "" if is_grave else "低于标准", qualifier=row["disaster_id"])

    def _disaster_household(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        is_hard = row["is_still_in_difficulty"] == "是"
        return Verdict("signal" if is_hard else "no_signal", "" if is_hard else "救助后已无困难", qualifier=row["disaster_id"])

    def _incident(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        if row["consequence"] in GRAVE:
            return Verdict("signal", amount=row["property_loss_yuan"], qualifier=row["incident_id"])
        return Verdict("no_signal", "低于标准", qualifier=row["incident_id"])

    def _case(self, row: dict[str, Any], subject: Subject, parcel: Parcel) -> Verdict:
        if row["income_yuan"] < INCOME_LINE and row["is_in_difficulty"] == "是":
            return Verdict("signal", amount=row["income_yuan"], qualifier=row["case_id"])
        return Verdict("no_signal", "收入不低于标准或无困难", qualifier=row["case_id"])


def _areas(row: Row) -> list[Subject]:
    """One area for each town, with its villages; none named means the whole town."""
    by_town: dict[str, list[Place]] = {}
    for place in row.values["town_name"]:
        by_town.setdefault(place.town_code, []).append(place)
    return [
        Subject(
            "area",
            "matched",
            Place(places[0].town),
            area_villages=tuple(place.village_code for place in places if place.village_code),
            number=None,
        )
        for places in by_town.values()
    ]


def _stated(row: Row) -> dict[str, Any]:
    """Number and name as the department meant them; None where the row is about an area."""
    return {
        "id_number": next((row.values[key] for key in NUMBER_COLUMNS if row.values.get(key)), None),
        "name": next((row.values[key] for key in NAME_COLUMNS if row.values.get(key)), None),
    }


def _age(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
