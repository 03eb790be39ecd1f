"""The review queue as a workbook: what waits for a person at the bureau goes out, and the answers come back through the inbox.

Each line carries a hidden key (delivery, sheet, row, column, question) and its suggestions, so that the answer is to the question
that was asked. Answers are recorded in ``ledger.decisions`` and applied by the models; a later answer replaces an earlier one.
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
from include.contracts import load_contracts
from include.errors import FangpinError
from include.identity import linkage
from include.identity.masks import mask_number
from include.identity.numbers import repair_number
from include.reading.formats import Workbook
from include.reports.sheets import (
    ALERT_RED,
    FAULT_YELLOW,
    Field,
    new_book,
    row_height,
    set_page,
    set_widths,
    text_of,
    write_head,
    write_note,
    write_title,
)
from include.site import Site, current_site
from include.storage import ledger
from include.storage.warehouse import connect

SHEET = "待核定"
KEY, SUGGESTIONS = "核定编号", "系统候选"
DECISION, VALUE, DECIDER = "决定", "改为", "经办人"
HEAD_WITHIN = 10
HEADS = (DECISION, VALUE, DECIDER, KEY)
ACCEPT, DECLINE, OTHER = CHOICES = ("采纳", "不采纳", "其他")
REFUSED = Field("退回原因", 30)
FIELDS = (
    Field("事项", 12, "centre"), Field("说明", 30), Field("系统建议", 34),
    Field("姓名", 9, "centre"), Field("证件号码", 20, "code"),
    Field("镇", 10, "centre"), Field("村", 12, "centre"), Field("数据", 16), Field("文件", 22), Field("工作表", 10, "centre"),
    Field("行号", 6, "centre"), Field(DECISION, 9, "centre"), Field(VALUE, 22), Field(DECIDER, 10, "centre"),
    Field(KEY, 10), Field(SUGGESTIONS, 10),
)  # fmt: skip
SHOWN = len(FIELDS) - 2
QUESTIONS = {
    "identity_unresolved": "是哪个人",
    "unroutable": "归哪个镇村",
    "approximate_amount": "金额是多少",
    "conflict": "两行不一致",
    "multiple_disability_level_3": "多重三级",
}
"""Questions a line can answer; what remains in the queue is settled elsewhere (no_income_line: the county's own setting)."""
HOW = (
    "请逐行选“决定”并填“经办人”,存盘后整个文件放回县乡村振兴局收件夹。采纳:按系统建议办;候选不止一个时在“改为”填序号。"
    "不采纳:该行不作预警(“是哪个人”则只表示都不是)。其他:在“改为”填实际的身份证号、镇村名或金额(元)。没有决定的行留空即可。"
    "两行不一致:采纳一行即另一行不采纳,不采纳一行即以另一行为准;都不对的,两行都选不采纳。"
)
IMPLIED = "随工作表“{sheet}”第 {row_number} 行{decision}"
TWO_ACCEPTED = "同一对象的几行只能采纳一行;请只在正确的一行选采纳"
UNKNOWN_QUESTION = "此行不在待核定清单中,可能已更正或表格有改动;请重新导出待核定表"

QUEUE = """
select queue.delivery_id, queue.sheet, queue.row_number, queue.column_name, queue.reason_code, queue.reason, queue.proposals,
    queue.feed, deliveries.file_name, rows.person_name, rows.id_number, rows.town_name, rows.village_name
from report.report_queue as queue
left join ledger.deliveries as deliveries on deliveries.delivery_id = queue.delivery_id
left join report.report_screened_rows as rows
    on rows.delivery_id = queue.delivery_id and rows.sheet = queue.sheet and rows.row_number = queue.row_number
order by queue.delivery_id, queue.sheet, queue.row_number, queue.reason_code, queue.column_name
"""


class ReviewError(FangpinError, ValueError):
    """The queue cannot be exported; the message says what to do first."""


@dataclass(frozen=True)
class Question:
    """One thing asked about one row; the key is all five."""

    delivery_id: str
    sheet: str
    row_number: int
    column_name: str | None
    reason_code: str


@dataclass
class Answers:
    """What came back: decisions to record, lines that go back with their reason, lines already answered just so."""

    decisions: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[tuple[str, int, str, dict[str, str]]] = field(default_factory=list)
    implied: list[dict[str, Any]] = field(default_factory=list)
    """What the decisions on conflicting rows say about their counterparts; answers no line."""
    repeated: int = 0

    @property
    def row_count(self) -> int:
        return len(self.decisions) + len(self.rejected) + self.repeated


def export_queue(path: Path | None = None) -> tuple[Path, int]:
    """Write what waits for a person and can be answered by a line; returns the file and the number of lines.

    Raises ReviewError when nothing has been screened yet.
    """
    site = current_site()
    path = path or site.reports / f"待核定_{site.now():%Y%m%d}.xlsx"
    titles = {contract.feed: contract.title for contract in load_contracts()}
    with connect(site) as connection:
        ledger.create_tables(connection)
        try:
            found = connection.execute(QUEUE)
        except duckdb.CatalogException:
            raise ReviewError("还没有筛查结果;请先运行 fangpin month") from None
        names = [column[0] for column in found.description or ()]
        queue = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        _weigh(connection, queue)
        lines = [_line(waiting, titles) for waiting in queue if waiting["reason_code"] in QUESTIONS]
        ledger.record_export(connection, site.now(), "review", len(lines), is_masked=False)
    write_review(path, lines, created=site.now())
    return path, len(lines)


def _weigh(connection: duckdb.DuckDBPyConnection, queue: Sequence[dict[str, Any]]) -> None:
    """Beside the candidates of the models, whom Splink thinks likely, with score and evidence."""
    asked = [waiting for waiting in queue if waiting["reason_code"] == "identity_unresolved"]
    suggested = linkage.suggest(connection) if asked else {}
    for waiting in asked:
        row_id = f"{waiting['delivery_id']}/{waiting['sheet']}/{waiting['row_number']}"
        found = linkage.merged(suggested.get((row_id, waiting["column_name"]), ()), _candidates(waiting["proposals"]))
        waiting["proposals"] = json.dumps(found, ensure_ascii=False) if found else None


def _line(waiting: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, str]:
    key = [waiting[name] for name in ("delivery_id", "sheet", "row_number", "column_name", "reason_code")]
    texts = {
        "事项": QUESTIONS[waiting["reason_code"]],
        "说明": waiting["reason"],
        "系统建议": _suggested(waiting["reason_code"], waiting["proposals"]),
        "姓名": waiting["person_name"],
        "证件号码": mask_number(waiting["id_number"]),
        "镇": waiting["town_name"],
        "村": waiting["village_name"],
        "数据": titles.get(waiting["feed"], waiting["feed"]),
        "文件": waiting["file_name"],
        "工作表": waiting["sheet"],
        "行号": waiting["row_number"],
        KEY: json.dumps(key, ensure_ascii=False),
        SUGGESTIONS: waiting["proposals"],
    }
    return {name: text_of(value) for name, value in texts.items()}


def _suggested(reason_code: str, proposals: str | None) -> str:
    """The suggestion as a person reads it; candidates are numbered, their numbers masked."""
    if reason_code == "identity_unresolved":
        return "\n".join(
            f"{at}. {one['person_name']} {one['village_name'] or ''} 户编号{one['household_id']} 证号{one['id_number']}"
            + (f"(把握{one['score']:.2f}:{one['evidence']})" if "score" in one else "")
            for at, one in enumerate(_candidates(proposals), start=1)
        )
    return f"{proposals}元" if proposals and reason_code == "approximate_amount" else proposals or ""


def _candidates(proposals: str | None) -> list[dict[str, Any]]:
    try:
        found = json.loads(proposals or "[]")
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def write_review(path: Path, lines: Sequence[Mapping[str, str]], *, created: datetime, reasons: Sequence[str] = ()) -> None:
    """Write lines to be answered; with ``reasons``, one a line, those that could not be used, to be corrected and sent again."""
    fields = (REFUSED, *FIELDS) if reasons else FIELDS
    shown = SHOWN + bool(reasons)
    with new_book(path, title="待核定事项", author="防贫监测预警", created=created) as book:
        sheet = book.workbook.add_worksheet(SHEET)
        set_page(sheet, name="待核定事项")
        set_widths(sheet, fields)
        sheet.set_column(shown, len(fields) - 1, 10, None, {"hidden": True})
        write_title(book, sheet, 0, "退回的核定" if reasons else "待核定事项", shown - 1)
        write_note(book, sheet, 1, HOW, [entry.width for entry in fields[:shown]])
        write_head(book, sheet, 2, fields)
        for index, line in enumerate(lines, start=3):
            values = [reasons[index - 3], *[""] * len(FIELDS)] if reasons else [""] * len(FIELDS)
            values[-len(FIELDS) :] = [line.get(entry.label, "") for entry in FIELDS]
            sheet.set_row(index, row_height(fields[:shown], values[:shown]))
            for column, (entry, value) in enumerate(zip(fields, values, strict=True)):
                look: dict[str, Any] = {"bg_color": FAULT_YELLOW} if entry.label in (DECISION, VALUE, DECIDER) else {}
                look |= {"font_color": ALERT_RED} if entry is REFUSED else {}
                book.put(sheet, index, column, value, book.cell_style(entry.kind, **look))
        at = [entry.label for entry in fields].index(DECISION)
        if lines:
            rule = {"validate": "list", "source": list(CHOICES), "error_message": "请从下拉框中选择。"}
            sheet.data_validation(3, at, len(lines) + 2, at, rule)
        sheet.freeze_panes(3, 0)
        sheet.repeat_rows(2)


def answered_lines(workbook: Workbook) -> list[tuple[str, int, dict[str, str]]] | None:
    """The lines of a review workbook that somebody filled in: sheet, row number, cells by head. None: it is something else."""
    found: list[tuple[str, int, dict[str, str]]] | None = None
    for sheet in workbook.sheets:
        top = [[text_of(cell).strip() for cell in row] for row in sheet.rows[:HEAD_WITHIN]]
        at = next((number for number, cells in enumerate(top) if set(HEADS) <= set(cells)), None)
        if at is None:
            continue
        found = found or []
        heads = {text: index for index, text in enumerate(top[at]) if text}
        for number, row in enumerate(sheet.rows[at + 1 :], start=at + 2):
            line = {head: text_of(row[index]).strip() if index < len(row) else "" for head, index in heads.items()}
            if line[DECISION] or line[VALUE]:
                found.append((sheet.name, number, line))
    return found


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
                raise ValueError(UNKNOWN_QUESTION)
            if not line[DECIDER]:
                raise ValueError("没有填经办人;请填写作出决定的人")
            if line[DECISION] not in CHOICES:
                raise ValueError("“决定”不是采纳、不采纳或其他;请从下拉框中选择")
            if line[DECISION] == ACCEPT and accepted & rivals.get(question, set()):
                raise ValueError(TWO_ACCEPTED)
            value = _value(connection, divisions, question, line, decided_at)
        except ValueError as error:
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
    except ValueError:
        return None


def _question(line: Mapping[str, str]) -> Question:
    try:
        delivery_id, sheet, row_number, column_name, reason_code = json.loads(line[KEY])
        return Question(str(delivery_id), str(sheet), int(row_number), column_name, str(reason_code))
    except (TypeError, ValueError):
        raise ValueError("隐藏的核定编号缺失或被改动;请重新导出待核定表后填写") from None


def _value(
    connection: duckdb.DuckDBPyConnection, divisions: Divisions, question: Question, line: Mapping[str, str], decided_at: datetime
) -> str | None:
    """What holds from now on, in standard form; None where the decision says it all. Raises ValueError with what is missing."""
    decision, given = line[DECISION], line[VALUE]
    if decision == DECLINE:
        return None
    if question.reason_code == "approximate_amount":
        return _amount(given or (line.get(SUGGESTIONS, "") if decision == ACCEPT else ""))
    if question.reason_code == "identity_unresolved":
        return _person(connection, given, decision, _candidates(line.get(SUGGESTIONS)), decided_at)
    if question.reason_code == "unroutable":
        return _place(divisions, given, decided_at)
    if decision == OTHER:
        raise ValueError("此事项只能采纳或不采纳;如数据有误,请部门更正后重新报送")
    return None


def _amount(text: str) -> str:
    try:
        amount = Decimal(re.sub(r"[,,\s元]", "", text)).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise ValueError("没有确定的金额;请在“改为”填写以元计的金额,只填数字") from None
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 12:
        raise ValueError("金额超出范围;请在“改为”填写以元计的金额")
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
            raise ValueError("“改为”不是有效的18位身份证号;请核对证件后填写")
        return number
    chosen = [one for at, one in enumerate(candidates, start=1) if given in (str(at), one["household_id"])]
    if not given and len(candidates) == 1:
        chosen = list(candidates)
    if len(chosen) != 1:
        raise ValueError("采纳哪一个候选没有说明;请在“改为”填候选的序号,都不是的选不采纳或其他")
    (one,) = chosen
    numbers = connection.execute(
        """select distinct id_number from raw.rural_revitalization__registry
        where household_id = ? and person_name = ? and right(id_number, 4) = ?""",
        [one["household_id"], one["person_name"], str(one["id_number"])[-4:]],
    ).fetchall()
    if len(numbers) != 1:
        raise ValueError("名册中找不到所选的候选人;请选其他并在“改为”填写身份证号")
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
    raise ValueError("“改为”不是本县的镇村;请填写镇名和村名,中间空一格")


def write_rejected(path: Path, answers: Answers, *, created: datetime) -> None:
    """The return workbook of lines that could not be used; it can be corrected and dropped into the inbox again."""
    write_review(
        path,
        [line for *_, line in answers.rejected],
        created=created,
        reasons=[reason for _, _, reason, _ in answers.rejected],
    )
