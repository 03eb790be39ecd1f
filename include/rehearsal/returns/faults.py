"""Twelve ways in which towns fill the sheet wrongly, each planted in a line of its own with its outcome; and one for measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from include.rehearsal.returns.issued import FACT, HEAD, NUMBER, VILLAGE
from include.rehearsal.returns.truth import (
    CATEGORY,
    DAY,
    EXPLAINED,
    INTENDED,
    IS_TRUE,
    MEETS,
    NO,
    NOT_QUALIFYING,
    QUALIFYING,
    REASON,
    SECOND,
    VISITED,
    VISITOR,
    YES,
    Line,
    Truth,
    fact_changed,
)

BACK, WAITS, ACCEPTED, DUPLICATE = "back", "waits", "accepted", "duplicate"
CHANGED_MIND = "changed_mind"
"""No fault: an answer that a later file corrects; both stay recorded."""
MEASURE_OF_ANOTHER = "measure_without_finding"


@dataclass(frozen=True)
class Fault:
    """What a town does wrong: what it is called, what comes of it, and which right lines it can be done to.

    ``plant`` changes the line and returns lines the town adds. ``needs_sheet``: only the issued sheet's grey columns show it.
    """

    key: str
    title: str
    outcome: str
    fits: Callable[[Line], bool]
    plant: Callable[[Line, Scene], list[Line]]
    needs_sheet: bool = False


@dataclass(frozen=True)
class Scene:
    """What a fault may need besides its line: chance, the days, another household's line, another town's right answer."""

    truth: Truth
    issued_on: date
    sent_on: date
    other: Line
    elsewhere: Line | None


def _blank(*heads: str) -> Callable[[Line, Scene], list[Line]]:
    def plant(line: Line, _: Scene) -> list[Line]:
        line.cells |= dict.fromkeys(heads)
        return []

    return plant


def _same_visitor(line: Line, _: Scene) -> list[Line]:
    line.cells[SECOND] = line.cells[VISITOR]
    return []


def _before_issue(line: Line, scene: Scene) -> list[Line]:
    line.cells[VISITED] = scene.issued_on - 3 * DAY
    return []


def _after_receipt(line: Line, scene: Scene) -> list[Line]:
    line.cells[VISITED] = scene.sent_on + 10 * DAY
    return []


def _other_town(line: Line, scene: Scene) -> list[Line]:
    """The line itself is right; a row of another town has got into the table."""
    assert scene.elsewhere is not None
    stray = replace(scene.elsewhere, cells=dict(scene.elsewhere.cells), outcome=BACK, wrong="other_town")
    line.outcome, line.wrong = ACCEPTED, ""
    return [stray]


def _unknown_number(line: Line, scene: Scene) -> list[Line]:
    number = f"{scene.truth.rng('unknown', line.warning_id).getrandbits(48):012X}"
    line.cells[NUMBER] = f"W{number}"
    return []


def _changed_fact(line: Line, _: Scene) -> list[Line]:
    assert line.asked is not None
    line.cells[FACT] = fact_changed(line.asked)
    return []


def _two_answers(line: Line, _: Scene) -> list[Line]:
    """The same warning once more, with the contrary answer; both wait for a person."""
    second = replace(line, cells=dict(line.cells), asked=None)
    if line.cells[MEETS] == YES:
        second.cells |= {
            MEETS: NO,
            REASON: "收入稳定且三保障及饮水均有保障",
            CATEGORY: None,
            INTENDED: None,
            EXPLAINED: line.cells[VISITED],
        }
    else:
        second.cells |= {
            IS_TRUE: YES,
            MEETS: YES,
            REASON: None,
            CATEGORY: "突发严重困难户",
            INTENDED: "落实低保",
            EXPLAINED: None,
        }
    return [second]


def _free_text(line: Line, _: Scene) -> list[Line]:
    line.cells[IS_TRUE] = "属实，已纳入"
    return []


def _other_name(line: Line, scene: Scene) -> list[Line]:
    line.cells[HEAD] = scene.other.cells[HEAD]
    return []


FAULTS = (
    Fault("no_category", "符合监测条件而没有拟纳入类别", BACK, lambda line: line.event == QUALIFYING, _blank(CATEGORY)),
    Fault("no_reason", "属实、不符合而没有未纳入理由", BACK, lambda line: line.event == NOT_QUALIFYING, _blank(REASON)),
    Fault(
        "changed_fact", "改了灰色栏的预警事实", BACK, lambda line: bool(line.asked and line.asked.text(FACT)), _changed_fact, True
    ),
    Fault("other_name", "预警编号是这一户的、姓名是另一户的", BACK, lambda line: bool(line.cells[HEAD]), _other_name),
    Fault("free_text", "是否属实写成“属实，已纳入”", ACCEPTED, lambda line: line.cells[IS_TRUE] == YES, _free_text),
    Fault("two_answers", "同一条预警两个不同的答复", WAITS, lambda line: line.cells[MEETS] in (YES, NO), _two_answers),
    Fault("no_second_visitor", "只有一名核查人", BACK, lambda _: True, _blank(SECOND)),
    Fault("same_visitor_twice", "两名核查人是同一人", BACK, lambda _: True, _same_visitor),
    Fault("before_issue", "核查日期在交办之前", BACK, lambda _: True, _before_issue),
    Fault("after_receipt", "核查日期在收到之后", BACK, lambda _: True, _after_receipt),
    Fault("unknown_number", "预警编号改成了没有的编号", BACK, lambda _: True, _unknown_number),
    Fault("other_town", "混入另一个镇的一行", BACK, lambda _: True, _other_town),
)


def plant_faults(lines: list[Line], kinds: Sequence[Fault], scene_of: Callable[[Line, Line], Scene]) -> list[Line]:
    """Plant each kind once, in households with a single line; returns the lines the town adds. What fits no line is left out.

    ``scene_of(line, other)``: ``other`` is a line of another household with another name.
    """
    alone = [line for line in lines if line.is_own and line.cells[VILLAGE] and _count(lines, line.household) == 1]
    added: list[Line] = []
    for kind in kinds:
        line = next((line for line in alone if kind.fits(line) and not line.wrong), None)
        other = next((entry for entry in lines if line and entry.cells[HEAD] not in (None, line.cells[HEAD])), None)
        if line is None or other is None:
            continue
        scene = scene_of(line, other)
        if kind.key == "other_town" and scene.elsewhere is None:
            continue
        alone.remove(line)
        line.wrong, line.outcome = kind.key, kind.outcome
        added += kind.plant(line, scene)
    return added


def _count(lines: list[Line], household: str) -> int:
    return sum(line.household == household for line in lines)
