"""Everything of one feed on one page: what its contract says, its files, its rules and tests, where it runs; and a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from include.cli.terminal import console
from include.cli.words import App
from include.contracts import Contract, contract, load_contracts
from include.site import PROJECT, current_site

if TYPE_CHECKING:
    from include.contracts.feed_files import FeedFile

feed = App(help="一种数据：它的全部文件、规则、模型和流程；新增一种", no_args_is_help=True)


@feed.callback()
def _feed() -> None:
    """一种数据。"""


@feed.command("show")
def feed_show(key: Annotated[str, typer.Argument(metavar="数据", help="如 petition__case")]) -> None:
    """列出一种数据的全部：契约所写、文件、规则、单元测试、流程、资产；缺什么也列出。"""
    print_feed(console, contract(key), PROJECT)


@feed.command("new")
def feed_new(
    key: Annotated[str, typer.Argument(metavar="数据", help="部门__数据，如 petition__debt")],
    like: Annotated[str, typer.Option(metavar="数据", help="照哪一种已有的数据写")],
) -> None:
    """照一种已有的数据摆好新数据要人写的文件和一条规则，要写的地方标有“待写”。

    不覆盖已有的文件。以后的步骤见 docs/add-a-feed.md。
    """
    from include.contracts.new_feed import lay_out

    for path in lay_out(PROJECT, key, like, load_contracts(), current_site().county.departments):
        console.print(f"已写出：{path}", markup=False)
    console.print(f"把各处“待写”写好，再运行 fangpin contracts render;fangpin feed show {key} 列出还缺什么", markup=False)


def print_feed(console: Console, contract: Contract, root: Path) -> None:
    """The feed in four blocks; what is missing comes last, in red."""
    from include.contracts.feed_files import files_of, gaps_of, rules_of, shared_files, unit_tests_of

    feed = contract.feed
    console.print(f"{feed} {contract.title}", style="bold", markup=False)
    _print_pairs(console, _declared(contract))
    _print_pairs(console, _running(contract))
    files = Table(title="文件", title_justify="left")
    for name in ("是什么", "在哪里", "怎么来的"):
        files.add_column(name, overflow="fold")
    for each in [*files_of(feed, is_screened=bool(contract.warning_type)), *shared_files(contract)]:
        files.add_row(each.what, str(each.path), _origin(each))
    console.print(files)
    for rule in rules_of(root, feed):
        figure = f"{rule['comparison']} {rule['threshold']}{rule['threshold_unit']}" if rule["comparison"] else "不比数"
        span = f"{rule['valid_from'] or '…'} 至 {rule['valid_to'] or '今'}"
        console.print(f"规则 {rule['rule_id']} {rule['name']}：{rule['clause']}，{figure}，{span}", markup=False)
    for name in unit_tests_of(root, feed):
        console.print(f"单元测试 {name}", markup=False)
    for gap in gaps_of(root, contract):
        console.print(f"[red]缺：[/red]{gap}")


def _declared(contract: Contract) -> list[tuple[str, str]]:
    from include.reports.labels import SUBJECTS, WARNING_TYPES

    pairs = [
        ("报送单位", f"{contract.department_name}（{contract.department}）"),
        ("时限", f"{contract.due}（{contract.due_rule}）；依据{contract.clause}"),
        ("一行是", f"{contract.table_title}；行主键 {'、'.join(contract.row_key)}"),
        ("列", "、".join(f"{column.label}{'*' if column.required else ''}" for column in contract.columns)),
    ]
    if contract.warning_type:
        subject = SUBJECTS[str(contract.subject)]
        pairs.append(
            ("预警", f"{WARNING_TYPES[contract.warning_type]}：{contract.cause_name}（{contract.cause}），对象为{subject}")
        )
        pairs.append(("认人的列", "、".join(contract.claims) or "无"))
    if check := contract.list_check:
        repeated = (
            f"与上一期 {check.equal_share:.0%} 相同即提示（{check.repeated_code}）" if check.repeated_code else "重复不算问题"
        )
        pairs.append(("名单比较", f"{repeated}；行数为中位数的 {check.volume_factor} 倍以上或以下即提示"))
    return pairs


def _running(contract: Contract) -> list[tuple[str, str]]:
    from include.contracts.feed_files import JUDGED
    from include.quality.suites import delivery_suite

    feed = contract.feed
    models = [f"raw.{feed}", f"stg_{feed}"]
    if contract.warning_type:
        models += [f"{JUDGED}{feed}", "int_screened", f"risk_{contract.warning_type}"]
    suite = delivery_suite(feed)
    return [
        ("流程", f"ingest__{feed}(dags/ingest.py)"),
        ("资产", f"raw__{feed}(fangpin://raw/{feed})"),
        ("表和模型", " → ".join(models)),
        ("质量期望", f"{suite.name}，{len(suite.expectations)} 条"),
    ]


def _origin(file: FeedFile) -> str:
    return "人写" if file.is_by_hand else "由契约写出"


def _print_pairs(console: Console, pairs: list[tuple[str, str]]) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in pairs:
        table.add_row(name, text)
    console.print(table)
