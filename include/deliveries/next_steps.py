"""What its sender is to do after a delivery, outcome by outcome, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from include.contracts import contract, load_contracts, template_name
from include.reports.return_workbook import split_reason

ABOUT_THE_HEAD = frozenset({"unknown_table", "no_header", "missing_column", "ambiguous", "two_tables", "mixed_feeds"})
"""Refusals that a template would have spared."""


def next_steps(facts: Mapping[str, Any]) -> list[str]:
    """The steps in their order, at least one; ``facts`` as in ``receipt_facts``."""
    status = facts["status"]
    if status == "duplicate":
        return ["这一份不必再做什么。内容有变化的，请改好后再报。"]
    if status == "zero_report":
        return ["已登记为零报告，不必再做什么。本期以后有了要报的，照常报送即可。"]
    if status in ("refused", "set_aside"):
        return _as_a_whole(facts)
    if facts["feed"] is None:
        return _review(facts)
    steps = [f"批次号 {facts['delivery_id']} 请留存，几分钟后凭它查询入库结果。"] if status == "received" else []
    if facts["rejected"]:
        steps.append(f"{facts['rejected']} 行没有采用：{_corrected(facts)}已采用的行不必再报。")
    if facts["waiting"]:
        count = _count(facts["waiting"])
        steps.append(f"{count} 处要由县乡村振兴局核定，定下来以前不作预警；确是写错了的，改好再报一次即可，不必等。")
    if facts["guesses"]:
        steps.append("表的样子有推断的地方，请看“推断”一节是否与原意相符；不相符的，在表中写明后整份重报，以后报的为准。")
    if facts["findings"]:
        steps.append("“提示”一节所列请核对；有误的改好再报，无误的不必回复。")
    if facts["repaired"] and not steps:
        steps.append("都收下了，不必再做什么；下次请按“改正的写法”一节填写。")
    return steps or ["都收下了，不必再做什么。以后发现报错了，把改好的表再报一次，以后报的为准。"]


def _as_a_whole(facts: Mapping[str, Any]) -> list[str]:
    reason = (facts["reason"] or "").replace(facts["file_name"], "")  # whatever stands in a name is no remedy
    _, remedy = split_reason(reason)
    steps = [f"{remedy.rstrip('。') or '请核对后重新报送'}。"]
    if facts["reason_code"] in ABOUT_THE_HEAD and (names := templates_for(facts["feed"], facts["department"], reason)):
        steps.append(f"可从 templates 目录取用模板：{'、'.join(f'《{name}》' for name in names)}，填好后报送。")
    if facts["returned"]:
        steps.append(f"应有的栏目见{_named(facts['returned'])}。")
    return steps


def _review(facts: Mapping[str, Any]) -> list[str]:
    if facts["rejected"]:
        return [f"{facts['rejected']} 行没有记录：{_corrected(facts)}"]
    return ["决定都已记录，不必再做什么。"]


def _corrected(facts: Mapping[str, Any]) -> str:
    if not facts["returned"]:
        return "原因见“退回的行”一节，改正后只报这些行即可；"
    return f"打开{_named(facts['returned'])}，照“处理办法”改正黄色单元格，整个文件放回收件夹；"


def _named(names: list[str]) -> str:
    return f"同一文件夹中的{'、'.join(f'《{name}》' for name in names)}"


def _count(remarks: list[Mapping[str, Any]]) -> int:
    return sum(int(line["count"]) for line in remarks)


def templates_for(feed: str | None, department: str, reason: str) -> list[str]:
    """What the templates are called: of the feed, of those that the reason names, or of all that the sender reports."""
    owed = [contract(feed)] if feed else [each for each in load_contracts() if each.department == department]
    named = [each for each in owed if f"《{each.title}》" in reason] or owed
    return [name for each in named if (name := template_name(each))]
