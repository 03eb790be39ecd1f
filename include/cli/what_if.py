"""What if a rule's threshold were another: the month's warnings and visits as they would be, beside those there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from include.cli.terminal import console
from include.cli.words import month_of
from include.site import current_site

if TYPE_CHECKING:
    from include.warnings.what_if import Known, WhatIf


def what_if(
    rule: Annotated[str, typer.Option(metavar="规则", help="规则或预警原因的代码，如 illness.self_pay；须有数值标准")],
    threshold: Annotated[str, typer.Option(metavar="标准", help="设想的标准，单位与原标准相同，如 25000")],
    month: Annotated[str, typer.Option(metavar="月份", help="如 2024-03", callback=month_of)],
) -> None:
    """试算：某条规则的标准改为另一个数，某月各镇村的预警和入户会多多少、少多少。

    不改规则，不改预警，不写仓库；之前各月照实际交办的算。监测收入线是一条，用到它的规则一同试算。
    """
    from include.warnings.what_if import what_if as ask

    print_what_if(console, ask(current_site(), rule, threshold, month))


def print_what_if(console: Console, found: WhatIf) -> None:
    """What was asked, the villages where something changes, the sums, and what is known of the households by now."""
    console.print(f"{found.month.name} 期试算，截至 {found.month.cutoff_at:%Y-%m-%d %H:%M} 收到的数据；没有改动任何数据")
    for rule in found.rules:
        what = "监测收入线" if rule.is_income_line else "标准"
        console.print(f"{rule.name}（{rule.rule_id}）：{what} {rule.threshold} → {found.threshold:f}", markup=False)
    if not found.changed_places:
        console.print(f"预警 {found.warnings[0]} 条、入户 {found.visits[0]} 户都不变")
        return
    table = Table("镇", "村", "预警", "设想", "增减", "入户", "设想", "增减")
    for column in table.columns[2:]:
        column.justify = "right"
    for place in found.changed_places:
        village = place.village_name or "全镇或村名待核"
        table.add_row(place.town_name, village, *_change(place.warnings), *_change(place.visits))
    table.add_section()
    table.add_row("合计", "（含没有变化的村）", *_change(found.warnings), *_change(found.visits))
    console.print(table)
    console.print(
        f"多出预警 {found.more} 条，减少 {found.fewer} 条；多入户 {found.added.total} 户，少入户 {found.spared.total} 户"
    )
    if found.added.total:
        console.print(f"多入的户，按至今所知：{_known(found.added, '，本可更早发现')}", soft_wrap=True)
    if found.spared.total:
        console.print(f"少入的户，按至今所知：{_known(found.spared, '，会漏掉或迟发现')}", soft_wrap=True)


def _change(counts: tuple[int, int]) -> tuple[str, str, str]:
    before, after = counts
    return str(before), str(after), f"{after - before:+d}" if after != before else "0"


def _known(known: Known, of_registered: str) -> str:
    return (
        f"后来纳入监测 {known.registered} 户{of_registered}；入户认为符合、尚未纳入 {known.qualifying} 户；"
        f"已在监测 {known.monitored} 户；入户没有发现问题 {known.nothing} 户；没有入户反馈、不得而知 {known.unknown} 户"
    )
