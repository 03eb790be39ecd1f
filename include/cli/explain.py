"""Where a warning comes from, and what is known of a person, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from include.cli.terminal import console
from include.contracts import contract
from include.site import current_site

if TYPE_CHECKING:
    from include.warnings.explain import Explanation, PersonTrace, Screened, Trace
    from include.warnings.left_out import LeftOut
    from include.warnings.story import Step

SCREENED = ("findings", "queue", "misses", "advisory")
"""Exports that are of the last screening, and not of a dispatch or the ledger."""
NOT_LISTED = {
    "replaced": "同一对象后来另有报送，以后来的为准",
    "not_screened": "已收下，尚未筛查，下次筛查计入",
}


def explain(
    warning: Annotated[str | None, typer.Argument(metavar="预警编号")] = None,
    person: Annotated[str | None, typer.Option(metavar="证号", help="身份证号：此人为什么有或没有预警")] = None,
    household: Annotated[str | None, typer.Option(metavar="户编号", help="户编号：此户的预警都经过了什么")] = None,
) -> None:
    """一条预警从何而来、经过了什么；某人为什么没有预警；某户的预警都经过了什么。"""
    from include.warnings.explain import explain_person, explain_warning
    from include.warnings.story import explain_household

    if sum(given is not None for given in (warning, person, household)) != 1:
        raise typer.BadParameter("请给出一个预警编号，或用 --person 给出身份证号，或用 --household 给出户编号")
    if household is not None:
        print_story(console, explain_household(current_site(), household))
    elif person is not None:
        print_person(console, explain_person(current_site(), person))
    else:
        print_explanation(console, explain_warning(current_site(), str(warning)))


def screened_text(screened: Screened | None) -> str:
    """As of when everything that was screened speaks."""
    if screened is None:
        return "还没有筛查过"
    return f"最近一次筛查：{screened.screened_at:%Y-%m-%d %H:%M}，截至 {screened.cutoff_at:%Y-%m-%d %H:%M} 收到的数据"


def print_explanation(console: Console, found: Explanation) -> None:
    """A warning: whom it is about, when it was issued, and each row it rests on with its rule and file."""
    from include.identity.masks import mask_numbers
    from include.reports.labels import CAUSES, IDENTITIES, IDENTITY_METHODS, SUBJECTS, WARNING_TYPES

    record = found.warning
    method = IDENTITY_METHODS.get(record["identity_method"] or "")
    shown = [
        (
            "预警",
            f"{record['warning_id']} {WARNING_TYPES[record['warning_type']]}（{CAUSES[record['cause']]}，{record['cause']}）",
        ),
        ("对象", f"{SUBJECTS[record['subject']]} {record['person_name'] or ''} {record['id_number'] or ''}"),
        ("所在", f"{record['town_name']} {record['village_name'] or ''}"),
        ("身份", IDENTITIES[record["identity"]] + (f"({method})" if method else "")),
        ("名单", f"{record['registry_status'] or '不适用'}（名单数据日期 {str(record['registry_date'])[:10]}）"),
    ]
    for label, text in shown:
        console.print(f"{label}:{text}", markup=False)
    for dispatch_id, listing_kind, issued_at in found.listings:
        listed = {"issued": "交办", "monitoring": "动态监测", "found": "区域核查时发现"}.get(listing_kind, "继续跟踪")
        console.print(f"{listed}：{dispatch_id} 期（{issued_at:%Y-%m-%d %H:%M}）")
    print_story(console, found.story)
    console.print(screened_text(found.screened))
    for number, signal in enumerate(found.signals, start=1):
        title = contract(signal.feed).title
        console.print(f"\n信号 {number}：{signal.evidence}", markup=False)
        console.print(f"  依据：{signal.clause} {signal.clause_text or ''}")
        until = str(signal.valid_to)[:10] if signal.valid_to else "今"
        console.print(f"  规则：{signal.rule_id} {signal.rule_name or ''}，{str(signal.valid_from)[:10]} 起至{until}有效")
        console.print(f"  标准：{signal.threshold or '无数值标准'}；实际：{signal.observed_value or '-'}")
        console.print(
            f"  来源：{title}《{mask_numbers(signal.file_name)}》工作表“{mask_numbers(signal.sheet)}”第 {signal.row_number} 行，"
            f"批次 {signal.delivery_id}",
            markup=False,
        )
        console.print(f"  文件 SHA-256:{signal.sha256}")
        console.print(f"  收到：{signal.received_at:%Y-%m-%d %H:%M}")


def print_story(console: Console, steps: Sequence[Step]) -> None:
    """What happened one after the other, each with the state it led to and the row or dispatch that says so."""
    from include.identity.masks import mask_numbers
    from include.reports.labels import EVENTS, STATES, WARNING_TYPES

    several = len({step.warning_id for step in steps}) > 1
    for step in steps:
        which = f"{step.warning_id} {WARNING_TYPES[step.warning_type]} " if several else ""
        source = f"，{step.source} 期" if step.source and not step.file_name else ""
        if step.file_name:
            source = f"，见《{mask_numbers(step.file_name)}》工作表“{mask_numbers(step.sheet or '')}”第 {step.row_number} 行"
        by = f"（{step.done_by}）" if step.done_by else ""
        state = STATES.get(step.to_state, "尚未交办")
        why = f"：{step.reason}" if step.reason else ""
        told = f"{step.happened_at:%Y-%m-%d %H:%M} {which}{EVENTS[step.event]}{by}{why} → {state}{source}"
        console.print(told, markup=False)


def print_person(console: Console, found: PersonTrace) -> None:
    """A person: the registry, the rows taken and what came of them, the rows not taken and why, and what was not searched."""
    console.print(f"{found.masked}:{_registry_text(found)}", markup=False)
    console.print(screened_text(found.screened))
    for row in found.rows:
        console.print(_row_text(row), markup=False)
    listed = {row.warning_id for row in found.rows if row.warning_id}
    for warning_id, dispatch_id, issued_at in found.issued:
        if not any(warning_id in listing for listing in listed):
            console.print(
                f"曾交办预警 {warning_id}：{dispatch_id} 期（{issued_at:%Y-%m-%d %H:%M}），见 fangpin explain {warning_id}"
            )
    if not found.rows:
        console.print("各部门报送并收下的数据中没有此人" + ("" if found.issued else "，所以没有预警"))
    surely = [row for row in found.left_out if row.likeness is None]
    perhaps = [row for row in found.left_out if row.likeness is not None]
    _print_left_out(console, "写有此人、没有收下的行", surely)
    _print_left_out(console, "号码已损坏、可能是此人的行（请报送部门核实）", perhaps)
    if not found.left_out:
        console.print("退回的行、整份退回的文件、隐藏的和其他时期的工作表中也没有此人的号码")
    searched = found.not_searched
    if searched.unreadable:
        console.print(f"另有 {searched.unreadable} 份文件打不开（已退回或搁置），其中有没有此人不得而知")
    if searched.waiting:
        console.print(f"另有 {searched.waiting} 份文件尚未入库，没有查")


def _registry_text(found: PersonTrace) -> str:
    from include.reports.labels import date_text

    if found.registry_status:
        return found.registry_status
    if found.last_listed:
        return f"不在筛查时的脱贫人口和监测对象名单中，最近见于数据日期 {date_text(found.last_listed)}的名单"
    return "不在脱贫人口和监测对象名单中"


def _row_text(row: Trace) -> str:
    from include.reports.labels import OUTCOMES

    verdict = NOT_LISTED.get(row.outcome) or OUTCOMES[row.outcome]
    if row.reason:
        verdict += f":{row.reason}"
    return _place(row) + verdict + (f"  预警 {row.warning_id}" if row.warning_id else "")


def _place(row: Trace | LeftOut) -> str:
    from include.identity.masks import mask_numbers

    title = contract(row.feed).title if row.feed else "没有认出是哪种数据"
    return (
        f"{title} {row.period or ''}《{mask_numbers(row.file_name)}》“{mask_numbers(row.sheet)}”第 {row.row_number} 行"
        f"（{row.received_at:%Y-%m-%d %H:%M} 收到）："
    )


def _print_left_out(console: Console, title: str, rows: list[LeftOut]) -> None:
    from include.identity.masks import mask_numbers

    if rows:
        console.print(f"{title}:")
    for row in rows:
        likeness = f"可能是此人（{row.likeness}）；" if row.likeness else ""
        why = row.why.replace(
            f"《{row.file_name}》" + (f"工作表“{row.sheet}”" if row.sheet else "") + f"第 {row.row_number} 行", ""
        )
        console.print(f"  {_place(row)}{likeness}{mask_numbers(why)}", markup=False)
