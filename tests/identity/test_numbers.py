"""Identity numbers: what is repaired, what is refused and with which words, and that an independent oracle agrees."""

from __future__ import annotations

import random
import time
from datetime import date, timedelta

import pytest
import stdnum.cn.ric
from hypothesis import given, settings
from hypothesis import strategies as st

from include.identity.numbers import (
    ERRORS,
    REPAIRS,
    birth_date,
    check_character,
    is_valid,
    normalise_numbers,
    repair_number,
    sex,
)

ON = date(2024, 3, 10)
TRUE = "11010519491231002X"


@pytest.mark.parametrize("number", [TRUE, "34052419800101001X", "341825194901010010"])
def test_published_examples_are_valid(number: str) -> None:
    assert is_valid(number, ON)
    assert repair_number(number, ON) == (number, None, None)


@pytest.mark.parametrize(
    ("cell", "repairs"),
    [
        ("11010519491231002x", "lower_x"),
        ("１１０１０５１９４９１２３１００２Ｘ", "full_width"),
        ("11010519491231002Х", "similar_x"),
        ("11010519491231002х", "similar_x"),
        ("11010519491231002×", "similar_x"),
        ("11010519491231002*", "similar_x"),
        ("'11010519491231002X", "apostrophe"),
        ("11010519491231002X\t", "space"),
        ("110105\u00a019491231 002X", "space"),
        ("\u200b11010519491231002X\ufeff", "invisible"),
        ("110105-19491231-002X", "hyphen"),
        ("G11010519491231002X", "student_prefix"),
        ("g11010519491231002X", "student_prefix"),
        ("11010519491231002X44", "certificate"),
        ("11010519491231002X44B1", "certificate"),
        (" １１０１０５19491231002ｘ", "space+full_width+lower_x"),
    ],
)
def test_safe_repairs_are_made_and_said(cell: str, repairs: str) -> None:
    assert repair_number(cell, ON) == (TRUE, repairs, None)
    assert set(repairs.split("+")) <= set(REPAIRS)


@pytest.mark.parametrize("cell", ["341825490101001", 341825490101001, 341825490101001.0, " 341825 490101 001 "])
def test_fifteen_digits_become_eighteen(cell: object) -> None:
    number, repairs, error = repair_number(cell, ON)
    assert (number, error) == ("341825194901010010", None)
    assert "fifteen_digits" in (repairs or "")


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        (3.41825194901e17, "float_number"),
        (341825194901010010, "float_number"),
        ("3.41825E+17", "float_number"),
        ("341825194901010010.0", "float_number"),
        ("110105194912310000", "tail_lost"),
        ("110105194912310021", "check_character"),
        ("11010519491232002X", "birth_date"),
        ("341825189901010019", "birth_date"),
        ("13800138000", "phone_number"),
        (13800138000.0, "phone_number"),
        ("+8613800138000", "phone_number"),
        ("110105********002X", "masked"),
        ("11010519491231002", "length"),
        ("11010519491231002X4", "length"),
        ("1101051949123100AX", "characters"),
        ("张三", "not_a_number"),
        (True, "not_a_number"),
        (date(2024, 1, 1), "not_a_number"),
        (-5, "not_a_number"),
    ],
)
def test_what_is_lost_or_wrong_is_refused(cell: object, error: str) -> None:
    assert repair_number(cell, ON) == (None, None, error)
    assert error in ERRORS


@pytest.mark.parametrize("cell", [None, "", " ", "/", "-", "——", "无", "不详", float("nan")])
def test_an_empty_cell_is_no_error(cell: object) -> None:
    assert repair_number(cell, ON) == (None, None, None)


def _number(place: str, born: date, sequence: int) -> str:
    first = f"{place}{born:%Y%m%d}{sequence:03d}"
    return first + check_character(first)


@pytest.mark.parametrize("place", ["810000", "820000", "830000", "934156"])
def test_residence_permits_and_foreign_cards_are_valid(place: str) -> None:
    number = _number(place, date(1980, 5, 6), 17)
    assert repair_number(number, ON) == (number, None, None)


def test_a_region_that_does_not_exist_is_refused() -> None:
    assert repair_number(_number("001825", date(1980, 5, 6), 17), ON)[2] == "region"


def test_a_000_tail_with_the_right_check_character_is_somebodys() -> None:
    """Nobody may be shut out for ever by the number he was given; what its column shows is the row checks' business."""
    born = date(1960, 1, 1)
    own = next(
        number
        for day in range(400)
        for sequence in range(100, 1000, 100)
        if (number := _number("341825", born + timedelta(days=day), sequence)).endswith("000")
    )
    assert stdnum.cn.ric.calc_check_digit(own) == "0"
    assert repair_number(own, ON) == (own, None, None)
    assert normalise_numbers([own], ON).errors.tolist() == [None]


def test_a_birth_after_receipt_is_refused_and_one_on_the_day_is_not() -> None:
    assert repair_number(_number("341825", ON, 12), ON)[2] is None
    assert repair_number(_number("341825", ON + timedelta(days=1), 12), ON)[2] == "future_birth_date"
    assert normalise_numbers([_number("341825", ON + timedelta(days=1), 12)], ON).errors[0] == "future_birth_date"


def test_birth_date_and_sex() -> None:
    assert birth_date(TRUE) == date(1949, 12, 31)
    assert (sex(TRUE), sex("34052419800101001X")) == ("女", "男")


def _damage(number: str, rng: random.Random) -> str:
    """A number as it comes, or spoilt in one of the ways people spoil numbers."""
    at = rng.randrange(17)
    match rng.randrange(8):
        case 0:
            return number[:at] + str(rng.randrange(10)) + number[at + 1 :]
        case 1:
            return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        case 2:
            return number[:at] + number[at + 1 :]
        case 3:
            return number[:at] + rng.choice("AX5") + number[at:]
        case 4:
            first = f"{number[:10]}{rng.randrange(14):02d}{rng.randrange(33):02d}{number[14:17]}"
            return first + check_character(first)
        case _:
            return number


def generated(count: int, seed: int) -> list[str]:
    """Numbers of places the oracle knows in every year of birth used, about a third of them spoilt."""
    rng = random.Random(seed)
    places = ["110105", "110108", "320102", "330106", "440106"]
    days = [date(1986, 1, 1) + timedelta(days=rng.randrange(12_000)) for _ in range(count)]
    return [_damage(_number(rng.choice(places), day, rng.randrange(1, 1000)), rng) for day in days]


@pytest.mark.parametrize(("count", "seed"), [(20_000, 20240310)])
def test_agrees_with_stdnum(count: int, seed: int) -> None:
    """The only difference meant: tails of 000, and 15 or 20 characters that we repair."""
    numbers = [number for number in generated(count, seed) if len(number) not in (15, 20) and not number.endswith("000")]
    ours = normalise_numbers(numbers, ON)
    theirs = [stdnum.cn.ric.is_valid(number) for number in numbers]
    assert [number is not None for number in ours.numbers] == theirs
    assert 0.5 < sum(theirs) / len(theirs) < 0.9, "the sample holds both kinds"


def test_the_vectorised_path_and_the_single_cell_agree() -> None:
    cells: list[object] = [*generated(3_000, 7), None, 3.4e17, "11010519491231002x", 341825490101001.0, "张三", True, 1, 1.0]
    column = normalise_numbers(cells, ON)
    expected = [repair_number(cell, ON) for cell in cells]
    assert list(zip(column.numbers, column.repairs, column.errors, strict=True)) == expected


def test_a_long_clean_column_is_fast() -> None:
    numbers = generated(50_000, 11)
    clean = [number for number in numbers if is_valid(number, ON)]
    started = time.perf_counter()
    normalise_numbers(clean * 5, ON)
    assert time.perf_counter() - started < 3, "about 0.1 s on an idle machine"


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(max_size=25), st.text("0123456789xXGХ×'\u3000 -*", max_size=24), st.floats(), st.integers(), st.none()))
def test_any_cell_gives_a_valid_number_an_error_or_nothing(cell: object) -> None:
    number, repairs, error = repair_number(cell, ON)
    assert number is None or error is None
    if number is not None:
        cannot_have_lost_its_tail = {"fifteen_digits", "certificate", "student_prefix"} & set((repairs or "").split("+"))
        assert cannot_have_lost_its_tail or repair_number(number, ON) == (number, None, None)
    if error is not None:
        assert error in ERRORS
