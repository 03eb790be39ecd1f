"""What waits for the bureau, as workbooks: what a person must decide, and the lines of a dispatch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from include.cli.terminal import console
from include.cli.words import App
from include.site import current_site

review = App(help="待核定事项和交办审核：导出由人决定的行，填好放回收件箱即生效", no_args_is_help=True)


@review.callback()
def _review() -> None:
    """待核定事项和交办审核。"""


@review.command("export")
def review_export(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入文件；默认为 reports/待核定_日期.xlsx")] = None,
) -> None:
    """写出待核定工作簿：系统建议、依据和供填写的决定。"""
    from include.review.questions import export_queue

    site = current_site()
    path, count = export_queue(site, output)
    console.print(f"待核定 {count} 项：{path}。填好后放入 {site.inbox / site.county.bureau}")


@review.command("dispatch")
def review_dispatch(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入文件；默认为 reports/交办审核表_日期.xlsx")] = None,
) -> None:
    """写出交办审核表：拟交办的可暂缓，暂缓的可解除，已交办未办结的可撤回。"""
    from include.review.lines import export_lines

    site = current_site()
    path, counts = export_lines(site, output)
    told = "，".join(f"{name} {count} 条" for name, count in counts.items())
    console.print(f"{told}：{path}。填好后放入 {site.inbox / site.county.bureau}")
