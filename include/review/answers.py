"""What the bureau answered: which lines are decisions, what they settle besides, and which go back with a reason.

Answers are recorded in ``ledger.decisions`` and applied by the models; a later answer replaces an earlier one.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb

from include.checking.divisions import Divisions
from include.identity.numbers import repair_number
from include.review.judged import Judged, Unusable
from include.review.questions import QUESTIONS, Question, candidates_of
from include.review.workbook import ACCEPT, CHOICES, DECIDER, DECISION, DECLINE, KEY, OTHER, SUGGESTIONS, VALUE, write_review
from include.site import Site
from include.storage import ledger

IMPLIED = "随工作表“{sheet}”第 {row_number} 行{decision}"
TWO_ACCEPTED = "同一对象的几行只能采纳一行；请只在正确的一行选采纳"
UNKNOWN_QUESTION = "此行不在待核定清单中，可能已更正或表格有改动；请重新导出待核定表"


@dataclass
class Answers(Judged):
    """What came back: decisions to record, lines that go back with their reason, lines already answered just so."""

    decisions: list[dict[str, Any]] = field(default_factory=list)
    implied: list[dict[str, Any]] = field(default_factory=list)
    """What the decisions on conflicting rows say about their counterparts; answers no line."""

    @property
    def accepted(self) -> int:
        return len(self.decisions)

    @property
    def said(self) -> str:
        return f"待核定表：记录 {self.accepted} 项决定"

    def record(self, connection: duckdb.DuckDBPyConnection) -> None:
        ledger.append(connection, "ledger.decisions", [*self.decisions, *self.implied])

    def write_rejected(self, path: Path, *, mark: str, created: datetime) -> None:
        lines, reasons = [line for *_, line in self.rejected], [reason for _, _, reason, _ in self.rejected]
        write_review(path, lines, mark=mark, created=created, reasons=reasons)


def judge_answers(
    connection: duckdb.DuckDBPyConnection,
    site: Site,
    lines: Sequence[tuple[str, int, dict[str, str]]],
    *,
    delivery_id: str,
    decided_at: datetime,
) -> Answers:
    """Which lines are decisions and which go back; nothing is written."""
    answers = Answers()
    asked, known = _asked(connection), _known(connection)
    divisions = Divisions.load(site)
    rivals = _rivals(connection)
    accepted = {_question_or_none(line) for *_, line in lines if line[DECISION] == ACCEPT}
    for sheet, number, line in lines:
        try:
            question = _question(line)
            if question not in asked and question not in known:
                raise Unusable(UNKNOWN_QUESTION)
            if not line[DECIDER]:
                raise Unusable("没有填经办人；请填写作出决定的人")
            if line[DECISION] not in CHOICES:
                raise Unusable("“决定”不是采纳、不采纳或其他；请从下拉框中选择")
            if line[DECISION] == ACCEPT and accepted & rivals.get(question, set()):
                raise Unusable(TWO_ACCEPTED)
            value = _value(connection, divisions, question, line, decided_at)
        except Unusable as error:
            answers.rejected.append((sheet, number, str(error), line))
            continue
        if known.get(question) == (line[DECISION], value):
            answers.repeated += 1
            continue
        known[question] = (line[DECISION], value)
        answers.decisions.append(_decision(question, line[DECISION], value, line[DECIDER], delivery_id, decided_at))
    for given in list(answers.decisions):
        question = Question(*(given[name] for name in Question.__dataclass_fields__))
        for rival, decision in _implied(question, rivals.get(question, set()), known):
            value = IMPLIED.format(sheet=question.sheet, row_number=question.row_number, decision=given["decision"])
            known[rival] = (decision, value)
            answers.implied.append(_decision(rival, decision, value, given["decided_by"], delivery_id, decided_at))
    return answers


def _decision(
    question: Question, decision: str, value: str | None, decided_by: str, delivery_id: str, decided_at: datetime
) -> dict[str, Any]:
    """A line of ledger.decisions."""
    return {
        "decided_at": decided_at, **vars(question), "decision": decision, "value": value,
        "decided_by": decided_by, "source_delivery_id": delivery_id,
    }  # fmt: skip


def _rivals(connection: duckdb.DuckDBPyConnection) -> dict[Question, set[Question]]:
    """For each row that contradicts others of its delivery, the questions about those others."""
    groups: dict[tuple[str, str], set[Question]] = defaultdict(set)
    for (feed,) in connection.execute("select distinct feed from raw.row_issues where reason_code = 'conflict'").fetchall():
        rows = connection.execute(
            f"""select rows.row_key, delivery_id, sheet, row_number, issues.column_name, issues.reason_code
            from raw.row_issues as issues inner join raw.{feed} as rows using (delivery_id, sheet, row_number)
            where issues.reason_code = 'conflict' and issues.feed = ?""",
            [feed],
        ).fetchall()
        for row_key, *key in rows:
            groups[key[0], row_key].add(Question(*key))
    return {question: group - {question} for group in groups.values() for question in group}


def _implied(
    question: Question, rivals: set[Question], known: Mapping[Question, tuple[str, str | None]]
) -> list[tuple[Question, str]]:
    """What an answer says about the rows that contradict its row: the others fall, or the last one left holds.

    Somebody's own answer about the other row (one without a value) stands against a decline, not against an acceptance.
    """
    if known[question][0] == ACCEPT:
        found, said = rivals, DECLINE
    else:
        found, said = {rival for rival in rivals if known.get(rival) != (DECLINE, None)}, ACCEPT
        if len(found) > 1:
            return []
    unsaid = [rival for rival in found if known.get(rival, ("",))[0] != said]
    return [(rival, said) for rival in sorted(unsaid, key=lambda rival: (rival.sheet, rival.row_number))]


def _asked(connection: duckdb.DuckDBPyConnection) -> set[Question]:
    if not connection.execute(
        "select 1 from information_schema.tables where table_schema = 'report' and table_name = 'report_queue'"
    ).fetchone():
        return set()
    rows = connection.execute(
        "select delivery_id, sheet, row_number, column_name, reason_code from report.report_queue"
    ).fetchall()
    return {Question(*row) for row in rows if row[4] in QUESTIONS}


def _known(connection: duckdb.DuckDBPyConnection) -> dict[Question, tuple[str, str | None]]:
    rows = connection.execute(
        """select delivery_id, sheet, row_number, column_name, reason_code, decision, value from ledger.decisions
        order by entry_no"""
    ).fetchall()
    return {Question(*row[:5]): (row[5], row[6]) for row in rows}


def _question_or_none(line: Mapping[str, str]) -> Question | None:
    try:
        return _question(line)
    except Unusable:
        return None


def _question(line: Mapping[str, str]) -> Question:
    try:
        delivery_id, sheet, row_number, column_name, reason_code = json.loads(line[KEY])
        return Question(str(delivery_id), str(sheet), int(row_number), column_name, str(reason_code))
    except (TypeError, ValueError):
        raise Unusable("隐藏的核定编号缺失或被改动；请重新导出待核定表后填写") from None


def _value(
    connection: duckdb.DuckDBPyConnection, divisions: Divisions, question: Question, line: Mapping[str, str], decided_at: datetime
) -> str | None:
    """What holds from now on, in standard form; None where the decision says it all. Raises Unusable with what is missing."""
    decision, given = line[DECISION], line[VALUE]
    if decision == DECLINE:
        return None
    if question.reason_code == "approximate_amount":
        return _amount(given or (line.get(SUGGESTIONS, "") if decision == ACCEPT else ""))
    if question.reason_code == "identity_unresolved":
        return _person(connection, given, decision, candidates_of(line.get(SUGGESTIONS)), decided_at)
    if question.reason_code == "unroutable":
        return _place(divisions, given, decided_at)
    if decision == OTHER:
        raise Unusable("此事项只能采纳或不采纳；如数据有误，请部门更正后重新报送")
    return None


def _amount(text: str) -> str:
    try:
        amount = Decimal(re.sub(r"[,,\s元]", "", text)).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise Unusable("没有确定的金额；请在“改为”填写以元计的金额，只填数字") from None
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 12:
        raise Unusable("金额超出范围；请在“改为”填写以元计的金额")
    return str(amount)


def _person(
    connection: duckdb.DuckDBPyConnection,
    given: str,
    decision: str,
    candidates: Sequence[Mapping[str, Any]],
    decided_at: datetime,
) -> str:
    if decision == OTHER:
        number, _, _ = repair_number(given, decided_at.date())
        if number is None:
            raise Unusable("“改为”不是有效的18位身份证号；请核对证件后填写")
        return number
    chosen = [one for at, one in enumerate(candidates, start=1) if given in (str(at), one["household_id"])]
    if not given and len(candidates) == 1:
        chosen = list(candidates)
    if len(chosen) != 1:
        raise Unusable("采纳哪一个候选没有说明；请在“改为”填候选的序号，都不是的选不采纳或其他")
    (one,) = chosen
    numbers = connection.execute(
        """select distinct id_number from raw.rural_revitalization__registry
        where household_id = ? and person_name = ? and right(id_number, 4) = ?""",
        [one["household_id"], one["person_name"], str(one["id_number"])[-4:]],
    ).fetchall()
    if len(numbers) != 1:
        raise Unusable("名册中找不到所选的候选人；请选其他并在“改为”填写身份证号")
    return str(numbers[0][0])


def _place(divisions: Divisions, given: str, decided_at: datetime) -> str:
    """Division code of a place written 镇 村, 镇 or a village unique in the county."""
    town, _, village = re.sub(r"[\s,,、/]+", " ", given).strip().partition(" ")
    tries: list[tuple[str | None, str | None]] = [(town, village), (None, village)] if village else [(town, None), (None, town)]
    joined = re.fullmatch(r"(.+?[镇乡])(.+)", town)
    if not village and joined:
        tries.append((joined[1], joined[2]))
    for attempt in tries:
        place = divisions.place(*attempt, on=decided_at.date())
        if place.elsewhere or not place.town_code or (attempt[1] and not place.village_code):
            continue
        return place.village_code or place.town_code
    raise Unusable("“改为”不是本县的镇村；请填写镇名和村名，中间空一格")
