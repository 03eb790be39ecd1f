"""What commands print: sentences whole, tables within the width."""

from __future__ import annotations

import io

from rich.table import Table

from include.cli.terminal import Spoken


def test_a_sentence_longer_than_the_console_stays_one_line() -> None:
    said = f"已换上重建的 fangpin.duckdb，原来的在 {'/很深的目录' * 20}/fangpin.replaced.duckdb；补回缺的文件 2 份"
    shown = io.StringIO()

    Spoken(file=shown, width=80).print(said)

    assert shown.getvalue() == said + "\n"


def test_a_table_stays_within_the_width() -> None:
    table = Table("列")
    table.add_row("很长的内容" * 40)
    shown = io.StringIO()

    Spoken(file=shown, width=80).print(table)

    assert max(map(len, shown.getvalue().splitlines())) <= 80
