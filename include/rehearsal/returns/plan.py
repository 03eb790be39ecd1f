"""How each town behaves: which lines it sends on which day, in which form, and what it does about measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any

from include.rehearsal.returns.faults import (
    ACCEPTED,
    BACK,
    CHANGED_MIND,
    DUPLICATE,
    FAULTS,
    MEASURE_OF_ANOTHER,
    Scene,
    plant_faults,
)
from include.rehearsal.returns.issued import NUMBER, Asked, Issued
from include.rehearsal.returns.truth import (
    ALREADY,
    CATEGORIES,
    CATEGORY,
    DAY,
    NOT_QUALIFYING,
    QUALIFYING,
    YES,
    Line,
    Truth,
    Visit,
    findings_in_words,
    name,
)

WELL, LATE, PARTLY, WRONGLY, SILENT = "well", "late", "partly", "wrongly", "not_at_all"
WORKBOOK, TEXT, PASTED = "workbook", "csv", "pasted"
FORMS = (WORKBOOK, TEXT, PASTED)
VERIFICATION, MEASURE = "verification", "measure"

AFTER = {WELL: 3, LATE: 8, PARTLY: 4, WRONGLY: 4}
"""Days from the issue to the (first) return; the visits are due on the fifth day."""
REST_AFTER, CORRECTED_AFTER = 7, 7
REGISTERED_AFTER = 5
"""Days from an answer to the registration (纳入日期), which is sent a day later."""
MEASURES_AFTER = {WELL: 7, LATE: 13, PARTLY: 8}
"""Days from 纳入日期 (of those monitored already: from the answer) to the measures, which are due on the tenth."""
OTHER_MEASURES_AFTER = 12
SENT_AT = time(15, 30)
SAME_DROP = timedelta(minutes=1)

CATEGORY_OF_MEASURE, ENROLLED, IN_SYSTEM = "监测对象类别", "纳入日期", "国家系统录入日期"
MEASURES, RESPONSIBLE, PLANNED = "帮扶措施", "责任人", "制定日期"
MEASURE_HEADS = (NUMBER, CATEGORY_OF_MEASURE, ENROLLED, IN_SYSTEM, MEASURES, RESPONSIBLE, PLANNED)


@dataclass
class Return:
    """One file a town sends: when, in which form, with which lines. ``path`` below the inbox is known once it is written."""

    dispatch_id: str
    town: str
    at: datetime
    kind: str
    form: str
    behaviour: str
    name: str
    lines: list[Line] = field(default_factory=list)
    path: str = ""


@dataclass
class Town:
    """One town and a dispatch: how it answers, and how it does with its measures."""

    issued: Issued
    town: str
    truth: Truth
    behaviour: str
    form: str
    measures: str
    elsewhere: Asked | None
    is_in_one_drop: bool = False

    @property
    def asked(self) -> list[Asked]:
        return self.issued.asked[self.town]

    def returns(self) -> Iterator[Return]:
        """Everything the town sends on this dispatch, in the order of its days."""
        if self.behaviour == SILENT:
            return
        if self.behaviour == PARTLY:
            villages = sorted({line.village for line in self.asked})
            now = set(villages[: max(1, len(villages) // 2)])
            yield from self._answered(AFTER[PARTLY], [line for line in self.asked if line.village in now], "")
            yield from self._answered(REST_AFTER, [line for line in self.asked if line.village not in now], "其余村")
        elif self.behaviour == WRONGLY:
            yield from self._wrongly()
        else:
            yield from self._answered(AFTER[self.behaviour], self.asked, "")
        yield from self._found_in_areas()

    def _answered(self, after: int, asked: list[Asked], note: str) -> Iterator[Return]:
        if asked:
            answers = self._return(after, VERIFICATION, note)
            answers.lines = [self.truth.answer(line, self._visit(line, after)) for line in asked]
            yield answers
            yield from self._followed_up(answers, answers.lines)

    def _wrongly(self) -> Iterator[Return]:
        """First with its faults, later corrected: the whole workbook again, or as a table of one's own only what came back."""
        first = self._return(AFTER[WRONGLY], VERIFICATION, "")
        first.lines = [self.truth.answer(line, self._visit(line, AFTER[WRONGLY])) for line in self.asked]
        kinds = [kind for kind in FAULTS if self.form == WORKBOOK or not kind.needs_sheet]
        first.lines += plant_faults(first.lines, kinds, lambda line, other: self._scene(first, line, other))
        wrong = {line.warning_id for line in first.lines if line.is_own and line.outcome != ACCEPTED}
        changed = self._changed_mind(first)
        yield first
        taken = [line for line in first.lines if line.is_own and line.outcome == ACCEPTED]
        yield from self._followed_up(first, [line for line in taken if line is not changed])
        second = self._return(CORRECTED_AFTER, VERIFICATION, "更正")
        for line in first.lines:
            if not line.is_own or (self.form != WORKBOOK and line.warning_id not in wrong and line is not changed):
                continue
            assert line.asked is not None
            right = self.truth.answer(line.asked, self._visit(line.asked, AFTER[WRONGLY]))
            if line is changed:
                right.cells |= findings_in_words(
                    self.truth.rng("again", line.warning_id), line.asked.kind, line.asked.head, YES, YES,
                    self._visit(line.asked, CORRECTED_AFTER),
                )  # fmt: skip
                right.cells["是否符合监测条件"] = YES
                right.event, right.wrong = QUALIFYING, CHANGED_MIND
            elif line.warning_id not in wrong:
                right.cells, right.outcome = dict(line.cells), DUPLICATE
            second.lines.append(right)
        if any(line.outcome == ACCEPTED for line in second.lines):
            yield second
            yield from self._followed_up(second, [line for line in second.lines if line.outcome == ACCEPTED])

    def _changed_mind(self, first: Return) -> Line | None:
        """One household first found not to qualify, and in the corrected file to qualify."""
        alone = [line for line in first.lines if sum(other.household == line.household for other in first.lines) == 1]
        changed = next((line for line in alone if line.is_own and line.event == NOT_QUALIFYING and not line.wrong), None)
        if changed:
            changed.wrong = CHANGED_MIND
        return changed

    def _scene(self, first: Return, line: Line, other: Line) -> Scene:
        stray = None
        if self.elsewhere:
            answer = self.truth.answer(self.elsewhere, self._visit(self.elsewhere, AFTER[WRONGLY]))
            stray = replace(answer, asked=None, given=self.elsewhere.given)
        return Scene(self.truth, self.issued.issued_on, first.at.date(), other, stray)

    def _found_in_areas(self) -> Iterator[Return]:
        """Households found in need where an event was; only true events are followed from door to door."""
        true = {line.warning_id for line in self.asked if line.is_area and self.truth.is_true(line)}
        found = self.truth.found_among([home for home in self.issued.affected[self.town] if home.area_id in true])
        if not found:
            return
        file = self._return(AFTER[self.behaviour], VERIFICATION, "区域走访", TEXT)
        visits = (self.truth.visitors(self.town, home.village, self.issued.issued_on, file.at.date()) for home in found)
        file.lines = [self.truth.found_household(home, visit) for home, visit in zip(found, visits, strict=True)]
        file.at += 2 * SAME_DROP
        yield file

    def _followed_up(self, answers: Return, lines: list[Line]) -> Iterator[Return]:
        """Registration of those who qualify, then the three columns of the measures; some towns send a part, late or nothing."""
        qualifying = [line for line in lines if line.event == QUALIFYING]
        monitored = [line for line in lines if line.event == ALREADY]
        if self.measures == SILENT or not (qualifying or monitored):
            return
        answered = answers.at.date()
        enrolled = answered if self.is_in_one_drop else answered + REGISTERED_AFTER * DAY
        if qualifying:
            sent = 0 if self.is_in_one_drop else REGISTERED_AFTER + 1
            registration = self._return((answered - self.issued.issued_on).days + sent, MEASURE, f"纳入{enrolled:%m%d}")
            registration.at += SAME_DROP
            registration.lines = [self._measure(line, enrolled) for line in _one_a_household(qualifying)]
            if self.behaviour == WRONGLY:
                registration.lines += self._measure_of_another(answers, enrolled)
            yield registration
            self.truth.registered |= {line.household for line in qualifying}
        if self.measures == "registered_only":
            return
        rest = [*self._measured(qualifying, enrolled), *self._measured(monitored, answered, is_old=True)]
        for day in sorted({day for day, _ in rest}):
            file = self._return((day - self.issued.issued_on).days, MEASURE, f"措施{answers.at:%m%d}、{day:%m%d}")
            file.lines = [line for its_day, line in rest if its_day == day]
            yield file

    def _measured(self, lines: list[Line], start: Any, *, is_old: bool = False) -> Iterator[tuple[Any, Line]]:
        """The day on which each household's measures are sent, and the line."""
        for number, line in enumerate(_one_a_household(lines)):
            is_second_half = self.measures == PARTLY and number % 2
            day = start + (OTHER_MEASURES_AFTER if is_second_half else MEASURES_AFTER[self.measures]) * DAY
            enrolled = self._long_ago(line) if is_old else start
            measure = self._measure(line, enrolled)
            measure.cells |= {
                IN_SYSTEM: enrolled + 2 * DAY,
                MEASURES: self.truth.rng("measures", line.warning_id).choice(
                    ("落实低保，每月走访一次", "安排公益性岗位", "申请临时救助")
                ),
                RESPONSIBLE: name(self.truth.rng("responsible", self.town)),
                PLANNED: day - DAY,
            }
            measure.event = "measures_set"
            yield day, measure

    def _measure(self, line: Line, enrolled: Any) -> Line:
        category = line.cells.get(CATEGORY) or CATEGORIES[0]
        cells = {NUMBER: line.warning_id, CATEGORY_OF_MEASURE: category, ENROLLED: enrolled}
        return Line(line.warning_id, line.household, line.joint, cells, "registered")

    def _measure_of_another(self, answers: Return, enrolled: Any) -> Iterator[Line]:
        """A measure for somebody who does not qualify: it goes back."""
        other = next((line for line in answers.lines if line.event == NOT_QUALIFYING and not line.wrong), None)
        if other:
            yield replace(self._measure(other, enrolled), outcome=BACK, wrong=MEASURE_OF_ANOTHER)

    def _long_ago(self, line: Line) -> Any:
        """Whom the county monitors already, it registered before; whom this town registered this year, in some month past."""
        return self.issued.issued_on - self.truth.rng("long ago", line.household).randint(20, 30) * DAY

    def _visit(self, line: Asked, after: int) -> Visit:
        sent_on = self.issued.issued_on + after * DAY
        return self.truth.visitors(self.town, line.village, self.issued.issued_on, sent_on)

    def _return(self, after: int, kind: str, note: str, form: str | None = None) -> Return:
        at = datetime.combine(self.issued.issued_on + after * DAY, SENT_AT)
        title = "入户核查反馈" if kind == VERIFICATION else "帮扶措施"
        form = form or (self.form if kind == VERIFICATION else TEXT if self.form == TEXT else PASTED)
        is_filled = kind == VERIFICATION and form == WORKBOOK
        stem = self.asked[0].book.stem if is_filled else f"{self.town}_{self.issued.dispatch_id}_{title}"
        stem += f"（{note}）" if note else ""
        return Return(self.issued.dispatch_id, self.town, at, kind, form, self.behaviour, stem)


def plan_returns(issued: Issued, truth: Truth) -> list[Return]:
    """Every town's files on a dispatch, by time. The two towns with the most lines make the mistakes, so that all kinds occur."""
    towns = sorted(issued.asked, key=lambda town: (-len(issued.asked[town]), town))
    wrong = [town for town in towns[:2] if len(issued.asked[town]) >= len(FAULTS)]
    rest = [town for town in towns if town not in wrong]
    truth.rng("behaviour", issued.dispatch_id).shuffle(rest)
    kinds = (WELL, LATE, PARTLY, SILENT, WELL, PARTLY, LATE, WELL)
    behaviours = dict.fromkeys(wrong, WRONGLY) | {town: kinds[place % len(kinds)] for place, town in enumerate(rest)}
    measures = (WELL, LATE, PARTLY, "registered_only", WELL, SILENT)
    found: list[Return] = []
    for place, (town, behaviour) in enumerate(behaviours.items()):
        others = [line for other in towns if other != town for line in issued.asked[other] if line.village]
        found += Town(
            issued, town, truth, behaviour, FORMS[place % 3], measures[place % len(measures)],
            others[0] if others else None, is_in_one_drop=behaviour == WELL and place % 2 == 0,
        ).returns()  # fmt: skip
    return sorted(found, key=lambda item: (item.at, item.town, item.name))


def _one_a_household(lines: list[Line]) -> list[Line]:
    """One row registers all of a household's qualifying warnings, and its measures are for all of them."""
    return list({line.joint: line for line in reversed(lines)}.values())[::-1]
