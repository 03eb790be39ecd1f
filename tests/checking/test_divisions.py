"""Where a row is, in every way clerks write it, for the county as shipped and for one with mergers and namesakes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from include.checking.divisions import Divisions
from include.checking.reasons import said
from include.site import Site


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Divisions:
    return Divisions.load(Site(tmp_path_factory.mktemp("home")))


@pytest.mark.parametrize(
    "village",
    [
        "华丰", "华丰村", "华丰村委会", "华丰村民委员会", "华丰村村民委员会", "华丰社区", "华丰行政村", "旌阳镇华丰村",
        "旌德县旌阳镇华丰村",
        "安徽省宣城市旌德县旌阳镇华丰村委会",
        "华丰村3组", "华丰村第三组", "华丰村第三村民小组", "华丰村上庄组", "旌阳镇华丰村上庄村民组", "华　丰 村",
        "华丰村\u200b", "341825100202",
        341825100202.0, "华丰村(原某某村)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("town", ["旌阳镇", "旌阳", "旌德县旌阳镇", "旌阳镇人民政府", "341825100", 341825100.0, "341825100000"])
def test_every_writing_of_a_place(county: Divisions, town: object, village: object) -> None:
    place = county.place(town, village)
    assert (place.town_code, place.village_code, place.note) == ("341825100", "341825100202", None)
    assert (place.town_name, place.village_name) == ("旌阳镇", "华丰村委会")


def test_every_village_of_the_county_is_found_by_its_short_forms(county: Divisions) -> None:
    for code, name in county.village_names.items():
        base = name.removesuffix("村委会").removesuffix("居委会")
        for writing in (name, base, base + ("村" if "村委会" in name else "社区"), f"{county.town_names[code[:9]]}{name}"):
            place = county.place(county.town_names[code[:9]], writing)
            assert (place.village_code, place.note) == (code, None), writing


@pytest.mark.parametrize(
    ("town", "village", "town_code", "village_code", "note"),
    [
        ("三溪镇", "华丰", "341825100", "341825100202", "town_corrected"),
        ("乌有镇", "华丰村", "341825100", "341825100202", "town_unknown"),
        ("旌阳镇", "乌有村", "341825100", None, "village_unknown"),
        ("乌有镇", "乌有村", None, None, "place_unknown"),
        ("旌阳镇", "三溪镇", "341825100", None, "village_unknown"),
        ("白地镇", "白地", "341825104", "341825104204", None),
        ("三溪镇", "三溪", "341825102", "341825102001", None),
        ("俞村镇", "俞村", "341825105", "341825105200", None),
        ("俞村镇", "俞村委会", "341825105", "341825105200", None),
        ("孙村镇", "新建", "341825107", "341825107201", None),
        ("三溪镇", "建强", "341825102", "341825102204", None),
        ("旌阳镇", "瑞市社区", "341825100", "341825100004", None),
        ("", "华丰村", "341825100", "341825100202", None),
        ("旌阳镇华丰村", "", "341825100", "341825100202", None),
        ("旌阳镇", "", "341825100", None, None),
        ("旌阳镇", "全镇", "341825100", None, None),
        ("", "", None, None, None),
    ],
)
def test_what_decides(
    county: Divisions, town: str, village: str, town_code: str | None, village_code: str | None, note: str | None
) -> None:
    place = county.place(town, village)
    assert (place.town_code, place.village_code, place.note, place.elsewhere) == (town_code, village_code, note, False)
    assert note is None or said(note).text


@pytest.mark.parametrize(
    ("town", "village"),
    [
        ("绩溪县临溪镇", "临溪村"), ("绩溪县", ""), ("宁国市", "中溪"), ("泾县桃花潭镇", ""), ("安徽省宣城市宣州区", ""),
        ("浙江省杭州市", ""),
        ("旌阳镇", "绩溪县临溪镇临溪村"), ("341824100", "341824100200"), ("外省", ""), ("黄山市黄山区", "谭家桥"),
        ("绩溪县临溪镇", "华丰村"),
    ],
)  # fmt: skip
def test_another_county_is_one_that_says_so(county: Divisions, town: str, village: str) -> None:
    place = county.place(town, village)
    assert place.elsewhere
    assert place.town_code is None


@pytest.mark.parametrize("town", ["临溪镇", "瑞市", "古县村", "某某小区", "旌德县", "开发区"])
def test_an_unknown_place_is_not_taken_for_another_county(county: Divisions, town: str) -> None:
    assert not county.place(town, "乌有村").elsewhere


@pytest.mark.parametrize(
    ("towns", "villages", "town_codes", "village_codes", "notes"),
    [
        ("旌阳镇、三溪镇", "华丰村、路西村", "341825100、341825102", "341825100202、341825102200", ()),
        ("旌阳镇，三溪", "", "341825100、341825102", None, ()),
        ("旌阳 三溪/白地", None, "341825100、341825102、341825104", None, ()),
        ("旌阳镇和三溪镇", None, "341825100、341825102", None, ()),
        ("旌阳镇", "全镇", "341825100", None, ()),
        ("旌阳镇", "华丰村、新庄村等2个村", "341825100", "341825100200、341825100202", ()),
        ("旌阳镇", "路西村", "341825102", "341825102200", ("town_corrected",)),
        ("旌阳镇", "华丰；路西", "341825100、341825102", "341825100202、341825102200", ("town_corrected",)),
        ("旌阳镇", "华丰、乌有村", "341825100", "341825100202", ("village_unknown",)),
        ("乌有镇、旌阳镇", "", "341825100", None, ("town_unknown",)),
        ("乌有镇", "", None, None, ("place_unknown",)),
    ],
)
def test_areas_may_name_several(
    county: Divisions, towns: str, villages: str | None, town_codes: str | None, village_codes: str | None, notes: tuple[str, ...]
) -> None:
    place = county.place_area(towns, villages)
    assert (place.town_codes, place.village_codes, place.notes) == (town_codes, village_codes, notes)


@pytest.mark.parametrize("text", ["全县", "各镇", "旌德县", "全县各乡镇"])
def test_the_whole_county_is_all_its_towns(county: Divisions, text: str) -> None:
    assert len((county.place_area(text, "").town_codes or "").split("、")) == 10


def test_an_area_of_another_county(county: Divisions) -> None:
    assert county.place_area("绩溪县临溪镇", "").elsewhere


@pytest.fixture()
def changed(tmp_path: Path) -> Divisions:
    """A county of its own settings: two villages of one name, one merged away on 1 July 2023, one former town name."""
    (tmp_path / "county").mkdir()
    (tmp_path / "county" / "divisions.csv").write_text(
        "village_code,village_name,town_code,town_name,county_code,county_name,valid_from,valid_to\n"
        "341825100202,华丰村委会,341825100,旌阳镇,341825,旌德县,,\n"
        "341825101201,东山村委会,341825101,蔡家桥镇,341825,旌德县,,\n"
        "341825103200,东山村委会,341825103,庙首镇,341825,旌德县,,\n"
        "341825103201,练山村委会,341825103,庙首镇,341825,旌德县,,2023-06-30\n",
        "utf-8",
    )
    (tmp_path / "county" / "division_aliases.csv").write_text(
        "division_code,alias,valid_from,valid_to\n341825100202,练山村,2023-07-01,\n341825101,华川乡,,2019-12-31\n", "utf-8"
    )
    return Divisions.load(Site(tmp_path))


@pytest.mark.parametrize(
    ("on", "village_code"),
    [(date(2023, 6, 30), "341825103201"), (date(2023, 7, 1), "341825100202"), (date(2024, 3, 10), "341825100202")],
)
def test_a_merged_village_is_known_by_its_day(changed: Divisions, on: date, village_code: str) -> None:
    assert changed.place("", "练山村", on=on).village_code == village_code


def test_an_alias_ends_with_its_day(changed: Divisions) -> None:
    assert changed.place("华川乡", "", on=date(2019, 12, 31)).town_code == "341825101"
    assert changed.place("华川乡", "", on=date(2020, 1, 1)).town_code is None


def test_namesakes_need_their_town(changed: Divisions) -> None:
    assert changed.place("庙首镇", "东山村").village_code == "341825103200"
    assert changed.place("旌阳镇", "东山村").note == "village_ambiguous"
    assert changed.place("旌阳镇", "东山村").town_code == "341825100"
    assert changed.place("", "东山").village_code is None


@bounded(max_examples=100, deadline=None)
@given(
    st.one_of(st.text(max_size=20), st.floats(), st.none()),
    st.one_of(st.text("旌阳镇华丰村三溪组县市、/ 和1", max_size=12), st.text(max_size=20)),
)
def test_any_text_has_an_answer(town: object, village: str) -> None:
    divisions = Divisions.load(Site(Path("does-not-exist")))
    place = divisions.place(town, village)
    assert not (place.elsewhere and place.town_code)
    again = divisions.place(place.town_name, place.village_name)
    assert (again.town_code, again.village_code) == (place.town_code, place.village_code)
    divisions.place_area(town, village)


ALL = 10
COUNTY = Divisions.load(Site(Path("no-home-of-its-own")))


@pytest.mark.parametrize(
    ("towns", "villages", "count", "unnamed"),
    [
        ("旌阳等5个乡镇", None, 1, 4),
        ("旌阳镇、三溪镇等2个乡镇", None, 2, None),
        ("旌阳镇、三溪镇等三镇", None, 2, 1),
        ("旌阳等地", None, 1, 0),
        ("旌阳镇等10个镇", None, ALL, None),
        ("三溪镇", "路西等3个村", 1, 2),
        ("全县", None, ALL, None),
        ("全县除旌阳镇外", None, ALL - 1, None),
        ("除旌阳镇、三溪镇以外的其他乡镇", None, ALL - 2, None),
        ("全县（除旌阳镇外）", None, ALL - 1, None),
        ("全县各乡镇（不含旌阳镇）", None, ALL - 1, None),
    ],
)
def test_towns_that_are_meant_and_not_named(towns: str, villages: str | None, count: int, unnamed: int | None) -> None:
    place = COUNTY.place_area(towns, villages)
    assert (len((place.town_codes or "").split("、")), place.unnamed) == (count, unnamed)


def test_villages_in_brackets_behind_a_town_belong_to_it() -> None:
    place = COUNTY.place_area("三溪镇（路西村、霍家桥村）、旌阳镇", None)
    assert (place.town_names, place.village_names) == ("旌阳镇、三溪镇", "路西村委会、霍家桥村委会")
    home = COUNTY.place("三溪镇（路西村）", None)
    assert (home.town_name, home.village_name) == ("三溪镇", "路西村委会")


@pytest.mark.parametrize(
    "address", ["旌德县三溪镇路西村5组12号", "安徽省宣城市旌德县三溪镇路西村大塘12号", "三溪镇路西村", "三溪镇路西村张家自然村"]
)
def test_an_address_says_town_and_village(address: str) -> None:
    place = COUNTY.place(address, address)
    assert (place.town_name, place.village_name, place.note) == ("三溪镇", "路西村委会", None)
