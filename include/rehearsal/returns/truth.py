"""What is truly the case at each household, from the seed alone, and how a careful town writes it down."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from include.rehearsal.county.people import FEMALE_GIVEN, MALE_GIVEN, SURNAMES
from include.rehearsal.returns.issued import FACT, HEAD, HOUSEHOLD, NUMBER, SUBJECT, VILLAGE, Affected, Asked

IS_TRUE, MEETS, SITUATION, REASON = "是否属实", "是否符合监测条件", "核查情况", "未纳入理由"
CATEGORY, INTENDED, EXPLAINED = "拟纳入类别", "拟采取措施", "政策宣传日期"
VISITOR, SECOND, VISITED, REVIEWER = "核查人", "核查人2", "核查日期", "审核人"
ANSWER_HEADS = (
    NUMBER, HOUSEHOLD, HEAD, VILLAGE, IS_TRUE, MEETS, SITUATION, REASON, CATEGORY, INTENDED, EXPLAINED,
    VISITOR, SECOND, VISITED, REVIEWER,
)  # fmt: skip
YES, NO, MONITORED = "是", "否", "已在监测"
CATEGORIES = ("脱贫不稳定户", "边缘易致贫户", "突发严重困难户")
DAY = timedelta(days=1)

NOT_TRUE, NOT_QUALIFYING, QUALIFYING = "found_not_true", "found_not_qualifying", "found_qualifying"
ALREADY, AREA_ANSWERED = "already_monitored", "area_answered"
"""``area_answered`` is the key's own name: an area warning that is true is over when the town has answered for its households."""

IN_NEED = 0.25
TRUE_OF_THE_NEEDY, TRUE_OF_OTHERS, TRUE_OF_AREAS = 0.9, 0.75, 0.7
STRUCK_OF_THE_NEEDY = 0.2
SAID_PLAINLY = 0.7
"""The share of the 监测对象 for whom the town writes 已在监测; for the others 是, which means the same."""

FINDINGS = (
    "户主在家，情况当面核实",
    "户主外出，由配偶说明",
    "与村民组长一同入户",
    "查看了住房和存折",
    "询问了邻居和村干部",
    "电话联系外出子女后核实",
)
MONEY = ("全家去年务工收入约{}元", "今年以来务工收入{}元", "粮补、养老金等合计{}元", "卖茶叶收入{}元", "零工收入约{}元")


@dataclass
class Line:
    """A line of a return in the making: its cells by head, and what it must come to.

    ``event`` is what the line makes happen when it is taken. ``outcome``: accepted, back, waits or duplicate; ``wrong`` names
    what is wrong with it. ``row`` and ``sheet`` are known once it is written. ``asked`` is None in a row the town made itself;
    then ``given`` is what the grey cells of another town's sheet say.
    """

    warning_id: str
    household: str
    joint: str
    cells: dict[str, Any]
    event: str = ""
    asked: Asked | None = None
    outcome: str = "accepted"
    wrong: str = ""
    sheet: str = ""
    row: int = 0
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def is_own(self) -> bool:
        """Whether it stands in its own place of the issued sheet."""
        return self.asked is not None


@dataclass(frozen=True)
class Visit:
    """Who went to a household on which day, and who reviewed the sheet."""

    first: str
    second: str
    reviewer: str
    on: date


@dataclass
class Truth:
    """What is the case, household by household; ``registered`` are those whom a town has registered since the walk began."""

    seed: int
    registered: set[str] = field(default_factory=set)

    def rng(self, *label: object) -> random.Random:
        return random.Random("|".join(map(str, ("returns", self.seed, *label))))

    def is_true(self, asked: Asked) -> bool:
        share = TRUE_OF_AREAS if asked.is_area else TRUE_OF_THE_NEEDY if self.is_in_need(asked) else TRUE_OF_OTHERS
        return self.rng("true", asked.warning_id).random() < share

    def is_in_need(self, asked: Asked) -> bool:
        """The same household is in need or not in every month."""
        return not asked.is_area and self._needs(asked.household)

    def _needs(self, household: str) -> bool:
        return self.rng("need", household).random() < IN_NEED

    def is_monitored(self, asked: Asked) -> bool:
        return asked.is_monitored or asked.household in self.registered

    def found_among(self, homes: list[Affected]) -> list[Affected]:
        """Those of an area's households in need whom the event brought there; whom the county monitors already is no find."""
        free = [home for home in homes if not ("监测对象" in home.status and "未消除" in home.status)]
        free = [home for home in free if home.household_id not in self.registered and self._needs(home.household_id)]
        return [home for home in free if self.rng("area", home.area_id, home.household_id).random() < STRUCK_OF_THE_NEEDY]

    def event(self, asked: Asked) -> str:
        """What a right answer makes happen. 属实 = 否 with somebody in need all the same is 符合 (a finding)."""
        true = self.is_true(asked)
        if asked.is_area:
            return AREA_ANSWERED if true else NOT_TRUE
        if self.is_monitored(asked):
            return ALREADY if true else NOT_TRUE
        if self.is_in_need(asked):
            return QUALIFYING
        return NOT_QUALIFYING if true else NOT_TRUE

    def visitors(self, town: str, village: str, issued_on: date, sent_on: date) -> Visit:
        """Two cadres of the village and one of the town; the day lies between the issue and the sending."""
        cadres = self.rng("cadres", town, village)
        first, second = name(cadres), name(cadres)
        while second == first:
            second = name(cadres)
        span = max(1, (sent_on - issued_on).days)
        day = issued_on + self.rng("day", town, village, issued_on).randint(min(1, span), span) * DAY
        return Visit(first, second, name(self.rng("reviewer", town)), min(day, sent_on))

    def answer(self, asked: Asked, visit: Visit) -> Line:
        """The line a careful town writes."""
        rng, event = self.rng("answer", asked.warning_id, visit.on), self.event(asked)
        true = YES if self.is_true(asked) else NO
        known = asked.household in self.registered or rng.random() < SAID_PLAINLY
        meets = {QUALIFYING: YES, ALREADY: MONITORED if known else YES}.get(event, NO)
        cells: dict[str, Any] = {
            NUMBER: asked.warning_id, HEAD: asked.head or None, VILLAGE: asked.village or None, IS_TRUE: true, MEETS: meets,
        }  # fmt: skip
        cells |= findings_in_words(rng, asked.kind, asked.text(SUBJECT), meets, true, visit)
        if asked.is_area and event == AREA_ANSWERED:
            cells[SITUATION] = f"已对所涉农户逐户走访，{cells[SITUATION]}"
        return Line(asked.warning_id, asked.household, asked.joint, cells, event, asked)

    def found_household(self, home: Affected, visit: Visit) -> Line:
        """A household found in need where an event of an area was: the area's number with its own 户编号."""
        rng = self.rng("found", home.area_id, home.household_id)
        cells: dict[str, Any] = {
            NUMBER: home.area_id, HOUSEHOLD: home.household_id, HEAD: home.head, VILLAGE: home.village, IS_TRUE: YES, MEETS: YES,
        }  # fmt: skip
        cells |= findings_in_words(rng, "灾害影响", home.head, YES, YES, visit)
        return Line(home.area_id, home.household_id, home.household_id, cells, QUALIFYING)


def findings_in_words(rng: random.Random, kind: str, subject: str, meets: str, true: str, visit: Visit) -> dict[str, Any]:
    """The answer's own words, visitors and days; what the answer does not need stays empty."""
    money = rng.choice(MONEY).format(rng.randrange(21, 260) * 100)
    words = f"{rng.choice(FINDINGS)}，{kind}一事{'属实' if true == YES else '与实际不符'}（{subject or '区域'}），{money}"
    reason = rng.choice(("收入稳定且三保障及饮水均有保障", "自付费用或损失未影响基本生活")) if true == YES else "情况不属实"
    return {
        SITUATION: words,
        REASON: reason if meets == NO else None,
        CATEGORY: rng.choice(CATEGORIES) if meets != NO else None,
        INTENDED: rng.choice(("落实低保", "安排公益性岗位", "医疗救助", "产业帮扶")) if meets != NO else None,
        EXPLAINED: visit.on if meets == NO else None,
        VISITOR: visit.first,
        SECOND: visit.second,
        VISITED: visit.on,
        REVIEWER: visit.reviewer,
    }


def fact_changed(asked: Asked) -> str:
    """The sheet's fact with one figure made smaller, as somebody who knows better would."""
    text = asked.text(FACT)
    at = max((place for place, sign in enumerate(text) if sign.isdigit() and sign != "0"), default=-1)
    return f"{text[:at]}{int(text[at]) - 1}{text[at + 1 :]}" if at >= 0 else f"{text}（有误）"


def name(rng: random.Random) -> str:
    return rng.choice(SURNAMES) + rng.choice(MALE_GIVEN + FEMALE_GIVEN) + rng.choice(MALE_GIVEN + FEMALE_GIVEN)
