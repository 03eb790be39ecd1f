"""The command ``fangpin``: one thin layer over Airflow's, dbt's and our own work.

Each file beside this one is a group of commands with what they print. Whatever takes long to load, a command loads itself.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer
from rich.markup import escape

from include.cli.access import token, users
from include.cli.archive import archive
from include.cli.contracts import contracts
from include.cli.explain import explain
from include.cli.export import export
from include.cli.feed import feed
from include.cli.month import init, month, sample
from include.cli.recovery import backup, rebuild, restore
from include.cli.registry_list import registry_list
from include.cli.rehearse import rehearse
from include.cli.review import review
from include.cli.service import doctor, down, up
from include.cli.status import status
from include.cli.sweep import sweep
from include.cli.templates import templates
from include.cli.terminal import errors
from include.cli.what_if import what_if
from include.cli.words import App
from include.errors import FangpinError
from include.site import SettingsError, current_site
from include.site.faults import keep_fault
from include.site.home import make_private

app = App(help="防贫：防止返贫动态监测部门筛查预警", no_args_is_help=True)
for command in (
    init, sample, month, rehearse, up, down, token, status, sweep, templates, registry_list, export, explain, what_if,
    rebuild, backup, restore, doctor,
):  # fmt: skip
    app.command()(command)
for name, group in (("users", users), ("review", review), ("archive", archive), ("contracts", contracts), ("feed", feed)):
    app.add_typer(group, name=name)


@app.callback()
def _clock(
    context: typer.Context,
    now: Annotated[
        str | None, typer.Option(metavar="时间", help="把时钟设为某时，用于演练，如 2024-03-11T08:00；写在子命令之前")
    ] = None,
) -> None:
    """防贫：防止返贫动态监测部门筛查预警"""
    context.obj = now
    if now:
        os.environ["FANGPIN_NOW"] = now
        current_site().now()


def main() -> None:
    """Entry point: what the user can set right ends with one Chinese line and exit code 1, an error of ours with 2."""
    make_private()
    try:
        app()
    except FangpinError as error:
        errors.print(f"[red]错误：[/red]{escape(str(error))}", markup=True)
        raise SystemExit(1) from None
    except Exception as error:  # whatever it is, nobody is shown a stack of code
        _print_unexpected(error)
        raise SystemExit(2) from None


def _print_unexpected(error: Exception) -> None:
    try:
        kept = f"出错的地方（不含数据）记在 {keep_fault(current_site(), error)}，请把它交给数据组"
    except (OSError, SettingsError):
        kept = "出错的地方没能记下来：运行目录不能写入，请先检查磁盘和权限"
    errors.print(f"[red]程序出错[/red]（{type(error).__name__}），不是您的操作有误；{kept}")
