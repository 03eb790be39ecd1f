"""One rule for what people see of an identity number, in Python and in the models."""

from __future__ import annotations

import duckdb
import pytest
from jinja2 import Environment

from include.identity.masks import hide_number, macro, mask_candidates, mask_name, mask_number, mask_numbers

NUMBER = "34052419800101001X"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (NUMBER, "**************001X"),
        ("341825490101001", "***********1001"),
        (f"{NUMBER}53B1", "******************53B1"),
        ("123456789", "*****6789"),
        ("12345678", "********"),
        ("12", "**"),
        ("", ""),
        (None, ""),
    ],
)
def test_the_last_four_in_python_and_in_the_models(number: str | None, shown: str) -> None:
    assert mask_number(number) == shown
    expression = Environment().from_string(f"{macro()}{{{{ masked_number('$number') }}}}").render()
    with duckdb.connect() as connection:
        (found,) = connection.execute(f"select {expression}", {"number": number}).fetchone() or ("",)
    assert (found or "") == shown


def test_a_department_sees_no_digit() -> None:
    assert hide_number(NUMBER) == "*" * 18 and hide_number(None) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"证号{NUMBER}有误", "证号**************001X有误"),
        ("341825490101001", "***********1001"),
        (f"残疾人证{NUMBER}53、{NUMBER}53B1", "残疾人证****************1X53、******************53B1"),
        ("金额 36,512.50 元", "金额 36,512.50 元"),
        ("W00017C2D9EA1", "W00017C2D9EA1"),
        ("事件 20240301000000000001", "事件 20240301000000000001"),
    ],
)
def test_numbers_in_a_text(text: str, shown: str) -> None:
    assert mask_numbers(text) == shown


def test_names_of_an_export() -> None:
    assert mask_name("欧阳修") == "欧**" and mask_name("") == ""
    candidates = '[{"person_name": "陈同", "id_number": "**************001X"}]'
    assert mask_candidates(candidates) == candidates.replace("陈同", "陈*")
