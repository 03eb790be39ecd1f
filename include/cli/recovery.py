"""The commands for rebuilding, backing up and putting back, and what they print: counts and names of tables, nobody's data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from include.cli.terminal import Steps, console
from include.site import Site, current_site

if TYPE_CHECKING:
    from include.recovery.backup import Backup
    from include.recovery.missing import Missing
    from include.recovery.rebuild import Rebuilt

NOT_REBUILT = (
    "不重建：催报函、催办函（reports/reminders）、导出的待核定表、没有交办的筛查的质量检查；网页用户和 Airflow 的记录不在此列"
)


def rebuild(
    swap: Annotated[bool, typer.Option("--swap", help="换上重建的；原来的文件留在旁边。须先停止服务")] = False,
    takes_back: Annotated[bool, typer.Option("--take-back", help="不重建；把台账没有记的存档文件放回收件箱，照常收件")] = False,
) -> None:
    """从存档和台账重建算出来的一切，与现有的比较；不同则以退出码 1 结束。

    重建的有：入库的行、模型、质量文档、交办的文件、退回部门的文件。从不改动存档和台账；不加 --swap 什么也不改。
    """
    from include.recovery.missing import take_back
    from include.recovery.rebuild import rebuild as run_rebuild

    if takes_back:
        if swap:
            raise typer.BadParameter("--swap 和 --take-back 不能同时用")
        print_taken_back(console, *take_back(current_site()))
        return
    with Steps() as steps:
        found = run_rebuild(current_site(), steps.report, swap=swap)
    print_rebuilt(console, found)
    if not found.is_same and not (found.absent and found.is_swapped):
        raise typer.Exit(1)


def backup(
    to: Annotated[Path | None, typer.Option("--to", metavar="目录", help="写到哪里；默认为数据目录下的 backup")] = None,
    facts_only: Annotated[bool, typer.Option("--facts-only", help="不带算出来的表和质量文档，恢复后要重建")] = False,
) -> None:
    """备份台账、存档、县设置、回执和发出的文件；同一目录里存档只存一份，再备份只添新的。

    服务运行时也可以备份。从不带密钥：密钥要另存在别处。
    """
    from include.recovery.backup import back_up

    site = current_site()
    print_backup(console, site, back_up(site, (to or site.home / "backup").resolve(), facts_only=facts_only))


def restore(
    folder: Annotated[Path, typer.Argument(metavar="目录", help="fangpin backup 写出的目录；默认取其中最近的一次")],
) -> None:
    """把备份恢复到空的数据目录：先逐份核对备份，有一处损坏就什么也不恢复。

    从不覆盖已有内容的目录。
    """
    from include.recovery.backup import put_back
    from include.recovery.missing import find_missing

    site = current_site()
    found = put_back(site, folder.resolve())
    print_restored(console, site, found, find_missing(site))


def print_rebuilt(console: Console, found: Rebuilt) -> None:
    """What was compared, what differs, and what was put in place."""
    from include.recovery.compare import not_compared

    table = Table(title="重建的与现有的")
    for name in ("内容", "现有", "重建", "只在现有", "只在重建", "说明"):
        table.add_column(name, justify="left" if name in ("内容", "说明") else "right")
    for line in found.differences:
        counts = map(str, (line.kept, line.rebuilt, line.only_kept, line.only_rebuilt))
        table.add_row(line.what, *counts, line.note, style=None if line.is_none else "yellow")
    console.print(table)
    for text in found.told:
        console.print(f"不同：{text}", markup=False)
    for text in not_compared():
        console.print(f"不比：{text}", markup=False)
    console.print(NOT_REBUILT, markup=False)
    if found.absent:
        console.print(f"现有的不能用来比：{found.absent}", markup=False)
    unlike = len(found.told) + sum(not line.is_none for line in found.differences)
    console.print("没有不同" if found.is_same else f"有 {unlike} 处不同" if unlike else "没有可比的表，其余没有不同")
    if found.is_swapped:
        kept = f"原来的文件留在 {found.replaced}（确认无误后可删）" if found.replaced else "原来没有文件"
        console.print(f"已换上重建的 fangpin.duckdb；{kept}；补回缺的文件 {found.copied} 份", markup=False)
    elif not found.is_same:
        console.print("没有改动任何文件；要换上重建的，请停止服务后运行 fangpin rebuild --swap")


def print_taken_back(console: Console, taken: int, unclaimed: int) -> None:
    """How many files lie in the inbox again, and of how many nobody knows who sent them."""
    console.print(f"放回收件箱 {taken} 份；服务在运行则稍后自动收件，否则运行 fangpin month 或 fangpin up")
    if unclaimed:
        console.print(f"另有 {unclaimed} 份不知是谁报送的，放在 set_aside 中，见 fangpin status --all")


def print_backup(console: Console, site: Site, found: Backup) -> None:
    """Where the backup lies, what is in it, and what must be kept elsewhere."""
    from include.storage.warehouse import key_file

    entries = found.manifest["entries"]
    console.print(f"已备份：{found.folder}", markup=False)
    console.print(
        f"台账：批次 {entries.get('deliveries', 0)} 份、交办 {entries.get('dispatches', 0)} 期；"
        f"存档 {found.archived} 份文件，本次新增 {found.copied} 份；"
        + ("只有事实，恢复后须重建" if found.manifest["is_facts_only"] else "含算出来的表")
    )
    console.print(f"密钥不在备份里，请另存在别处：{key_file()}（或 FANGPIN_KEY）；没有密钥，备份谁也打不开", markup=False)
    console.print("网页用户的口令和 Airflow 的记录也不在备份里，见 docs/recovery.md")
    if found.folder.is_relative_to(site.home):
        console.print("这份备份和数据在同一块磁盘上，请再复制到别处；或用 --to 指明目录", style="yellow")


def print_restored(console: Console, site: Site, found: Backup, missing: Missing) -> None:
    """What was put back, and how to go on."""
    console.print(f"已恢复 {found.manifest['made_at'].replace('T', ' ')} 的备份到 {site.home}", markup=False)
    if found.manifest["is_facts_only"]:
        console.print("备份里只有事实；请运行 fangpin rebuild --swap 重建其余")
    print_missing(console, missing)


def print_missing(console: Console, missing: Missing) -> None:
    """What the ledger does not know of, and what to do."""
    for line in missing.lines():
        console.print(line, style="red", markup=False)
