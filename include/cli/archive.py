"""The originals: one of them written out, and the key that opens all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from include.cli.terminal import console
from include.cli.words import App
from include.site import current_site

archive = App(help="存档：各部门报送的原件，逐份加密保存", no_args_is_help=True)


@archive.command("show")
def archive_show(
    delivery: Annotated[str, typer.Argument(help="批次号，见 fangpin export deliveries")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="写入文件；默认在 reports/原件/ 下")] = None,
) -> None:
    """写出一批的原件（只有本人可读），并记录是谁要的。"""
    from include.storage.archive import write_original

    console.print(f"原件：{write_original(current_site(), delivery, output)}", markup=False)


@archive.command("key")
def archive_key(output: Annotated[Path, typer.Option("-o", "--output", help="写入文件，请妥善保管")]) -> None:
    """写出存档的密钥：没有本系统时，用 age -d -i 密钥 也能打开存档里的文件。"""
    from include.storage.archive import write_identity

    write_identity(current_site(), output)
    console.print(f"存档密钥：{output}", markup=False)
