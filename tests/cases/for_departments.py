"""Writes docs/for-departments.md from the outcomes and the reasons: ``python -m tests.cases.for_departments``."""

from __future__ import annotations

from include.checking.reasons import Reason, reasons
from include.site import PROJECT
from tests.cases.outcomes import ACCEPTED, CASES, FILE, ROW, SECTIONS, SKIPPED, WAITS, Case

PAGE = PROJECT / "docs" / "for-departments.md"

BEFORE = """# 给各部门：怎样报送，报上来以后会怎样

<!-- 本页由 tests/cases/outcomes.py 和 include/checking/reasons.yaml 生成(python -m tests.cases.for_departments)
请改那里，不要直接改本页 -->

## 怎样报送

1. **放到本部门的文件夹**（收件夹里以部门名称命名，如“县医保局”）。文件名不限；Excel、WPS 表格(xlsx、xls、et、ods)和 CSV 都可以。
2. **一个文件一种数据**，用模板的表头。列的顺序、多出的列、上方的标题、下方的合计和落款都不影响；必填的列（模板中带 *）不能少。
3. **身份证号、残疾人证号列先设成“文本”格式再填**。按数字存放会丢掉末几位，系统无法恢复，只能退回。
4. **期次写在标题或文件名里**，如“2024年3月”。没有写的按收到的日子算。
5. **本期没有要报的也要报**：只有表头的空表，或写一行“本月无”，就是零报告。不报算逾期。
6. 金额按表头的单位填确切的数；单位是万元的，请写在表头（如“经济损失(万元)”）或表格上方(“单位:万元”)。

## 报上来以后

几分钟内会有回执：收到几行，接收几行，退回几行，重复几行。每一行、每一份只有下面五种结果：

| 结果 | 意思 | 您要做什么 |
|---|---|---|
| 接收并规范化 | 收下了；写法不规范但意思明确的，改成统一写法并留记录；有疑问的附一句提示 | 有提示的请核对，有误再报更正 |
| 整行退回 | 这一行缺必填内容或无法辨认，没有采用；其他行照常接收 | 在退回表的黄色格里改正，整个文件放回收件夹；已接收的不必再报 |
| 整份退回 | 文件打不开、认不出是哪种数据，或放错了地方，一行也没有采用 | 按退回通知写的办法处理后重新报送 |
| 待人工核定 | 收下了，但要人来定（如“约3万”，同一人两行不同），定下来以前不作预警 | 县乡村振兴局会来核实；也可以直接报更正 |
| 跳过并登记 | 不是数据的行和工作表（标题、合计、空行、隐藏的表等），不读取，行号留有登记 | 确是数据的请改正后再报 |

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

AFTER = """
## 更正与撤回

- 发现报错了，把改好的表再报一次即可：以后收到的为准，没变的行不会重复。
- 只报改正的几行也可以。后来的表里漏掉的行不会自动删除；要撤回某一行，请告诉县乡村振兴局。
- 退回表改好后可以直接放回收件夹，表头和标题不用动。
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


def page() -> str:
    """The page as it should stand in docs/."""
    parts = [BEFORE]
    for section, title in SECTIONS.items():
        lines = [_line(case) for case in CASES if case.section == section]
        parts += [f"\n### {section}. {title}\n\n| 情况 | 结果 | 部门看到的 |\n|---|---|---|\n", "\n".join(lines), "\n"]
    return "".join([*parts, REASONS, "\n".join(reason_lines()), "\n", AFTER])


def outcomes_explained() -> set[str]:
    """The outcomes that the page explains above its tables."""
    return {outcome for outcome in (ACCEPTED, ROW, FILE, WAITS, SKIPPED) if f"| {outcome} |" in BEFORE}


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
