"""One table out, for people or for others' programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from include.cli.explain import SCREENED, screened_text
from include.cli.terminal import console, errors
from include.cli.words import dispatch_of
from include.site import current_site


def export(
    what: Annotated[
        str,
        typer.Argument(
            metavar="表名",
            help="warnings、deliveries、rejected、skipped、queue、findings、clocks、misses、advisory 或 scorecard",
        ),
    ],
    dispatch: Annotated[
        str | None, typer.Option(metavar="期次", help="如 2024-03 或 instant-2024-001", callback=dispatch_of)
    ] = None,
    continuing: Annotated[bool, typer.Option("--continuing", help="加上本期继续跟踪的预警")] = False,
    kind: Annotated[
        str | None, typer.Option("--format", metavar="格式", help="csv、parquet 或 xlsx；不写则按文件名的后缀，没有后缀即 csv")
    ] = None,
    unmasked: Annotated[bool, typer.Option("--unmasked", help="写出完整姓名、证号（会记录在案）")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入文件；不给则把 csv 打印出来")] = None,
) -> None:
    """导出一张表，供查阅或其他程序使用。

    warnings 统一预警、deliveries 批次、rejected 退回行、skipped 未读行、queue 待核定、findings 提示、
    clocks 时限（应报、截止、收到、情况、已催办）、misses 未预警已纳入的户、advisory 应享未享提示、
    scorecard 成效（不足 5 的数不显示，其余按 5 的倍数取整，可以对外提供）。

    csv 里以 = + - @ 等开头的文字前加一个撇号，免得表格软件当作公式；
    数字、xlsx 和 parquet 不加。每次导出都记录在案。
    """
    from include.warnings import export as exports
    from include.warnings.explain import screened_at

    kind = exports.kind_of(output, kind)
    if unmasked and what not in ("warnings", "queue"):
        raise exports.ExportError("只有 warnings、queue 可以用 --unmasked 导出")
    if output is None and (kind != "csv" or unmasked):
        raise exports.ExportError("parquet、xlsx 和含完整证号的导出请用 -o 指明文件")
    site = current_site()
    frame = exports.export(site, what, dispatch=dispatch, continuing=continuing, is_masked=not unmasked)
    if what in SCREENED:
        errors.print(screened_text(screened_at(site)))
    if output is None:
        sys.stdout.write(exports.as_csv(frame))
        return
    exports.write(frame, output, kind)
    console.print(f"已导出 {len(frame)} 行到 {output}")
