"""What waits for a person at the bureau, as a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from include.cli.terminal import console
from include.cli.words import App
from include.site import current_site

review = App(help="待核定事项：导出由人决定的行，填好放回收件箱即生效", no_args_is_help=True)


@review.callback()
def _review() -> None:
    """待核定事项。"""


@review.command("export")
def review_export(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入文件；默认为 reports/待核定_日期.xlsx")] = None,
) -> None:
    """写出待核定工作簿：系统建议、依据和供填写的决定。"""
    from include.review.questions import export_queue

    site = current_site()
    path, count = export_queue(site, output)
    console.print(f"待核定 {count} 项：{path}。填好后放入 {site.inbox / site.county.bureau}")
