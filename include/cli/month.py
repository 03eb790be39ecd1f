"""A home, a rehearsal's files, a month's cycle: what they came to, by kind of data, by who was silent, by town."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from include.cli.access import print_passwords
from include.cli.terminal import Steps, console, errors, print_seconds
from include.cli.words import dispatch_of, month_of
from include.contracts import load_contracts
from include.site import Site, current_site

if TYPE_CHECKING:
    from include.clocks.cycle import Window
    from include.clocks.duties import Duty
    from include.rehearsal.county import Summary

VERDICTS = (("published", "入库"), ("zero_reports", "零报告"), ("duplicated", "重复"), ("refused", "退回"))


def init(
    rehearsal: Annotated[bool, typer.Option("--rehearsal", help="建演练用的目录：可以用 --approve-as，公文带“演练”字样")] = False,
) -> None:
    """建一个数据目录（FANGPIN_HOME）：正式使用的，或演练用的；建好后不能改变。"""
    from include.site.home import make_real, make_rehearsal

    site = current_site()
    (make_rehearsal if rehearsal else make_real)(site)
    for folder in site.county.departments.values():
        (site.inbox / folder).mkdir(parents=True, exist_ok=True)
    console.print(f"{site.county.name}{'演练' if rehearsal else '正式使用'}的目录已建好：{site.home}", markup=False)
    console.print(f"1. 各部门的文件放入 {site.inbox} 下本部门的文件夹", markup=False)
    if rehearsal:
        console.print(
            "2. 运行 fangpin month <月份> --approve-as bureau,如 fangpin month 2024-03 --approve-as bureau", markup=False
        )
    else:
        console.print(f"2. 县里的设置放在 {site.home / 'county'}；运行 fangpin doctor 检查本机和设置", markup=False)
        console.print("3. 运行 fangpin up 启动服务；第一次启动时显示各用户的口令，只显示一次", markup=False)


def sample(
    month: Annotated[str | None, typer.Option(metavar="月份", help="写各部门这个月的文件，如 2024-03", callback=month_of)] = None,
    seed: Annotated[int, typer.Option(help="随机种子：同一种子写出同样的县")] = 7,
    size: Annotated[str, typer.Option(metavar="规模", help="small、county 或 large")] = "small",
    out: Annotated[Path | None, typer.Option(metavar="目录", help="写到哪里（默认为收件箱）")] = None,
    all_feeds: Annotated[bool, typer.Option("--all-feeds", help="另加其余各类数据的一份迟报")] = False,
    returns: Annotated[
        str | None, typer.Option("--returns", metavar="期", help="写各镇对已交办的一期的反馈，如 2024-03", callback=dispatch_of)
    ] = None,
    days: Annotated[int | None, typer.Option(metavar="天数", help="只写交办后这些天以内的反馈（默认全部）")] = None,
) -> None:
    """写出演练县的报送文件，或各镇的反馈。

    --month：名单和各部门按实际样子报送的文件。--returns：各镇照交办的工作簿入户核查、反馈、制定帮扶措施的文件，有按时的、迟的、
    分批的、填错的、不报的。人名、证号均为虚构；应有的结果写在旁边。
    """
    from include.rehearsal.county import write_sample
    from include.site.home import make_rehearsal

    site = current_site()
    if (month is None) == (returns is None):
        raise typer.BadParameter("--month 和 --returns 请给出其中一个")
    if returns is not None:
        _sample_returns(site, returns, seed, days)
        return
    assert month is not None
    if out is None or out.expanduser().resolve().is_relative_to(site.home):
        make_rehearsal(site)
    with Steps() as steps:
        summary = write_sample(
            site, month, seed=seed, size=size, out=out or site.inbox, all_feeds=all_feeds, progress=steps.report
        )
    _print_sample(summary, month)


def _sample_returns(site: Site, dispatch_id: str, seed: int, days: int | None) -> None:
    from include.rehearsal.returns import write_returns
    from include.site.home import HomeError, is_rehearsal

    if not is_rehearsal(site):
        raise HomeError("演练的反馈只能写进演练用的目录（fangpin init --rehearsal）")
    written = write_returns(site, dispatch_id, seed, days)
    console.print(
        f"{dispatch_id} 期各镇的反馈 {len(written.files)} 份，最后一份 {written.last_at:%m-%d} 到；在 {site.inbox / '各镇'}"
    )
    console.print(f"应有的结果在 {written.answers}")


def _print_sample(summary: Summary, month: str) -> None:
    from include.reports.labels import WARNING_TYPES

    names = current_site().county.departments
    table = Table(title=f"演练县 {month}：各部门的文件")
    for name in ("部门", "文件", "行"):
        table.add_column(name, justify="left" if name == "部门" else "right")
    for department, counts in summary.by_department.items():
        table.add_row(names.get(department, department), *map(str, counts))
    table.add_row("合计", str(summary.files), str(summary.rows))
    console.print(table)
    expected = Table(title="应有的预警")
    expected.add_column("类型")
    expected.add_column("件", justify="right")
    for kind, label in WARNING_TYPES.items():
        expected.add_row(label.removesuffix("预警"), str(summary.warnings_by_type.get(kind, 0)))
    expected.add_row("合计", str(summary.warnings))
    console.print(expected)
    console.print(f"名单 {summary.registry_persons} 人；文件在 {summary.inbox}，应有的结果在 {summary.answers}")


def month(
    context: typer.Context,
    month: Annotated[str, typer.Argument(metavar="月份", help="交办月份，如 2024-03", callback=month_of)],
    approve_as: Annotated[str | None, typer.Option(metavar="用户", help="以该用户身份批准；不给则等待在网页上批准")] = None,
    now: Annotated[
        str | None, typer.Option(metavar="时间", help="演练时钟，如 2024-03-10T08:00；默认为该月整合比对日 08:00")
    ] = None,
) -> None:
    """在真实的 Airflow 上跑完一个月：收件、入库、筛查、批准、交办、出表。"""
    from include.service.month import run_month
    from include.site.calendar import dispatch_clock
    from include.site.home import HomeError, open_home

    site = current_site()
    if not open_home(site) and approve_as:
        raise HomeError("--approve-as 只能用于演练用的目录（fangpin init --rehearsal）；正式使用时请乡村振兴局在网页上批准")
    os.environ["FANGPIN_NOW"] = now or context.obj or f"{dispatch_clock(month, site.county.screening_day)}T08:00:00"
    site.now()
    with Steps() as steps:
        cycle = run_month(
            site,
            month,
            approve_as=approve_as,
            report=steps.report,
            on_approval=lambda url: console.print(f"请以 bureau 身份登录并批准：{url}"),
            on_passwords=print_passwords,
        )
    print_accounts(console, site, month)
    if cycle.was_issued_before:
        console.print(f"{month} 期此前已交办，不重复交办；之后收到的数据进入下一期。")
    if cycle.is_issued:
        print_warnings(console, site, month)
    print_seconds(cycle.seconds)
    for part, times in cycle.restarts.items():
        errors.print(
            f"[yellow]提示：[/yellow]{part} 中途退出或没有应答，已重启 {times} 次；详情见 {site.airflow / 'logs' / 'service'}"
        )
    for failure in cycle.failures:
        errors.print(f"[red]未成功：[/red]{failure}")
    if not cycle.is_issued:
        errors.print(f"[red]{month} 期没有交办[/red]")
        for refusal in cycle.refusals:
            errors.print(refusal, markup=False)
    if not cycle.holds:
        errors.print(f"详情见 {site.airflow / 'logs'}")
        raise typer.Exit(1)


def print_accounts(console: Console, site: Site, dispatch_id: str) -> None:
    """The rows received for this month's dispatch, and who owed something for it and sent nothing."""
    from include.clocks.cycle import duties_at, feed_accounts, late, unmet, window_of
    from include.storage import ledger
    from include.storage.warehouse import connect

    with connect(site) as connection:
        ledger.create_tables(connection)
        window = window_of(connection, dispatch_id, site.now())
        accounts = feed_accounts(connection, window)
        found = duties_at(connection, site, window.until)
    titles = {contract.feed: contract.title for contract in load_contracts()}
    since = f"{window.since:%m-%d %H:%M} 以后" if window.since else "最初"
    table = Table(title=f"{dispatch_id} 期收到的各类数据（{since}至 {window.until:%m-%d %H:%M}；收到 = 接收 + 退回 + 重复）")
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
        console.print(f"{title}：无")
        return
    console.print(f"{title} {len(found)} 项：")
    by_owner: dict[str, dict[str, list[Duty]]] = {}
    for duty in found:
        by_owner.setdefault(duty.owner_name, {}).setdefault(duty.title, []).append(duty)
    for owner, mine in by_owner.items():
        items = "、".join(_item(title, duties, window.until.date()) for title, duties in mine.items())
        console.print(f"  {owner}:{items}", markup=False)


def _item(title: str, duties: list[Duty], today: date) -> str:
    from include.cli.clocks import state_text

    if len(duties) > 1:
        return f"《{title}》{len(duties)} 项（最多 {max(duty.days_late(today) for duty in duties)} 天）"
    return f"《{title}》{duties[0].period_text}（{state_text(duties[0], today)}）"


def print_warnings(console: Console, site: Site, dispatch_id: str) -> None:
    """Warnings of a dispatch by town and type, and where its books lie."""
    from include.dispatch.issue import town_folders
    from include.reports.labels import WARNING_TYPES
    from include.service.month import warnings_by_town

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
    console.print(f"数据质量文档：{site.docs / 'quality' / 'index.html'}")
    console.print(f"模型文档：{site.docs / 'models' / 'index.html'}")
