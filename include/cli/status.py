"""How things stand, on one screen: the service, what waits, who is behind, the month's dispatch; ``--all`` has the details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from include.cli.explain import screened_text
from include.cli.terminal import console
from include.site import Site, current_site
from include.site.home import follow_clock

if TYPE_CHECKING:
    import duckdb

    from include.clocks.cycle import Window

MOST_SAID = 5
SHOWN_SET_ASIDE = 3


def status(is_whole: Annotated[bool, typer.Option("--all", help="逐项列出")] = False) -> None:
    """一屏看清：服务、收件箱、等候批准、谁逾期、最近交办；逐项用 --all。演练目录按演练时钟。"""
    print_status(console, current_site(), is_whole=is_whole)


def print_status(console: Console, site: Site, *, is_whole: bool) -> None:
    """Everything somebody must see who looks once a day; in a rehearsal by the rehearsal's clock."""
    from include.cli.clocks import print_duties, print_gap, print_overdue
    from include.cli.recovery import print_missing
    from include.clocks.cycle import duties_at, newest_window
    from include.clocks.escalation import chased
    from include.deliveries.inbox import inbox_files
    from include.dispatch.approve import approval_lines, dispatch_lines
    from include.recovery.missing import find_missing
    from include.storage import ledger
    from include.storage.warehouse import connect
    from include.warnings.explain import last_screening

    console.print(clock_text(site))
    _print_service(console, site, is_whole=is_whole)
    now = site.now()
    with connect(site) as connection:
        ledger.create_tables(connection)
        window = newest_window(connection, now)
        counted = _counted(connection, window)
        asked, told = _asked(connection), approval_lines(connection)
        dispatches = connection.execute(
            "select dispatch_id, issued_at, approved_by from ledger.dispatches order by issued_at, dispatch_id"
        ).fetchall()
        issued, screened = dispatch_lines(connection), last_screening(connection)
        found = duties_at(connection, site, now)
        reminded = chased(connection)
    console.print(f"收件箱 {len(inbox_files(site))} 份，{counted}")
    _print_set_aside(console, site, is_whole=is_whole)
    print_missing(console, find_missing(site))
    console.print(f"等候批准：{_shortened(asked, is_whole=is_whole)}")
    for line in told if is_whole else told[-MOST_SAID:]:
        console.print(line, style="yellow", markup=False)
    if is_whole:
        for line in issued:
            console.print(line, markup=False)
    else:
        _print_newest(console, dispatches)
    console.print(screened_text(screened))
    if is_whole:
        print_duties(console, found, window, reminded)
    else:
        print_overdue(console, found, window)
    print_gap(console, site, now.date(), is_whole=is_whole)


def clock_text(site: Site) -> str:
    """County and time, and whether the time is not that of the day."""
    is_set = follow_clock(site)
    return f"{site.county.name} {site.now():%Y-%m-%d %H:%M}{'（演练时钟）' if is_set else ''}"


def _counted(connection: duckdb.DuckDBPyConnection, window: Window) -> str:
    from include.storage import ledger

    waiting = len(ledger.pending(connection))
    refused, set_aside = connection.execute(
        """select count(*) filter (outcomes.status = 'refused'), count(*) filter (outcomes.status = 'set_aside')
        from ledger.outcomes as outcomes
        inner join ledger.deliveries as deliveries on deliveries.delivery_id = outcomes.delivery_id
        where $since is null or deliveries.received_at > $since""",
        {"since": window.since},
    ).fetchone() or (0, 0)
    since = f"{window.since:%Y-%m-%d} 以来" if window.since else "至今"
    return f"待入库 {waiting} 份；{since}整份退回 {refused} 份，搁置 {set_aside} 份"


def _print_set_aside(console: Console, site: Site, *, is_whole: bool) -> None:
    """What lies set aside and still asks for somebody; what was put back or removed is not listed."""
    from include.deliveries.answer import set_aside_files

    found = set_aside_files(site)
    for item in found if is_whole else found[:SHOWN_SET_ASIDE]:
        console.print(f"搁置：批次 {item.delivery_id}，{item.reason}", markup=False)
    if not is_whole and len(found) > SHOWN_SET_ASIDE:
        console.print(f"搁置的另有 {len(found) - SHOWN_SET_ASIDE} 份，逐份用 fangpin status --all", markup=False)


def _asked(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Dispatches put before the bureau and not issued, as long as they hold something that no other has issued meanwhile."""
    found = connection.execute(
        """with newest as (
            from ledger.proposals
            qualify row_number() over (partition by dispatch_id order by coalesce(proposal_no, 0) desc, proposed_at desc) = 1
        )
        select proposals.dispatch_id, proposals.proposed_at from newest as proposals
        anti join ledger.dispatches as dispatches on dispatches.dispatch_id = proposals.dispatch_id
        anti join ledger.approvals as approvals
            on approvals.dispatch_id = proposals.dispatch_id and approvals.proposal_no = proposals.proposal_no
        where proposals.kind = 'monthly' or exists (
            select 1 from ledger.proposed_warnings as proposed
            anti join ledger.dispatched_warnings as issued on issued.warning_id = proposed.warning_id
            where proposed.dispatch_id = proposals.dispatch_id
        )
        order by all"""
    ).fetchall()
    return [f"{dispatch_id} 期（{proposed_at:%Y-%m-%d %H:%M} 报批）" for dispatch_id, proposed_at in found]


def _shortened(items: list[str], *, is_whole: bool) -> str:
    if is_whole or len(items) <= MOST_SAID:
        return "、".join(items) or "无"
    return f"{'、'.join(items[:MOST_SAID])}等 {len(items)} 项"


def _print_newest(console: Console, dispatches: list[tuple[Any, ...]]) -> None:
    """The month's dispatch issued last, and how many instant notices came after it."""
    monthly = [row for row in dispatches if not row[0].startswith("instant-")]
    if monthly:
        dispatch_id, issued_at, by = monthly[-1]
        console.print(f"最近交办：{dispatch_id} 期，{issued_at:%Y-%m-%d %H:%M} 由 {by} 批准", markup=False)
    else:
        console.print("最近交办：还没有月度交办")
    since = [row for row in dispatches if row[0].startswith("instant-") and (not monthly or row[1] > monthly[-1][1])]
    if since:
        console.print(f"此后即时交办 {len(since)} 次，最近 {since[-1][0]}（{since[-1][1]:%Y-%m-%d %H:%M}）", markup=False)


def _print_service(console: Console, site: Site, *, is_whole: bool) -> None:
    from include.orchestration.airflow_api import ServiceError
    from include.service.airflow import Airflow
    from include.service.parts import read_record

    record = read_record(site)
    if not record:
        console.print("服务没有在运行；用 fangpin up 启动")
        return
    service = Airflow(site, record["port"])
    beats = service.health()
    states = _part_states(site, record, beats)
    if is_whole:
        table = Table(title=f"服务 {service.base_url}")
        for name in ("部分", "进程", "情况", "重启次数"):
            table.add_column(name)
        for part, (known, state) in states.items():
            table.add_row(part, str(int(known.get("pid", 0)) or "-"), state, str(known.get("restarts", "-")))
        console.print(table)
    else:
        well = [part for part, (_, state) in states.items() if state == RUNNING]
        restarts = sum(int(known.get("restarts", 0)) for known, _ in states.values())
        again = f"（共重启 {restarts} 次）" if restarts else ""
        console.print(f"服务 {service.base_url}：{'、'.join(well) or '无一部分'}{RUNNING}{again}")
        for part, (_, state) in states.items():
            if state != RUNNING:
                console.print(f"  {part}:{state}")
    try:
        busy = service.runs(states=("running", "queued")) if beats else []
    except (ServiceError, OSError) as error:
        console.print(f"[yellow]问不到正在办理的事：{escape(str(error))}[/yellow]")
        return
    runs = [f"{run['dag_id']} {run['partition_key'] or ''}".strip() for run in busy]
    console.print(f"正在办理：{_shortened(runs, is_whole=is_whole)}")


RUNNING = "运行中"


def _part_states(site: Site, record: dict[str, Any], beats: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    """Each part of the service, what its record says, and how it is."""
    from include.service.parts import is_running

    parts = {"supervisor": record.get("supervisor", {}), **record["parts"]} if record["stays"] else record["parts"]
    states = {}
    for part, known in parts.items():
        if known.get("is_given_up"):
            state = f"[red]反复退出，已停止重启；请看 {site.airflow / 'logs' / 'service' / part}.log[/red]"
        elif not is_running(known if "pid" in known else None):
            state = "[red]没有在运行[/red]" if part == "supervisor" else "[yellow]正在等候重启[/yellow]"
        else:
            state = "[yellow]还没有心跳[/yellow]" if part in beats and beats[part] is None else RUNNING
        states[part] = (known, state)
    return states
