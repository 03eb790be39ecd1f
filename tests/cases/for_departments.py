"""Writes the departments' annex from the outcomes and the reasons, and their page's table of what is owed from the contracts.

``python -m tests.cases.for_departments``
"""

from __future__ import annotations

import re

from include.checking.reasons import Reason, reasons
from include.contracts import load_contracts
from include.site import PROJECT
from tests.cases.outcomes import ACCEPTED, CASES, FILE, ROW, SECTIONS, SKIPPED, WAITS, Case

PAGE = PROJECT / "docs" / "for-departments.md"
ANNEX = PROJECT / "docs" / "for-departments-annex.md"
FEEDS = re.compile(r"(<!-- 下表由数据契约生成.*?-->\n).*?(<!-- end of what is generated -->)", re.DOTALL)

BEFORE = """# 给各部门的附表：各种情况与结果

<!-- 本页由 tests/cases/outcomes.py 和 include/checking/reasons.yaml 生成(python -m tests.cases.for_departments)
请改那里，不要直接改本页 -->

怎样报送、回执怎样看，见[给各部门](for-departments.md)；各种结果的意思也在那里。

## 各种情况与结果

“部门看到的”是系统所给的话里的要点；退回时另外写明文件、工作表、行和列。任何提示里都不写出身份证号。
"""

REASONS = """
## 所有原因与办法

上表是常见的情况；下表列出退回、搁置、待核定和提示的全部原因。
写“整行退回或接收并提示”的，这一格必填或者是当事人的证号时整行退回，其余按空白接收并提示。

| 原因 | 结果 | 怎么办 |
|---|---|---|
"""

RESULTS = {"refused": FILE, "rejected": ROW, "waiting": WAITS, "finding": "接收并提示", "set_aside": "搁置"}


def _line(case: Case) -> str:
    looks, sees = (text.replace("|", "\\|") for text in (case.looks, case.sees))
    note = "提示：" if case.outcome == ACCEPTED and case.code else ""
    return f"| {looks} | {case.outcome} | {note}{sees} |"


def _results(reason: Reason) -> str:
    """What may become of a file or a row for this reason, as the page calls it; '' for what no department is told."""
    return "或".join(name for level, name in RESULTS.items() if level in reason.levels)


def reason_lines() -> list[str]:
    """A line for each reason that a department is told, in the catalogue's order."""
    told = ((reason, _results(reason)) for reason in reasons().values())
    return [f"| {reason.label} | {results} | {reason.remedy} |" for reason, results in told if results]


def annex() -> str:
    """The annex as it should stand in docs/."""
    parts = [BEFORE]
    for section, title in SECTIONS.items():
        lines = [_line(case) for case in CASES if case.section == section]
        parts += [f"\n### {section}. {title}\n\n| 情况 | 结果 | 部门看到的 |\n|---|---|---|\n", "\n".join(lines), "\n"]
    return "".join([*parts, REASONS, "\n".join(reason_lines()), "\n"])


def page(written: str) -> str:
    """The page with its table of what is owed as the contracts have it; the rest is written by hand."""
    lines = ["| 部门 | 数据 | 什么时候 |", "|---|---|---|"]
    lines += [f"| {each.department_name} | {each.title} | {each.due} |" for each in load_contracts() if each.cause]
    return FEEDS.sub(lambda found: f"{found[1]}\n" + "\n".join(lines) + f"\n\n{found[2]}", written)


def outcomes_explained() -> set[str]:
    """The outcomes that the page explains."""
    written = PAGE.read_text("utf-8")
    return {outcome for outcome in (ACCEPTED, ROW, FILE, WAITS, SKIPPED) if f"| {outcome} |" in written}


if __name__ == "__main__":
    ANNEX.write_text(annex(), "utf-8")
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
