"""Suggestions for rows without a number: scored, with evidence, masked, and only above the threshold."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from include.identity.linkage import FEATURES, LEVELS, THRESHOLD, M, link, merged


def people() -> pd.DataFrame:
    """Four hundred people of forty villages in four towns; every name and birth date is another."""
    rows = []
    for at in range(400):
        name = "王李张刘"[at % 4] + chr(0x4E00 + at) + chr(0x5E00 + at)
        born = f"19{40 + at % 50}{at % 12 + 1:02}{at % 28 + 1:02}"
        rows.append(
            {
                "unique_id": at, "person_name": name, "name_key": name, "village_code": f"V{at % 40}", "town_code": f"T{at % 4}",
                "village_name": f"村{at % 40}", "household_id": f"H{at}", "id_number": f"341825{born}001{at % 10}",
                "head_key": name, "birth_date": born, "sex": str(at % 2), "is_head": "true",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def suggested(**claim: Any) -> list[dict[str, Any]]:
    return link(people(), pd.DataFrame([dict.fromkeys(FEATURES) | {"unique_id": "r:person_name"} | claim])).get(
        "r:person_name", []
    )


PERSON = people().iloc[7]
PLACE = {"village_code": PERSON["village_code"], "town_code": PERSON["town_code"]}
SLIP = PERSON["person_name"][:2] + "某"


def test_same_name_in_the_village_is_all_but_certain_and_masked() -> None:
    (one,) = suggested(name_key=PERSON["person_name"], **PLACE)
    assert one["household_id"] == "H7" and one["score"] > 0.85 and "姓名相同" in one["evidence"] and "同村" in one["evidence"]
    assert PERSON["id_number"] not in str(one) and one["id_number"].endswith(PERSON["id_number"][-4:])


def test_a_slip_of_the_name_scores_less_and_a_birth_date_makes_up_for_it() -> None:
    alone = suggested(name_key=SLIP, **PLACE)
    dated = suggested(name_key=SLIP, birth_date=PERSON["birth_date"], sex=PERSON["sex"], **PLACE)
    certain = suggested(name_key=PERSON["person_name"], **PLACE)
    assert dated[0]["household_id"] == "H7" and "一字之差" in dated[0]["evidence"] and "出生日期相同" in dated[0]["evidence"]
    assert (alone[0]["score"] if alone else 0) < dated[0]["score"]
    assert (alone[0]["score"] if alone else 0) < certain[0]["score"]


def test_namesakes_share_the_probability() -> None:
    twins = people()
    twins.loc[47, ["person_name", "name_key", "head_key"]] = PERSON["person_name"]
    claim = dict.fromkeys(FEATURES) | {"unique_id": "r:person_name", "name_key": PERSON["person_name"]} | PLACE
    found = link(twins, pd.DataFrame([claim]))["r:person_name"]
    assert {one["household_id"] for one in found} == {"H7", "H47"} and sum(one["score"] for one in found) <= 1


def test_nobody_is_suggested_for_a_stranger_or_against_the_threshold() -> None:
    assert suggested(name_key="欧阳某某", **PLACE) == []
    assert all(one["score"] >= THRESHOLD for one in suggested(name_key=SLIP, town_code=PERSON["town_code"]))


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    suggested(name_key=SLIP, **PLACE)
    assert capfd.readouterr() == ("", "")


def test_figures_add_up() -> None:
    assert all(len(M[name]) == len(LEVELS[name]) and sum(M[name]) == pytest.approx(1) for name in LEVELS)


def test_a_candidate_stands_once_and_keeps_its_score() -> None:
    plain = {"household_id": "H1", "person_name": "王一", "village_name": "甲村", "id_number": "**0001"}
    scored = plain | {"id_number": "**************0001", "score": 0.9, "evidence": "姓名相同"}
    assert merged([scored], [plain, plain | {"household_id": "H2"}]) == [scored, plain | {"household_id": "H2"}]
