"""Numbers that name something."""

from __future__ import annotations

import pytest

from include.checking.kinds.reading import Reading
from tests.checking.kinds.cells import code, read


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("YQ2024-001", "YQ2024-001"),
        ("ＹＱ２０２４－００１", "YQ2024-001"),
        (2024001.0, "2024001"),
        (" A 1\t", "A1"),
        ("'007", "007"),
    ],
)
def test_codes(cell: object, value: str) -> None:
    assert read("event_id", cell) == Reading(value)


@pytest.mark.parametrize("kind", ["event_id", "household_id", "warning_id", "student_number", "certificate_number"])
@pytest.mark.parametrize("cell", [3.41825e17, 341825194901010010, "3.41825E+17"])
def test_a_code_stored_as_a_figure_is_lost(kind: str, cell: object) -> None:
    assert read(kind, cell).value is None
    assert code(read(kind, cell)) == "float_number"


@pytest.mark.parametrize(
    "cell", ["11010519491231002X44", "11010519491231002x44", "１１０１０５19491231002Ｘ44", "110105 19491231 002Х 44"]
)
def test_certificates(cell: str) -> None:
    assert read("certificate_number", cell) == Reading("11010519491231002X44")


def test_a_certificate_of_another_shape_is_kept_with_a_finding() -> None:
    assert read("certificate_number", "11010519491231002X44B1") == Reading("11010519491231002X44B1")
    assert code(read("certificate_number", "11010519491231002X")) == "certificate_format"


@pytest.mark.parametrize("cell", ["旌公〔2024〕3号", "旌公（2024）3号", "旌公[2024] 3 号", "旌公【２０２４】３号"])
def test_numbers_of_cases_are_the_same_in_whatever_brackets(cell: str) -> None:
    plain = "旌公(2024)3号"
    assert read("event_id", cell).value == plain
