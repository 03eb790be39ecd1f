"""Two rows that differ are told side by side, in 元 and in Chinese, naming nobody."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from include.checking.differences import differences
from include.contracts import contract
from tests.files import person

LOSS = contract("water__industry_loss")


@pytest.mark.parametrize(
    ("name", "mine", "other", "told"),
    [
        ("loss_yuan", 2_000_000, 1_800_050, "经济损失(元)：本行 20000；第 3 行 18000.5"),
        ("loss_yuan", 0, None, "经济损失(元)：本行 0；第 3 行 空白"),
        ("occurred_date", date(2024, 3, 1), date(2024, 3, 2), "发生日期：本行 2024-03-01；第 3 行 2024-03-02"),
        ("head_name", "张三丰", "李四", "户主姓名：本行 张**；第 3 行 李*"),
        ("loss_reason", f"洪涝{person('张三')}", "虫害", f"损失原因：本行 洪涝{'*' * 14}001X；第 3 行 虫害"),
    ],
)
def test_a_column_that_differs(name: str, mine: Any, other: Any, told: str) -> None:
    assert differences([LOSS.column(name)], [mine], {"第 3 行": [other]}) == told


def test_every_other_row_is_told_and_equal_columns_are_not() -> None:
    columns = [LOSS.column("loss_yuan"), LOSS.column("loss_reason")]
    others = {"第 3 行": [100, "洪涝"], "工作表“南片”第 4 行": [200, "洪涝"]}
    assert differences(columns, [300, "洪涝"], others) == "经济损失(元)：本行 3；第 3 行 1；工作表“南片”第 4 行 2"
    assert differences(columns, [300, "洪涝"], {"第 3 行": [300, "洪涝"]}) is None
