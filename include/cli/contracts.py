"""What is made of the contracts: files of this checkout, whole documents for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from include.cli.terminal import console, errors
from include.cli.words import App

contracts = App(help="数据契约：别处要用的内容都由契约写出", no_args_is_help=True)


@contracts.callback()
def _contracts() -> None:
    """数据契约。"""


@contracts.command("render")
def contracts_render(
    check: Annotated[bool, typer.Option("--check", help="只查有没有不符的文件，不写；有则以退出码 1 结束")] = False,
) -> None:
    """按契约重新写出别处要用的内容：staging 模型、种子、宏、预警表的列、流程时刻表；按原因代码表写出疑点类别、筛查原因两个种子。

    写出的文件都要提交；不要手改，改契约或 include/checking/reasons.yaml。
    """
    from include.checking import reason_seeds
    from include.contracts import load_contracts
    from include.contracts.render import differences, render
    from include.site import PROJECT

    changed = (differences if check else render)(PROJECT, load_contracts())
    changed += (reason_seeds.differences if check else reason_seeds.render)(PROJECT)
    for path in changed:
        console.print(f"{'不符' if check else '已更新'}:{path}", markup=False)
    if not changed:
        console.print("与契约一致")
    elif check:
        errors.print("请运行 fangpin contracts render，并把结果一并提交")
        raise typer.Exit(1)


@contracts.command("export")
def contracts_export(folder: Annotated[Path, typer.Argument(metavar="目录", help="写到哪里")]) -> None:
    """写出完整的数据契约（ODCS v3.1），一种数据一份，供别的程序读。

    仓库里的契约只写自己的，共用的在 shared.yaml；写出的每份都是完整的。
    """
    from include.contracts.load import write_documents

    paths = write_documents(folder)
    console.print(f"已写出 {len(paths)} 份：{folder}", markup=False)
