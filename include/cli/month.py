"""What a month came to: that month's rows by kind of data, who was silent, and the warnings by town."""

from __future__ import annotations

from datetime import date

from rich.console import Console
from rich.table import Table

from include.cli.clocks import state_text
from include.clocks.cycle import Window, duties_at, feed_accounts, late, unmet, window_of
from include.clocks.duties import Duty
from include.contracts import load_contracts
from include.dispatch.issue import town_folders
from include.reports.labels import WARNING_TYPES
from include.service.month import warnings_by_town
from include.site import Site
from include.storage import ledger
from include.storage.warehouse import connect

VERDICTS = (("published", "入库"), ("zero_reports", "零报告"), ("duplicated", "重复"), ("refused", "退回"))


def print_accounts(console: Console, site: Site, dispatch_id: str) -> None:
    """The rows received for this month's dispatch, and who owed something for it and sent nothing."""
    with connect(site) as connection:
        ledger.create_tables(connection)
        window = window_of(connection, dispatch_id, site.now())
        accounts = feed_accounts(connection, window)
        found = duties_at(connection, site, window.until)
    titles = {contract.feed: contract.title for contract in load_contracts()}
    since = f"{window.since:%m-%d %H:%M} 以后" if window.since else "最初"
    table = Table(title=f"{dispatch_id} 期收到的各类数据({since}至 {window.until:%m-%d %H:%M};收到 = 接收 + 退回 + 重复)")
    for name in ("数据", "批次", "收到行", "接收", "退回", "重复"):
        table.add_column(name, justify="left" if name == "数据" else "right")
    table.add_column("结论")
    for row in accounts.to_dict("records"):
        verdicts = [f"{label} {row[name]}" for name, label in VERDICTS if row[name]]
        counts = (row["deliveries"], row["row_count"], row["accepted_count"], row["rejected_count"], row["duplicate_count"])
        table.add_row(titles.get(row["feed"], row["feed"]), *map(str, counts), "、".join(verdicts))
    if accounts.empty:
        console.print(f"{dispatch_id} 期没有收到任何数据")
    else:
        console.print(table)
    _print_offices(console, "应报未报", unmet(found, window), window)
    _print_offices(console, "迟报", late(found, window), window)


def _print_offices(console: Console, title: str, found: list[Duty], window: Window) -> None:
    """A line for each office: which of its data, and how it stands."""
    if not found:
        console.print(f"{title}:无")
        return
    console.print(f"{title} {len(found)} 项:")
    by_owner: dict[str, dict[str, list[Duty]]] = {}
    for duty in found:
        by_owner.setdefault(duty.owner_name, {}).setdefault(duty.title, []).append(duty)
    for owner, mine in by_owner.items():
        items = "、".join(_item(title, duties, window.until.date()) for title, duties in mine.items())
        console.print(f"  {owner}:{items}", markup=False)


def _item(title: str, duties: list[Duty], today: date) -> str:
    if len(duties) > 1:
        return f"《{title}》{len(duties)} 项(最多 {max(duty.days_late(today) for duty in duties)} 天)"
    return f"《{title}》{duties[0].period_text}({state_text(duties[0], today)})"


def print_warnings(console: Console, site: Site, dispatch_id: str) -> None:
    """Warnings of a dispatch by town and type, and where its books lie."""
    counted = warnings_by_town(site, dispatch_id)
    table = Table(title=f"{dispatch_id} 期交办的预警")
    table.add_column("镇")
    for name in counted.columns:
        table.add_column(WARNING_TYPES[name].removesuffix("预警"), justify="right")
    table.add_column("合计", justify="right")
    for town, counts in counted.iterrows():
        table.add_row(str(town), *map(str, counts), str(counts.sum()))
    table.add_row("合计", *map(str, counted.sum()), str(int(counted.to_numpy().sum())))
    if counted.empty:
        console.print(f"{dispatch_id} 期没有预警")
    else:
        console.print(table)
    for folder in town_folders(site, dispatch_id):
        console.print(f"{folder.name}:{'、'.join(str(path) for path in sorted(folder.iterdir()))}")
    console.print(f"数据质量文档:{site.docs / 'quality' / 'index.html'}")
    console.print(f"模型文档:{site.docs / 'models' / 'index.html'}")
