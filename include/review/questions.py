"""What waits for a person at the bureau: which questions there are, and the workbook that puts them with suggestions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from include.contracts import load_contracts
from include.errors import FangpinError
from include.identity import linkage
from include.identity.masks import mask_number
from include.reports.sheets import text_of
from include.review.workbook import KEY, SUGGESTIONS, write_review
from include.site import Site
from include.site.home import rehearsal_mark
from include.storage import ledger
from include.storage.warehouse import connect

QUESTIONS = {
    "identity_unresolved": "是哪个人",
    "unroutable": "归哪个镇村",
    "approximate_amount": "金额是多少",
    "conflict": "两行不一致",
    "answer_qualified": "回答有保留",
    "multiple_disability_level_3": "多重三级",
}
"""Questions a line can answer; what remains in the queue is settled elsewhere (no_income_line: the county's own setting)."""

QUEUE = """
select queue.delivery_id, queue.sheet, queue.row_number, queue.column_name, queue.reason_code, queue.reason, queue.proposals,
    queue.feed, deliveries.file_name, rows.person_name, rows.id_number, rows.town_name, rows.village_name
from report.report_queue as queue
left join ledger.deliveries as deliveries on deliveries.delivery_id = queue.delivery_id
left join report.report_screened_rows as rows
    on rows.delivery_id = queue.delivery_id and rows.sheet = queue.sheet and rows.row_number = queue.row_number
order by queue.delivery_id, queue.sheet, queue.row_number, queue.reason_code, queue.column_name
"""


class ReviewError(FangpinError):
    """The queue cannot be exported; the message says what to do first."""


@dataclass(frozen=True)
class Question:
    """One thing asked about one row; the key is all five."""

    delivery_id: str
    sheet: str
    row_number: int
    column_name: str | None
    reason_code: str


def export_queue(site: Site, path: Path | None = None) -> tuple[Path, int]:
    """Write what waits for a person and can be answered by a line; returns the file and the number of lines.

    Raises ReviewError when nothing has been screened yet.
    """
    path = path or site.reports / f"待核定_{site.now():%Y%m%d}.xlsx"
    titles = {contract.feed: contract.title for contract in load_contracts()}
    with connect(site) as connection:
        ledger.create_tables(connection)
        try:
            found = connection.execute(QUEUE)
        except duckdb.CatalogException:
            raise ReviewError("还没有筛查结果；请先运行 fangpin month") from None
        names = [column[0] for column in found.description or ()]
        queue = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        _add_scores(connection, queue)
        lines = [_line(waiting, titles) for waiting in queue if waiting["reason_code"] in QUESTIONS]
        ledger.record_export(connection, site.now(), "review", len(lines), is_masked=False)
    write_review(path, lines, mark=rehearsal_mark(site), created=site.now())
    return path, len(lines)


def _add_scores(connection: duckdb.DuckDBPyConnection, queue: Sequence[dict[str, Any]]) -> None:
    """Beside the candidates of the models, whom Splink thinks likely, with score and evidence."""
    asked = [waiting for waiting in queue if waiting["reason_code"] == "identity_unresolved"]
    suggested = linkage.suggest(connection) if asked else {}
    for waiting in asked:
        row_id = f"{waiting['delivery_id']}/{waiting['sheet']}/{waiting['row_number']}"
        found = linkage.merged(suggested.get((row_id, waiting["column_name"]), ()), candidates_of(waiting["proposals"]))
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
            + (f"（把握{one['score']:.2f}：{one['evidence']}）" if "score" in one else "")
            for at, one in enumerate(candidates_of(proposals), start=1)
        )
    return f"{proposals}元" if proposals and reason_code == "approximate_amount" else proposals or ""


def candidates_of(proposals: str | None) -> list[dict[str, Any]]:
    """The people a suggestion names, best first; none where it names none or is damaged."""
    try:
        found = json.loads(proposals or "[]")
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
