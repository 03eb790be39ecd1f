"""The paper for the doors: one page a household, a list before each village, and what somebody wrote stays text."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from include.identity.masks import mask_number
from include.reports.barcode import bars_of
from include.reports.household_pages import write_household_pages
from include.reports.notice import notice_of, sources_of, split_listing
from include.reports.visits import Visit, visits_of
from include.site import County
from tests.reports.conftest import TOWN, number

PDFTOTEXT = shutil.which("pdftotext")
HOSTILE = '#panic("x") $1$ *粗* <a> @b \\ " =1+1 //'
NO_ANSWERS = pd.DataFrame(columns=["household_id", "warning_id"])


@pytest.fixture
def members() -> pd.DataFrame:
    """The household of three warnings: a head of 63 whose birthday is to come, a grandchild, one without a number."""
    rows = [
        ("王大一", "户主", number(1), None),
        ("王小五", "之孙子或孙女", number(5), "13800000000"),
        ("李无号", "配偶", None, None),
    ]
    columns = ["person_name", "relation_to_head", "id_number", "person_phone"]
    return pd.DataFrame(rows, columns=columns).assign(household_id="341825000001")


def answer(**told: Any) -> dict[str, Any]:
    return {
        "household_id": "341825000001",
        "warning_id": "W00017C2D9EA1",
        "warning_type": "illness",
        "answered_on": date(2024, 1, 15),
        "is_true": True,
        "meets_criteria": "no",
        "situation": "务工收入稳定",
        "amount_then": 31000.0,
        "amount_now": 36512.5,
        "evidence_then": "自付 31,000.00 元",
        **told,
    }


def visits(
    county: County, dispatch: dict[str, Any], warnings: pd.DataFrame, signals: pd.DataFrame, members: pd.DataFrame, *answers: Any
) -> list[Visit]:
    issued, continuing = split_listing(warnings)
    found = pd.DataFrame(list(answers)) if answers else NO_ANSWERS
    sources = sources_of(signals, set(warnings["warning_id"]), county)
    return visits_of(notice_of(dispatch, county), issued, continuing, members=members, answers=found, sources=sources)


def pages(path: Path) -> list[str]:
    """The text of each page without blanks."""
    if PDFTOTEXT is None:
        pytest.skip("没有 pdftotext")
    done = subprocess.run([PDFTOTEXT, "-layout", str(path), "-"], capture_output=True, check=True)
    return [re.sub(r"\s", "", page) for page in done.stdout.decode().split("\f")[:-1]]


@pytest.fixture
def write(
    tmp_path: Path, county: County, dispatch: dict[str, Any], warnings: pd.DataFrame, signals: pd.DataFrame, members: pd.DataFrame
) -> Any:
    def written(changed: pd.DataFrame = warnings, people: pd.DataFrame = members, answers: pd.DataFrame = NO_ANSWERS) -> Path:
        path = tmp_path / "pages.pdf"
        assert write_household_pages(
            path, mark="演练", county=county, town_name=TOWN, dispatch=dispatch, warnings=changed, signals=signals,
            members=people, answers=answers,
        )  # fmt: skip
        return path

    return written


def test_a_page_a_household_and_a_list_a_village(write: Any) -> None:
    """Five households in two villages and one without, one area: each its page; those only listed again have none."""
    found = pages(write())
    assert len(found) == 3 + 5 + 1
    assert "区域性事件核查表" in found[0] and "2024-03旌阳镇区域事件1" in found[0]
    assert "旌阳镇南门居委会入户清单" in found[1] and "1户，3件预警" in found[1]
    assert "2024-03旌阳镇第1户" in found[2] and all("演练" in page for page in found)
    titles = [re.search(r"旌阳镇(\w+)入户清单", page) for page in found]
    assert [title[1] for title in titles if title] == ["南门居委会", "华丰村委会", "村名待核"]


def test_a_page_says_why_one_comes_and_what_is_asked(write: Any, warnings: pd.DataFrame) -> None:
    page = pages(write())[2]
    for warning_id in warnings.loc[warnings["household_id"] == "341825000001", "warning_id"]:
        assert warning_id in page
    for said in (
        *("户主王大一", "联系电话13800000000", "王小五", "63岁", "饮水水质不达标", "来源：县医保局2024年3月", "可先电话核实"),
        *("是否符合监测", "已在监测", "核查情况", "未纳入理由", "拟纳入类别", "拟采取措施", "政策宣传日期"),
        *("合规自付及刚性支", "三保障及", "户主（或家庭成员）签字", "核查人签字（两人）", "审核人签字（镇）", "（村、社区盖章）"),
        *("2024年3月16日", "旌防贫交办〔2024〕3号"),
    ):
        assert said in page, said


def test_only_those_warned_of_are_shown_with_their_whole_number(write: Any, members: pd.DataFrame) -> None:
    text = "".join(pages(write()))
    assert number(1) in text and number(5) not in text and mask_number(number(5)) in text


def test_a_household_that_is_not_on_the_list_gets_room_for_its_people(write: Any) -> None:
    (page,) = [page for page in pages(write()) if "赵无号" in page and "入户清单" not in page]
    assert "不在防贫名单内" in page and page.count("岁") == 4


def test_text_stays_text(write: Any, warnings: pd.DataFrame, members: pd.DataFrame) -> None:
    changed = warnings.assign(evidence=HOSTILE, head_name=HOSTILE, village_name=HOSTILE, natural_village=HOSTILE, marks=HOSTILE)
    text = "".join(pages(write(changed, members.assign(person_name=HOSTILE))))
    assert text.count(HOSTILE.replace(" ", "")) > 15


def test_the_same_gives_the_same_bytes(write: Any, warnings: pd.DataFrame) -> None:
    first = write().read_bytes()
    assert write(warnings.iloc[::-1].reset_index(drop=True)).read_bytes() == first


@pytest.mark.parametrize(("count", "most"), [(3, 1), (12, 2)])
def test_many_reasons_get_smaller_type_and_only_then_a_second_page(
    write: Any, warnings: pd.DataFrame, members: pd.DataFrame, count: int, most: int
) -> None:
    one = warnings.iloc[[6]].assign(household_id="341825000001")
    many = pd.concat([one.assign(warning_id=f"W{serial:012d}") for serial in range(count)], ignore_index=True)
    people = pd.concat([members] * 3)
    found = pages(write(many, people))
    assert len(found) == 1 + most and "村、社区盖章" in found[-1] and "第1户" in found[-1]


def test_nothing_new_means_no_pages(
    tmp_path: Path, county: County, dispatch: dict[str, Any], warnings: pd.DataFrame, signals: pd.DataFrame, members: pd.DataFrame
) -> None:
    old = warnings[warnings["listing_kind"] != "issued"]
    assert not write_household_pages(
        tmp_path / "x.pdf", mark="", county=county, town_name=TOWN, dispatch=dispatch, warnings=old, signals=signals,
        members=members, answers=NO_ANSWERS,
    )  # fmt: skip
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "2024年1月15日核查：属实，不符合监测条件。务工收入稳定。本次只问变化：上次核查时为 31,000.00 元，现为 36,512.50 元"),
        ({"amount_then": None, "is_true": False}, "不属实，不符合监测条件。务工收入稳定。本次只问变化：上次核查时为“自付"),
        (
            {"amount_now": None, "evidence_then": None, "situation": None},
            "不符合监测条件。本次只问变化：请核实上次核查以来的变化",
        ),
    ],
)
def test_a_reopened_warning_says_what_was_found_and_asks_for_the_change(
    county: County,
    dispatch: dict[str, Any],
    warnings: pd.DataFrame,
    signals: pd.DataFrame,
    members: pd.DataFrame,
    told: dict[str, Any],
    said: str,
) -> None:
    first = visits(county, dispatch, warnings, signals, members, answer(**told))[0]
    assert [said in reason.before for reason in first.reasons] == [True, False, False] and not first.last_visit


def test_the_last_visit_for_another_reason_is_told(
    county: County, dispatch: dict[str, Any], warnings: pd.DataFrame, signals: pd.DataFrame, members: pd.DataFrame
) -> None:
    earlier = [answer(warning_id=f"W{at}", warning_type="water", answered_on=date(2024, at, 1)) for at in (1, 2)]
    first, *others = visits(county, dispatch, warnings, signals, members, *earlier)
    assert first.last_visit == "饮水安全情况预警，2024年2月1日核查：属实，不符合监测条件。务工收入稳定。"
    assert not any(visit.last_visit for visit in others)


def test_households_go_by_village_and_group(
    county: County, dispatch: dict[str, Any], warnings: pd.DataFrame, signals: pd.DataFrame, members: pd.DataFrame
) -> None:
    groups = warnings.assign(natural_village=["", "", "", "二组", "", "", "一组", "", "", ""])
    found = [(visit.number, visit.place, visit.group) for visit in visits(county, dispatch, groups, signals, members)]
    assert found[:4] == [
        ("1", "南门居委会", ""),
        ("2", "华丰村委会", ""),
        ("3", "华丰村委会", "一组"),
        ("4", "华丰村委会", "二组"),
    ]


def test_bars_are_those_of_the_standard() -> None:
    """ISO/IEC 15417: start B, W as 311321, stop; the check character of Wikipedia has the value 88, that of a small x."""
    word, letter = bars_of("Wikipedia"), bars_of("x")
    assert word[:12] == [2, 1, 1, 2, 1, 4, 3, 1, 1, 3, 2, 1] and word[-7:] == [2, 3, 3, 1, 1, 1, 2]
    assert word[-13:-7] == letter[6:12]
    every = [tuple(bars_of(chr(mark))[6:12]) for mark in range(32, 127)]
    assert len(set(every)) == len(every) and {sum(each) for each in every} == {11}
    with pytest.raises(ValueError, match="ASCII"):
        bars_of("预警")
