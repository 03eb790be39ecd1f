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

from include.calendar import is_month
from include.command_line import App
from include.faults import keep_fault
from include.settings import FangpinError, SettingsError, settings

app = App(help="防贫:防止返贫动态监测部门筛查预警", no_args_is_help=True)
console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

INSTANT = re.compile(r"instant-[0-9]{4}-[0-9]{3,}")


def main() -> None:
    """Entry point: what the user can set right ends with one Chinese line and exit code 1, an error of ours with 2."""
    from include.home import make_private

    make_private()
    try:
        app()
    except FangpinError as error:
        errors.print(f"[red]错误:[/red]{escape(str(error))}", markup=True)
        raise SystemExit(1) from None
    except Exception as error:  # whatever it is, nobody is shown a stack of code
        _print_unexpected(error)
        raise SystemExit(2) from None


def _print_unexpected(error: Exception) -> None:
    try:
        kept = f"出错的地方(不含数据)记在 {keep_fault(settings(), error)},请把它交给数据组"
    except (OSError, SettingsError):
        kept = "出错的地方没能记下来:运行目录不能写入,请先检查磁盘和权限"
    errors.print(f"[red]程序出错[/red]({type(error).__name__}),不是您的操作有误;{kept}")


def _month(text: str) -> str:
    if not is_month(text):
        raise typer.BadParameter(f"“{text}”不是月份;请写成 2024-03")
    return text


def _dispatch(text: str | None) -> str | None:
    """A dispatch goes by its month, one that was issued at once by its number."""
    return text if text is None or INSTANT.fullmatch(text) else _month(text)


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
    now: Annotated[
        str | None, typer.Option(metavar="时间", help="把时钟设为某时,用于演练,如 2024-03-11T08:00;写在子命令之前")
    ] = None,
) -> None:
    """防贫:防止返贫动态监测部门筛查预警"""
    context.obj = now
    if now:
        os.environ["FANGPIN_NOW"] = now
        settings().now()


@app.command()
def init(
    rehearsal: Annotated[bool, typer.Option("--rehearsal", help="建演练用的目录:可以用 --approve-as,公文带“演练”字样")] = False,
) -> None:
    """建一个数据目录(FANGPIN_HOME):正式使用的,或演练用的;建好后不能改变。"""
    from include.home import make_real, make_rehearsal

    where = settings()
    (make_rehearsal if rehearsal else make_real)(where)
    for folder in where.county.departments.values():
        (where.inbox / folder).mkdir(parents=True, exist_ok=True)
    console.print(f"{where.county.name}{'演练' if rehearsal else '正式使用'}的目录已建好:{where.home}", markup=False)
    console.print(f"1. 各部门的文件放入 {where.inbox} 下本部门的文件夹", markup=False)
    if rehearsal:
        console.print(
            "2. 运行 fangpin month <月份> --approve-as bureau,如 fangpin month 2024-03 --approve-as bureau", markup=False
        )
    else:
        console.print(f"2. 县里的设置放在 {where.home / 'county'};运行 fangpin doctor 检查本机和设置", markup=False)
        console.print("3. 运行 fangpin up 启动服务;第一次启动时显示各用户的口令,只显示一次", markup=False)


@app.command()
def sample(
    month: Annotated[str, typer.Option(metavar="月份", help="如 2024-03", callback=_month)],
    seed: Annotated[int, typer.Option(help="随机种子:同一种子写出同样的县")] = 7,
    size: Annotated[str, typer.Option(metavar="规模", help="small、county 或 large")] = "small",
    out: Annotated[Path | None, typer.Option(metavar="目录", help="写到哪里(默认为收件箱)")] = None,
    all_feeds: Annotated[bool, typer.Option("--all-feeds", help="另加其余各类数据的一份迟报")] = False,
) -> None:
    """写出演练县的报送文件。

    名单和各部门按实际样子报送的文件;人名、证号均为虚构。
    """
    from include.home import make_rehearsal
    from include.sample import write_sample

    where = settings()
    if out is None or out.expanduser().resolve().is_relative_to(where.home):
        make_rehearsal(where)
    with Steps() as steps:
        summary = write_sample(month, seed=seed, size=size, out=out or where.inbox, all_feeds=all_feeds, progress=steps.report)
    _print_sample(summary, month)


def _print_sample(summary: Any, month: str) -> None:
    from include.reports.labels import WARNING_TYPES

    names = settings().county.departments
    table = Table(title=f"演练县 {month}:各部门的文件")
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
    console.print(f"名单 {summary.registry_persons} 人;文件在 {summary.inbox},应有的结果在 {summary.answers}")


@app.command()
def month(
    context: typer.Context,
    month: Annotated[str, typer.Argument(metavar="月份", help="交办月份,如 2024-03", callback=_month)],
    approve_as: Annotated[str | None, typer.Option(metavar="用户", help="以该用户身份批准;不给则等待在网页上批准")] = None,
    now: Annotated[
        str | None, typer.Option(metavar="时间", help="演练时钟,如 2024-03-10T08:00;默认为该月整合比对日 08:00")
    ] = None,
) -> None:
    """在真实的 Airflow 上跑完一个月:收件、入库、筛查、批准、交办、出表。"""
    from include.calendar import dispatch_clock
    from include.console.month import print_accounts, print_warnings
    from include.home import HomeError, open_home
    from include.month import run_month

    where = settings()
    if not open_home(where) and approve_as:
        raise HomeError("--approve-as 只能用于演练用的目录(fangpin init --rehearsal);正式使用时请乡村振兴局在网页上批准")
    os.environ["FANGPIN_NOW"] = now or context.obj or f"{dispatch_clock(month, where.county.screening_day)}T08:00:00"
    where.now()
    with Steps() as steps:
        cycle = run_month(
            where,
            month,
            approve_as=approve_as,
            report=steps.report,
            on_approval=lambda url: console.print(f"请以 bureau 身份登录并批准:{url}"),
            on_passwords=_print_passwords,
        )
    print_accounts(console, where, month)
    if cycle.was_issued_before:
        console.print(f"{month} 期此前已交办,不重复交办;之后收到的数据进入下一期。")
    if cycle.is_issued:
        print_warnings(console, where, month)
    _print_seconds(cycle.seconds)
    for part, times in cycle.restarts.items():
        errors.print(
            f"[yellow]提示:[/yellow]{part} 中途退出或没有应答,已重启 {times} 次;详情见 {where.airflow / 'logs' / 'service'}"
        )
    for failure in cycle.failures:
        errors.print(f"[red]未成功:[/red]{failure}")
    if not cycle.is_issued:
        errors.print(f"[red]{month} 期没有交办[/red]")
        for refusal in cycle.refusals:
            errors.print(refusal, markup=False)
    if not cycle.holds:
        errors.print(f"详情见 {where.airflow / 'logs'}")
        raise typer.Exit(1)


def _print_seconds(seconds: dict[str, float]) -> None:
    console.print("用时:" + ",".join(f"{step} {taken:.0f} 秒" for step, taken in seconds.items()))


@app.command()
def rehearse(
    year: Annotated[int, typer.Option(help="演练哪一年")] = 2024,
    seed: Annotated[int, typer.Option(help="随机种子:同一种子写出同样的县")] = 7,
    size: Annotated[str, typer.Option(metavar="规模", help="small、county 或 large")] = "small",
) -> None:
    """按时钟演练一年,与应有的结果逐项核对。

    十二个月、四个季度、两个学期、一个年度和事件;FANGPIN_HOME 须指向空的目录。
    """
    from include.home import make_rehearsal
    from include.rehearsal.scenario import Year
    from include.rehearsal.table import write_table
    from include.rehearsal.walk import walk_year

    where = settings()
    make_rehearsal(where)
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
    from include.home import keep_clock, open_home
    from include.service import start_staying, watch_here

    where = settings()
    open_home(where)
    if "FANGPIN_NOW" in os.environ:
        keep_clock(where, where.now())
    if foreground:
        watch_here(where, port)
    service = start_staying(where, port)
    console.print(f"服务已启动:{service.base_url}(只在本机);日志在 {where.airflow / 'logs' / 'service'}")
    _print_passwords(service.passwords)


def _print_passwords(passwords: dict[str, str]) -> None:
    """Once, when the users were made: nobody can read them again."""
    from include.airflow_users import PEOPLE

    for user, password in passwords.items():
        console.print(f"用户 {user}({PEOPLE[user]})口令:{password}", markup=False)
    if passwords:
        console.print("口令只显示这一次,请记下;遗失时用 fangpin users reset <用户> 换新", markup=False)


users = App(help="网页用户:换新口令", no_args_is_help=True)
app.add_typer(users, name="users")


@users.callback()
def _users() -> None:
    """网页用户。"""


@users.command("reset")
def users_reset(user: Annotated[str, typer.Argument(help="bureau、data 或 auditor")]) -> None:
    """给一个用户换新口令,只显示一次;旧口令作废。"""
    from include.airflow_users import reset_password
    from include.service import airflow_environment

    where = settings()
    _print_passwords({user: reset_password(where, airflow_environment(where, 0), user)})


@app.command()
def down() -> None:
    """停止常驻服务,只停它自己的进程。"""
    from include.service import stop_service

    stopped = stop_service(settings())
    console.print(f"已停止:{'、'.join(stopped)}" if stopped else "服务没有在运行")


@app.command()
def token(department: Annotated[str, typer.Argument(metavar="部门", help="如 县信访局 或 petition")]) -> None:
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
def status(is_whole: Annotated[bool, typer.Option("--all", help="逐项列出")] = False) -> None:
    """一屏看清:服务、收件箱、等候批准、谁逾期、最近交办;逐项用 --all。演练目录按演练时钟。"""
    from include.console.status import print_status

    print_status(console, settings(), is_whole=is_whole)


@app.command()
def sweep(is_dry: Annotated[bool, typer.Option("--dry-run", help="只看今天会催办什么,不写、不送")] = False) -> None:
    """巡查一遍并催办:写催报函、催办函,按县里配置的渠道送出;每级只催一次,重复运行不会重发。演练目录按演练时钟。"""
    from include.clocks.reminders import look_ahead, undelivered
    from include.clocks.reminders import sweep as run_sweep
    from include.console.sweep import print_sweep

    result = look_ahead() if is_dry else run_sweep()
    print_sweep(console, settings(), result, is_dry=is_dry)
    if not is_dry and (problem := undelivered(result)):
        errors.print(f"[red]未送出:[/red]{escape(problem)}")
        raise typer.Exit(1)


@app.command()
def export(
    what: Annotated[
        str, typer.Argument(metavar="表名", help="warnings、deliveries、rejected、skipped、queue、findings 或 clocks")
    ],
    dispatch: Annotated[
        str | None, typer.Option(metavar="期次", help="如 2024-03 或 instant-2024-001", callback=_dispatch)
    ] = None,
    continuing: Annotated[bool, typer.Option("--continuing", help="加上本期继续跟踪的预警")] = False,
    kind: Annotated[
        str | None, typer.Option("--format", metavar="格式", help="csv、parquet 或 xlsx;不写则按文件名的后缀,没有后缀即 csv")
    ] = None,
    unmasked: Annotated[bool, typer.Option("--unmasked", help="写出完整姓名、证号(会记录在案)")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入文件;不给则把 csv 打印出来")] = None,
) -> None:
    """导出一张表,供查阅或其他程序使用。

    warnings 统一预警、deliveries 批次、rejected 退回行、skipped 未读行、queue 待核定、findings 提示、
    clocks 时限(应报、截止、收到、情况、已催办)。csv 里以 = + - @ 等开头的文字前加一个撇号,免得表格软件当作公式;
    数字、xlsx 和 parquet 不加。每次导出都记录在案。
    """
    from include import export as exports
    from include.console.explain import SCREENED, screened_text
    from include.explain import screened_at

    kind = exports.kind_of(output, kind)
    if unmasked and what not in ("warnings", "queue"):
        raise exports.ExportError("只有 warnings、queue 可以用 --unmasked 导出")
    if output is None and (kind != "csv" or unmasked):
        raise exports.ExportError("parquet、xlsx 和含完整证号的导出请用 -o 指明文件")
    frame = exports.export(what, dispatch=dispatch, continuing=continuing, is_masked=not unmasked)
    if what in SCREENED:
        errors.print(screened_text(screened_at()))
    if output is None:
        sys.stdout.write(exports.as_csv(frame))
        return
    exports.write(frame, output, kind)
    console.print(f"已导出 {len(frame)} 行到 {output}")


@app.command()
def explain(
    warning: Annotated[str | None, typer.Argument(metavar="预警编号")] = None,
    person: Annotated[str | None, typer.Option(metavar="证号", help="身份证号:此人为什么有或没有预警")] = None,
) -> None:
    """一条预警从何而来;或者某人为什么没有预警。"""
    from include.console.explain import print_explanation, print_person
    from include.explain import explain_person, explain_warning

    if (warning is None) == (person is None):
        raise typer.BadParameter("请给出一个预警编号,或用 --person 给出身份证号")
    if person is not None:
        print_person(console, explain_person(person))
    else:
        print_explanation(console, explain_warning(str(warning)))


review = App(help="待核定事项:导出由人决定的行,填好放回收件箱即生效", no_args_is_help=True)
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


archive = App(help="存档:各部门报送的原件,逐份加密保存", no_args_is_help=True)
app.add_typer(archive, name="archive")


@archive.command("show")
def archive_show(
    delivery: Annotated[str, typer.Argument(help="批次号,见 fangpin export deliveries")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入文件;默认在 reports/原件/ 下")] = None,
) -> None:
    """写出一批的原件(只有本人可读),并记录是谁要的。"""
    from include.archive import write_original

    console.print(f"原件:{write_original(settings(), delivery, output)}", markup=False)


@archive.command("key")
def archive_key(output: Annotated[Path, typer.Option("-o", "--output", help="写入文件,请妥善保管")]) -> None:
    """写出存档的密钥:没有本系统时,用 age -d -i 密钥 也能打开存档里的文件。"""
    from include.archive import write_identity

    write_identity(settings(), output)
    console.print(f"存档密钥:{output}", markup=False)


@app.command()
def rebuild(
    swap: Annotated[bool, typer.Option("--swap", help="换上重建的;原来的文件留在旁边。须先停止服务")] = False,
    takes_back: Annotated[bool, typer.Option("--take-back", help="不重建;把台账没有记的存档文件放回收件箱,照常收件")] = False,
) -> None:
    """从存档和台账重建算出来的一切,与现有的比较;不同则以退出码 1 结束。

    重建的有:入库的行、模型、质量文档、交办的文件、退回部门的文件。从不改动存档和台账;不加 --swap 什么也不改。
    """
    from include.console.recovery import print_rebuilt, print_taken_back
    from include.recovery.missing import take_back
    from include.recovery.rebuild import rebuild as run_rebuild

    if takes_back:
        if swap:
            raise typer.BadParameter("--swap 和 --take-back 不能同时用")
        print_taken_back(console, *take_back(settings()))
        return
    with Steps() as steps:
        found = run_rebuild(settings(), steps.report, swap=swap)
    print_rebuilt(console, found)
    if not found.is_same and not (found.absent and found.is_swapped):
        raise typer.Exit(1)


@app.command()
def backup(
    to: Annotated[Path | None, typer.Option("--to", metavar="目录", help="写到哪里;默认为数据目录下的 backup")] = None,
    facts_only: Annotated[bool, typer.Option("--facts-only", help="不带算出来的表和质量文档,恢复后要重建")] = False,
) -> None:
    """备份台账、存档、县设置、回执和发出的文件;同一目录里存档只存一份,再备份只添新的。

    服务运行时也可以备份。从不带密钥:密钥要另存在别处。
    """
    from include.console.recovery import print_backup
    from include.recovery.backup import back_up

    where = settings()
    print_backup(console, where, back_up(where, (to or where.home / "backup").resolve(), facts_only=facts_only))


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(metavar="目录", help="fangpin backup 写出的目录;默认取其中最近的一次")],
) -> None:
    """把备份恢复到空的数据目录:先逐份核对备份,有一处损坏就什么也不恢复。

    从不覆盖已有内容的目录。
    """
    from include.console.recovery import print_restored
    from include.recovery.backup import put_back
    from include.recovery.missing import find_missing

    where = settings()
    found = put_back(where, folder.resolve())
    print_restored(console, where, found, find_missing(where))


contracts = App(help="数据契约:别处要用的内容都由契约写出", no_args_is_help=True)
app.add_typer(contracts, name="contracts")


@contracts.callback()
def _contracts() -> None:
    """数据契约。"""


@contracts.command("render")
def contracts_render(
    check: Annotated[bool, typer.Option("--check", help="只查有没有不符的文件,不写;有则以退出码 1 结束")] = False,
) -> None:
    """按契约重新写出别处要用的内容:staging 模型、种子、宏、预警表的列、流程时刻表。

    写出的文件都要提交;不要手改,改契约。
    """
    from include.contracts import load_contracts
    from include.contracts.render import differences, render
    from include.settings import PROJECT

    changed = (differences if check else render)(PROJECT, load_contracts())
    for path in changed:
        console.print(f"{'不符' if check else '已更新'}:{path}", markup=False)
    if not changed:
        console.print("与契约一致")
    elif check:
        errors.print("请运行 fangpin contracts render,并把结果一并提交")
        raise typer.Exit(1)


@contracts.command("export")
def contracts_export(folder: Annotated[Path, typer.Argument(metavar="目录", help="写到哪里")]) -> None:
    """写出完整的数据契约(ODCS v3.1),一种数据一份,供别的程序读。

    仓库里的契约只写自己的,共用的在 shared.yaml;写出的每份都是完整的。
    """
    from include.contracts.load import write_documents

    paths = write_documents(folder)
    console.print(f"已写出 {len(paths)} 份:{folder}", markup=False)


feed = App(help="一种数据:它的全部文件、规则、模型和流程;新增一种", no_args_is_help=True)
app.add_typer(feed, name="feed")


@feed.callback()
def _feed() -> None:
    """一种数据。"""


@feed.command("show")
def feed_show(key: Annotated[str, typer.Argument(metavar="数据", help="如 petition__case")]) -> None:
    """列出一种数据的全部:契约所写、文件、规则、单元测试、流程、资产;缺什么也列出。"""
    from include.console.feed import print_feed
    from include.contracts import contract
    from include.settings import PROJECT

    print_feed(console, contract(key), PROJECT)


@feed.command("new")
def feed_new(
    key: Annotated[str, typer.Argument(metavar="数据", help="部门__数据,如 petition__debt")],
    like: Annotated[str, typer.Option(metavar="数据", help="照哪一种已有的数据写")],
) -> None:
    """照一种已有的数据摆好新数据要人写的文件和一条规则,要写的地方标有“待写”。

    不覆盖已有的文件。以后的步骤见 docs/add-a-feed.md。
    """
    from include.contracts import load_contracts
    from include.contracts.new_feed import lay_out
    from include.settings import PROJECT

    for path in lay_out(PROJECT, key, like, load_contracts(), settings().county.departments):
        console.print(f"已写出:{path}", markup=False)
    console.print(f"把各处“待写”写好,再运行 fangpin contracts render;fangpin feed show {key} 列出还缺什么", markup=False)


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
