"""The command ``fangpin``: one thin layer over Airflow's, dbt's and our own work."""

from __future__ import annotations

import os
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from include.settings import SettingsError, settings

app = typer.Typer(
    help="防贫:防止返贫动态监测部门筛查预警", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
ROLES = {"op": "操作员", "admin": "管理员", "viewer": "只读"}
Month = Annotated[str, typer.Argument(help="交办月份,如 2024-03")]


def main() -> None:
    """Entry point: a known fault ends with one Chinese line and exit code 1, never with a stack of code."""
    from include.dispatch.issue import DispatchError
    from include.dispatch.screen import ScreeningError
    from include.explain import NothingToExplain
    from include.export import ExportError
    from include.home import make_private
    from include.service import ServiceError
    from include.warehouse import WarehouseError

    known = (
        DispatchError,
        ExportError,
        NothingToExplain,
        ScreeningError,
        ServiceError,
        SettingsError,
        WarehouseError,
        ValueError,
    )
    make_private()
    try:
        app()
    except known as error:
        errors.print(f"[red]错误:[/red]{escape(str(error))}", markup=True)
        raise SystemExit(1) from None


def _month(text: str) -> str:
    if not MONTH.fullmatch(text):
        raise typer.BadParameter(f"“{text}”不是月份;请写成 2024-03")
    return text


class Steps:
    """Progress of long work: bars on a terminal, one line a step elsewhere."""

    def __init__(self) -> None:
        self._bars = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console, disable=not console.is_terminal,
        )  # fmt: skip
        self._tasks: dict[str, Any] = {}
        self._said: dict[str, tuple[int, int]] = {}

    def __enter__(self) -> Steps:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def report(self, step: str, done: int, total: int) -> None:
        """Tell how far a step is; ``total`` may still grow."""
        if console.is_terminal:
            if step not in self._tasks:
                self._tasks[step] = self._bars.add_task(step, total=total)
            self._bars.update(self._tasks[step], completed=done, total=total)
        elif self._said.get(step) != (done, total):
            self._said[step] = (done, total)
            console.print(f"{datetime.now():%H:%M:%S} {step} {done}/{total}")


@app.callback()
def _clock(
    context: typer.Context,
    now: Annotated[str | None, typer.Option(help="把时钟设为某时,用于演练,如 2024-03-11T08:00;写在子命令之前")] = None,
) -> None:
    """防贫:防止返贫动态监测部门筛查预警"""
    context.obj = now
    if now:
        os.environ["FANGPIN_NOW"] = now
        settings().now()


@app.command()
def sample(
    month: Annotated[str, typer.Option(help="月份,如 2024-03", callback=_month)],
    seed: Annotated[int, typer.Option(help="随机种子:同一种子写出同样的县")] = 7,
    size: Annotated[str, typer.Option(help="small、county 或 large")] = "small",
    out: Annotated[Path | None, typer.Option(help="写到哪里(默认为收件箱)")] = None,
    all_feeds: Annotated[bool, typer.Option("--all-feeds", help="另加其余各类数据的一份迟报")] = False,
) -> None:
    """写出演练县:名单和各部门按实际样子报送的文件(人名、证号均为虚构)。"""
    from include.sample import write_sample

    with Steps() as steps:
        summary = write_sample(
            month, seed=seed, size=size, out=out or settings().inbox, all_feeds=all_feeds, progress=steps.report
        )
    console.print(f"已写出演练县:{summary}")


@app.command()
def month(
    context: typer.Context,
    month: Annotated[str, typer.Argument(help="交办月份,如 2024-03", callback=_month)],
    approve_as: Annotated[str | None, typer.Option(help="以该用户身份批准;不给则等待在网页上批准")] = None,
    now: Annotated[str | None, typer.Option(help="演练时钟,如 2024-03-10T08:00;默认为该月整合比对日 08:00")] = None,
) -> None:
    """在真实的 Airflow 上跑完一个月:收件、入库、筛查、批准、交办、出表。"""
    from include.calendar import dispatch_clock
    from include.month import run_month

    where = settings()
    os.environ["FANGPIN_NOW"] = now or context.obj or f"{dispatch_clock(month, where.county.screening_day)}T08:00:00"
    where.now()
    with Steps() as steps:
        cycle = run_month(
            where,
            month,
            approve_as=approve_as,
            report=steps.report,
            on_approval=lambda url: console.print(f"请以 bureau 身份登录并批准:{url}"),
        )
    _print_accounts(where)
    if cycle.was_issued_before:
        console.print(f"{month} 期此前已交办,不重复交办;之后收到的数据进入下一期。")
    if cycle.is_issued:
        _print_warnings(where, month)
    _print_seconds(cycle.seconds)
    for part, times in cycle.restarts.items():
        errors.print(
            f"[yellow]提示:[/yellow]{part} 中途退出或没有应答,已重启 {times} 次;详情见 {where.airflow / 'logs' / 'service'}"
        )
    for failure in cycle.failures:
        errors.print(f"[red]未成功:[/red]{failure}")
    if not cycle.is_issued:
        errors.print(f"[red]{month} 期没有交办[/red]")
    if not cycle.holds:
        errors.print(f"详情见 {where.airflow / 'logs'}")
        raise typer.Exit(1)


def _print_accounts(where: Any) -> None:
    from include.contracts import load_contracts
    from include.month import feed_accounts

    titles = {contract.feed: contract.title for contract in load_contracts()}
    table = Table(title="各类数据(收到 = 接收 + 退回 + 重复)")
    for name in ("数据", "批次", "收到行", "接收", "退回", "重复"):
        table.add_column(name, justify="left" if name == "数据" else "right")
    table.add_column("结论")
    for row in feed_accounts(where).to_dict("records"):
        verdicts = [
            f"{label} {row[name]}"
            for name, label in (("published", "入库"), ("zero_reports", "零报告"), ("duplicated", "重复"), ("refused", "退回"))
            if row[name]
        ]
        counts = (row["deliveries"], row["row_count"], row["accepted_count"], row["rejected_count"], row["duplicate_count"])
        table.add_row(titles.get(row["feed"], row["feed"]), *map(str, counts), "、".join(verdicts))
    console.print(table)


def _print_warnings(where: Any, dispatch_id: str) -> None:
    from include.dispatch.issue import town_folders
    from include.month import warnings_by_town
    from include.reports.labels import WARNING_TYPES

    counted = warnings_by_town(where, dispatch_id)
    table = Table(title=f"{dispatch_id} 期交办的预警")
    table.add_column("镇")
    for name in counted.columns:
        table.add_column(WARNING_TYPES[name].removesuffix("预警"), justify="right")
    table.add_column("合计", justify="right")
    for town, counts in counted.iterrows():
        table.add_row(str(town), *map(str, counts), str(counts.sum()))
    table.add_row("合计", *map(str, counted.sum()), str(int(counted.to_numpy().sum())))
    console.print(table)
    for folder in town_folders(where, dispatch_id):
        console.print(f"{folder.name}:{'、'.join(str(path) for path in sorted(folder.iterdir()))}")
    console.print(f"数据质量文档:{where.docs / 'quality' / 'index.html'}")
    console.print(f"模型文档:{where.docs / 'models' / 'index.html'}")


def _print_seconds(seconds: dict[str, float]) -> None:
    console.print("用时:" + ",".join(f"{step} {taken:.0f} 秒" for step, taken in seconds.items()))


@app.command()
def rehearse(
    year: Annotated[int, typer.Option(help="演练哪一年")] = 2024,
    seed: Annotated[int, typer.Option(help="随机种子:同一种子写出同样的县")] = 7,
    size: Annotated[str, typer.Option(help="small、county 或 large")] = "small",
) -> None:
    """按时钟走完一年(空的 FANGPIN_HOME):十二个月、四个季度、两个学期、一个年度和事件,与应有的结果逐项核对。"""
    from include.rehearsal.scenario import Year
    from include.rehearsal.table import write_table
    from include.rehearsal.walk import walk_year

    where = settings()
    with Steps() as steps:
        outcome = walk_year(where, Year(year, seed, size), steps.report)
    _print_year(outcome.lines, year)
    _print_seconds(outcome.seconds)
    path = where.reports / "年度演练" / f"{year}.csv"
    write_table(outcome.lines, where, path)
    console.print(f"全表 {len(outcome.lines)} 行:{path};催办函:{where.reports / 'reminders'}")
    for difference in outcome.differences:
        errors.print(f"[red]不符:[/red]{escape(str(difference))}")
    if outcome.differences:
        raise typer.Exit(1)
    console.print("全年的应报、收到、催办、交办与应有的结果逐项相符")


def _print_year(lines: Any, year: int) -> None:
    """The year's table; the towns' returns are summed up by dispatch, in full they are in the file."""
    from include.rehearsal.table import in_words, summed_up

    frame = in_words(summed_up(lines), settings())
    table = Table(title=f"{year} 年:应报、收到、催办、交办")
    for name in frame.columns:
        table.add_column(name)
    for row in frame.itertuples(index=False, name=None):
        table.add_row(*row)
    console.print(table)


@app.command()
def up(
    port: Annotated[int, typer.Option(help="本机端口")] = 8080,
    foreground: Annotated[bool, typer.Option("--foreground", help="留在前台,由 systemd 之类看管")] = False,
) -> None:
    """启动常驻服务(只在本机 127.0.0.1):文件到齐即收件,接口推送即收,交办等候批准。"""
    from include.service import USERS, new_passwords, start_staying, watch_here

    where = settings()
    if foreground:
        watch_here(where, port)
    service = start_staying(where, port)
    console.print(f"服务已启动:{service.base_url}(只在本机);日志在 {where.airflow / 'logs' / 'service'}")
    passwords = new_passwords(where)
    for user, password in passwords.items():
        console.print(f"用户 {user}({ROLES[USERS[user]]})口令:{password}", markup=False)
    if passwords:
        console.print(f"口令只显示这一次,请记下;遗忘时由管理员查看 {where.airflow / 'passwords.json'}")


@app.command()
def down() -> None:
    """停止常驻服务,只停它自己的进程。"""
    from include.service import stop_service

    stopped = stop_service(settings())
    console.print(f"已停止:{'、'.join(stopped)}" if stopped else "服务没有在运行")


@app.command()
def token(department: Annotated[str, typer.Argument(help="部门,如 县信访局 或 petition")]) -> None:
    """发给一个部门推送数据用的令牌;再次运行即换新,旧令牌作废。"""
    from include.push.tokens import issue_token

    where = settings()
    key = where.county.department_of_folder(department)
    if key is None:
        raise SettingsError(f"没有名为“{department}”的部门;可用:{'、'.join(where.county.departments.values())}")
    text = issue_token(where, key)
    console.print(f"{where.county.departments[key]}的令牌(只显示这一次,旧令牌已作废):", markup=False)
    console.print(text, markup=False)


@app.command()
def status() -> None:
    """服务各部分、收件箱、正在办理的事;各类数据最近一期是否逾期、镇的反馈、当月交办。"""
    where = settings()
    _print_service(where)
    _print_deliveries(where)


def _print_service(where: Any) -> None:
    from include.service import Airflow, ServiceError, is_running, read_record

    record = read_record(where)
    if not record:
        console.print("服务没有在运行;用 fangpin up 启动")
        return
    service = Airflow(where, record["port"])
    beats = service.health()
    table = Table(title=f"服务 {service.base_url}")
    for name in ("部分", "进程", "情况", "重启次数"):
        table.add_column(name)
    parts = {"supervisor": record.get("supervisor", {}), **record["parts"]} if record["stays"] else record["parts"]
    for part, known in parts.items():
        if known.get("is_given_up"):
            state = f"[red]反复退出,已停止重启;请看 {where.airflow / 'logs' / 'service' / part}.log[/red]"
        elif not is_running(known if "pid" in known else None):
            state = "[red]没有在运行[/red]" if part == "supervisor" else "[yellow]正在等候重启[/yellow]"
        else:
            state = "[yellow]还没有心跳[/yellow]" if part in beats and beats[part] is None else "运行中"
        table.add_row(part, str(int(known.get("pid", 0)) or "-"), state, str(known.get("restarts", "-")))
    console.print(table)
    try:
        busy = service.runs(states=("running", "queued")) if beats else []
    except (ServiceError, OSError) as error:
        console.print(f"[yellow]问不到正在办理的事:{escape(str(error))}[/yellow]")
        return
    console.print("正在办理:" + ("、".join(f"{run['dag_id']} {run['partition_key'] or ''}".strip() for run in busy) or "无"))


def _print_deliveries(where: Any) -> None:
    from include import ledger
    from include.ingest.receive import inbox_files
    from include.warehouse import connect

    with connect(where) as connection:
        ledger.create_tables(connection)
        waiting = len(ledger.pending(connection))
        dispatches = connection.execute("select dispatch_id, issued_at, approved_by from ledger.dispatches order by 1").fetchall()
    console.print(f"{where.county.name} {where.now():%Y-%m-%d %H:%M} 收件箱 {len(inbox_files(where))} 份,待入库 {waiting} 份")
    _print_clocks(where)
    for dispatch_id, issued_at, by in dispatches:
        console.print(f"{dispatch_id} 期:{issued_at:%Y-%m-%d %H:%M} 由 {by} 批准交办")


def _print_clocks(where: Any, *, is_brief: bool = False) -> None:
    """Each feed's newest period and whatever is late; when brief only what calls for somebody."""
    from include.calendar import Calendar, gap_warning
    from include.clocks.duties import duties, noteworthy
    from include.clocks.reminders import chased, load_rules
    from include.warehouse import connect

    now = where.now()
    with connect(where) as connection:
        found = duties(connection, Calendar.of(where), now, load_rules(where).since)
        reminded = chased(connection)
    due = [duty for duty in found if duty.due_on is None or duty.due_on <= now.date() or duty.came_at]
    newest = {(duty.feed, duty.owner): duty for duty in due}
    shown = noteworthy(found) if is_brief else [duty for duty in due if duty.is_overdue or newest[duty.feed, duty.owner] is duty]
    table = Table(title="时限情况")
    for name in ("责任单位", "事项", "期次", "截止", "收到", "情况", "已催办"):
        table.add_column(name)
    for duty in shown:
        came = f"{duty.came_at:%Y-%m-%d %H:%M}" if duty.came_at else "-"
        table.add_row(
            duty.owner_name, duty.title, duty.period_text or "-", str(duty.due_on or "-"), came, _duty_state(duty, now.date()),
            reminded.get((duty.clock, duty.owner, duty.feed, duty.period), "-"),
        )  # fmt: skip
    console.print(table)
    if warning := gap_warning(where, now.date()):
        console.print(f"[yellow]提示[/yellow] 节假日:{escape(warning)}")


def _duty_state(duty: Any, today: Any) -> str:
    from include.clocks.duties import STATES

    days = duty.days_late(today)
    if duty.due_on is None and duty.state == "silent":
        return "从未报送" if duty.clock == "feed" else "按事件报送,尚无"
    if duty.clock in ("verify", "measure"):
        text = f"{duty.total} 件,未反馈 {duty.open} 件" if duty.open else f"{duty.total} 件已全部反馈"
        return text + (f",逾期 {days} 天" if days else "")
    words = "逾期未交办" if duty.clock == "issue" and duty.is_overdue else STATES[duty.state]
    return words + (f",{days} 天" if days else "")


@app.command()
def sweep() -> None:
    """巡查一遍并催办:写催报函、催办函,按县里配置的渠道送出;每级只催一次,重复运行不会重发。"""
    from include.clocks.reminders import sweep as run_sweep
    from include.clocks.reminders import undelivered

    where = settings()
    result = run_sweep()
    _print_clocks(where, is_brief=True)
    for letter in result.sent:
        console.print(f"{letter.kind} {letter.number} 致{letter.recipient_name}({len(letter.reminders)} 项):{letter.pdf}")
    if not result.sent:
        console.print("今天没有新的催办")
    if problem := undelivered(result):
        errors.print(f"[red]未送出:[/red]{escape(problem)}")
        raise typer.Exit(1)


@app.command()
def export(
    what: Annotated[str, typer.Argument(help="warnings、deliveries、rejected、skipped、queue、findings 或 clocks")],
    dispatch: Annotated[str | None, typer.Option(help="期次,如 2024-03")] = None,
    continuing: Annotated[bool, typer.Option("--continuing", help="加上本期继续跟踪的预警")] = False,
    kind: Annotated[str, typer.Option("--format", help="csv、parquet 或 xlsx")] = "csv",
    unmasked: Annotated[bool, typer.Option("--unmasked", help="写出完整姓名、证号(会记录在案)")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入文件;不给则把 csv 打印出来")] = None,
) -> None:
    """导出统一预警、批次、退回行、待核定、提示和时限(应报、截止、收到、情况、已催办)。"""
    from include import export as exports

    if kind not in exports.FORMATS:
        raise exports.ExportError(f"不支持格式“{kind}”;可用:{'、'.join(exports.FORMATS)}")
    if unmasked and what not in ("warnings", "queue"):
        raise exports.ExportError("只有 warnings、queue 可以用 --unmasked 导出")
    if output is None and (kind != "csv" or unmasked):
        raise exports.ExportError("parquet、xlsx 和含完整证号的导出请用 -o 指明文件")
    frame = exports.export(what, dispatch=dispatch, continuing=continuing, is_masked=not unmasked)
    if output is None:
        sys.stdout.write(frame.to_csv(index=False))
        return
    exports.write(frame, output, kind)
    console.print(f"已导出 {len(frame)} 行到 {output}")


@app.command()
def explain(
    warning: Annotated[str | None, typer.Argument(help="预警编号")] = None,
    person: Annotated[str | None, typer.Option(help="身份证号:此人为什么有或没有预警")] = None,
) -> None:
    """一条预警从何而来;或者某人为什么没有预警。"""
    from include.explain import explain_person, explain_warning

    if (warning is None) == (person is None):
        raise typer.BadParameter("请给出一个预警编号,或用 --person 给出身份证号")
    if person is not None:
        _print_person(explain_person(person))
    else:
        _print_explanation(explain_warning(str(warning)))


def _print_explanation(found: Any) -> None:
    from include.contracts import contract
    from include.reports.labels import CAUSES, IDENTITIES, IDENTITY_METHODS, SUBJECTS, WARNING_TYPES

    record = found.warning
    method = IDENTITY_METHODS.get(record["identity_method"] or "")
    shown = [
        ("预警", f"{record['warning_id']} {WARNING_TYPES[record['warning_type']]}({CAUSES[record['cause']]},{record['cause']})"),
        ("对象", f"{SUBJECTS[record['subject']]} {record['person_name'] or ''} {record['id_number'] or ''}"),
        ("所在", f"{record['town_name']} {record['village_name'] or ''}"),
        ("身份", IDENTITIES[record["identity"]] + (f"({method})" if method else "")),
        ("名单", f"{record['registry_status'] or '不适用'}(名单数据日期 {str(record['registry_date'])[:10]})"),
    ]
    for label, text in shown:
        console.print(f"{label}:{text}")
    for dispatch_id, status, issued_at in found.listings:
        console.print(f"{'交办' if status == 'issued' else '继续跟踪'}:{dispatch_id} 期({issued_at:%Y-%m-%d %H:%M})")
    for number, signal in enumerate(found.signals, start=1):
        title = contract(signal.feed).title
        console.print(f"\n信号 {number}:{signal.evidence}")
        console.print(f"  依据:{signal.clause} {signal.clause_text or ''}")
        until = str(signal.valid_to)[:10] if signal.valid_to else "今"
        console.print(f"  规则:{signal.rule_id} {signal.rule_name or ''},{str(signal.valid_from)[:10]} 起至{until}有效")
        console.print(f"  标准:{signal.threshold or '无数值标准'};实际:{signal.observed_value or '-'}")
        console.print(
            f"  来源:{title}《{signal.file_name}》工作表“{signal.sheet}”第 {signal.row_number} 行,批次 {signal.delivery_id}"
        )
        console.print(f"  文件 SHA-256:{signal.sha256}")
        console.print(f"  收到:{signal.received_at:%Y-%m-%d %H:%M}")


def _print_person(found: Any) -> None:
    from include.contracts import contract
    from include.reports.labels import OUTCOMES

    console.print(f"{found.masked}:{found.registry_status or '不在脱贫人口和监测对象名单中'}")
    if not found.rows:
        console.print("各部门报送的数据中没有此人,所以没有预警;如有退回的行,请查 fangpin export rejected。")
    for row in found.rows:
        verdict = f"{OUTCOMES[row.outcome]}{':' + row.reason if row.reason else ''}"
        console.print(
            f"{contract(row.feed).title} {row.period}《{row.file_name}》“{row.sheet}”第 {row.row_number} 行"
            f"({row.received_at:%Y-%m-%d %H:%M} 收到):{verdict}{'  预警 ' + row.warning_id if row.warning_id else ''}"
        )


review = typer.Typer(help="待核定事项:导出由人决定的行,填好放回收件箱即生效", no_args_is_help=True)
app.add_typer(review, name="review")


@review.callback()
def _review() -> None:
    """待核定事项。"""


@review.command("export")
def review_export(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入文件;默认为 reports/待核定_日期.xlsx")] = None,
) -> None:
    """写出待核定工作簿:系统建议、依据和供填写的决定。"""
    from include.dispatch.review import export_queue

    path, count = export_queue(output)
    console.print(f"待核定 {count} 项:{path}。填好后放入 {settings().inbox / settings().county.bureau}")


@app.command()
def doctor() -> None:
    """检查本机和设置:版本、密钥、字体、磁盘、收入标准、节假日。"""
    from include.doctor import examine

    findings = examine(settings())
    for finding in findings:
        colour = {"通过": "green", "提示": "yellow", "问题": "red"}[finding.level]
        console.print(f"[{colour}]{finding.level}[/{colour}] {finding.what}:{finding.text}")
    if any(finding.level == "问题" for finding in findings):
        raise typer.Exit(1)
