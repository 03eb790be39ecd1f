"""The letter to a town: its words, its form, and what happens on a machine without Chinese fonts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typst

from include.reports import letter as letters
from include.reports.letter import LetterPress, letter_of, letter_press, write_letter
from include.site import County

TOWN = "旌阳镇"


@pytest.fixture
def text(county: County, dispatch: dict[str, Any], warnings: pd.DataFrame) -> str:
    return letter_of(mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=warnings).text


@pytest.mark.parametrize(
    "expected",
    [
        "旌德县乡村振兴局",
        "旌防贫交办〔2024〕3号",
        "关于交办2024年3月防止返贫动态监测部门筛查预警信息的函",
        "旌阳镇人民政府：",
        "按照旌巩固成果办〔2024〕1号文件要求",
        "本次新交办预警信息8件，涉及5户，含区域性事件1件",
        "因病返贫致贫预警4件、因学返贫致贫预警1件、饮水安全情况预警1件、产业受损预警1件、因灾返贫致贫预警1件",
        "南门居委会3件、华丰村委会3件、村名待核1件",
        "1件标注“身份待核”",
        "此前已交办、本期仍有新数据的预警信息2件",
        "5日内完成，经审核后于2024年3月16日前报旌德县乡村振兴局备案",
        "10日内精准制定帮扶措施",
        "附件：旌阳镇2024年3月预警核查工作簿",
        "2024年3月11日",
    ],
)
def test_says(text: str, expected: str) -> None:
    assert expected in text


def test_names_nobody(text: str, warnings: pd.DataFrame) -> None:
    assert not re.search(r"\d{15}", text)
    for column in ("person_name", "head_name", "id_number", "household_id", "warning_id"):
        assert not [value for value in warnings[column].dropna() if value in text]


def test_nothing_to_issue(county: County, dispatch: dict[str, Any], warnings: pd.DataFrame) -> None:
    text = letter_of(mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=warnings.iloc[:0]).text
    assert "本次没有新交办的预警信息" in text and "入户核查" not in text


def test_instant_notice(county: County, dispatch: dict[str, Any], warnings: pd.DataFrame) -> None:
    instant = {**dispatch, "dispatch_id": "instant-2024-007", "kind": "instant"}
    text = letter_of(mark="", county=county, town_name=TOWN, dispatch=instant, warnings=warnings).text
    assert "旌防贫即办〔2024〕7号" in text and "关于即时交办" in text


def test_registered_number_wins(county: County, dispatch: dict[str, Any], warnings: pd.DataFrame) -> None:
    given = {**dispatch, "document_number": "旌乡振函〔2024〕12号"}
    assert "旌乡振函〔2024〕12号" in letter_of(mark="", county=county, town_name=TOWN, dispatch=given, warnings=warnings).text


def test_is_a_pdf_in_the_official_form(tmp_path: Path, county: County, dispatch: dict[str, Any], warnings: pd.DataFrame) -> None:
    """A4 with the margins and type sizes of GB/T 9704; a few pages; the same letter gives the same bytes."""
    paths = [tmp_path / "1.pdf", tmp_path / "2.pdf"]
    for path in paths:
        write_letter(path, mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=warnings)
    assert paths[0].read_bytes().startswith(b"%PDF-1.7") and paths[0].read_bytes() == paths[1].read_bytes()
    press = letter_press()
    source = press.source(letter_of(mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=warnings))
    for rule in ("top: 37mm, left: 28mm, right: 26mm, bottom: 35mm", "size: 16pt", "size: 22pt", 'paper: "a4"'):
        assert rule in source
    assert int(typst.query(source.encode(), "<pages>", field="value", one=True)) in (1, 2, 3)
    assert {path.name for path in tmp_path.iterdir()} == {"1.pdf", "2.pdf"}


def test_one_press_for_all_towns() -> None:
    assert letter_press() is letter_press()


def test_text_cannot_become_markup(county: County, dispatch: dict[str, Any], warnings: pd.DataFrame, tmp_path: Path) -> None:
    warnings["village_name"] = '"#panic()\\ *村*'
    write_letter(tmp_path / "x.pdf", mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=warnings)
    assert (tmp_path / "x.pdf").stat().st_size > 1000


@pytest.mark.parametrize(
    ("families", "expected"),
    [
        ({"Libertinus Serif"}, "没有中文字体"),
        ({"Noto Serif CJK SC"}, "缺少仿宋_GB2312、方正小标宋简体字体，交办函暂用 Noto Serif CJK SC"),
        ({"FangSong_GB2312", "Noto Serif CJK SC"}, "缺少方正小标宋简体字体，交办函暂用 Noto Serif CJK SC"),
        ({"仿宋", "方正小标宋简体"}, ""),
    ],
)
def test_says_which_fonts_are_missing(
    families: set[str], expected: str, county: County, dispatch: dict[str, Any], warnings: pd.DataFrame, tmp_path: Path
) -> None:
    press = LetterPress()
    press.families = frozenset(families)
    assert expected in "".join(press.notes) and bool(press.notes) == bool(expected)
    press.print(tmp_path / "x.pdf", letter_of(mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=warnings))
    assert (tmp_path / "x.pdf").exists()


def test_every_chain_starts_with_the_font_it_stands_for() -> None:
    assert all(letters.TRUE_FONTS[name] & set(letters.FONT_CHAINS[name][:4]) for name in letters.TRUE_FONTS)
