"""The rehearsal county: the same bytes every time, valid people, every planted trouble, answers that agree with themselves."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum
from stdnum.cn import ric

import include.rehearsal.county
from include.rehearsal.county import write_sample
from include.rehearsal.county.people import REGISTRY_HOUSEHOLDS, identity_number
from include.rehearsal.county.schedule import Schedule
from include.rehearsal.county.tables import FEEDS
from include.rehearsal.county.writing import ID_WRITINGS, lost_tail
from include.site import PROJECT, TIMEZONE, current_site

EVENT_FEEDS = {
    "health__epidemic_event",
    "water__industry_loss",
    "emergency__disaster_area",
    "emergency__disaster_household",
    "public_security__incident",
    "petition__case",
}
MONTHLY_FEEDS = {
    "medical_insurance__uninsured",
    "medical_insurance__self_pay_monitored",
    "medical_insurance__self_pay_high",
    "water__drinking_water",
    "human_resources__unemployed",
}
QUARTERLY_FEEDS = {
    "housing__renovation_plan",
    "housing__hazard",
    "civil_affairs__new_low_income",
    "disabled_federation__new_certificate",
}
REGISTRY = "rural_revitalization__registry"

# Everything a department does to its files that the rehearsal must show at least once.
PLANTED = {
    *ID_WRITINGS,
    *("id_float", "id_lost_tail", "id_wrong_check", "missing_value", "unknown_choice", "bad_amount"),
    *("name_spaced", "name_box", "rare_name", "moved", "wrong_town", "wrong_town_outside", "unknown_village", "unplaceable"),
    *("duplicate_equal", "duplicate_rewritten", "same_file_renamed", "conflict", "approximate"),
    *("corrected_version", "correction_changed", "correction_added", "correction_left_out", "correction_equal"),
    *("zero_header_only", "zero_row", "zero_without_table", "hidden_sheet", "other_month_sheet", "password", "html_named_xls"),
    *("formula_text", "unit_line_wan", "boundary_in_wan", "wan_text", "thousands_text", "date_without_year", "month_without_day"),
    *("boundary_30000.00", "boundary_30000.01", "boundary_11999.99", "boundary_12000.00", "boundary_line"),
    *("boundary_line_in_difficulty", "boundary_line_no_difficulty", "boundary_below_line"),
    *("level_roman", "level_letters", "level_figure", "level_chinese", "level_bare_figure", "level_above", "level_below_mark"),
    *("level_3_limb", "level_3_intellectual", "level_3_mental", "multiple_level_2", "multiple_level_3", "reissue"),
    *("number_against_columns", "not_short_but_high_risk", "risk_not_given", "risk_not_high", "date_outside_quarter"),
    *("no_number_unique", "no_number_unique_spaced", "no_number_member", "no_number_ambiguous", "no_number_unknown"),
    *("two_households_newest", "two_households_file_decides", "spouse_as_head", "category_contradicts", "outside_registry"),
    *("category_without_registry", "in_both_feeds", "two_feeds_differ", "residence_card", "plan_and_hazard", "two_hazards"),
    *("age_exactly_16", "age_one_day_under_16", "age_exactly_6", "age_under_6", "absent_before_16", "absent_after_6"),
    *("taught_at_home", "sick_leave", "deferred", "at_school", "home_elsewhere", "town_dweller", "already_listed"),
    *("two_members_one_type", "two_types_one_household", "head_left_blank", "low_not_stated", "low_contradicted"),
    *("fall_not_borne_out", "fall_without_earlier_year", "minor_injury", "two_victims", "several_towns", "whole_town"),
}


def files_of(inbox: Path) -> dict[str, tuple[str, float]]:
    """Hash and time of every file below the inbox."""
    return {
        str(path.relative_to(inbox)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime)
        for path in sorted(inbox.rglob("*"))
        if path.is_file()
    }


def read_answers(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "answers.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small county's March with every feed."""
    folder = tmp_path_factory.mktemp("small")
    write_sample(current_site(), "2024-03", 7, "small", folder / "inbox", all_feeds=True)
    return folder


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county of the real size."""
    folder = tmp_path_factory.mktemp("county")
    write_sample(current_site(), "2024-03", 11, "county", folder / "inbox", all_feeds=True)
    return folder


def file_named(folder: Path, name: str) -> Path:
    return next(path for path in (folder / "inbox").rglob("*") if path.name == name)


def test_the_package_shares_no_code_with_the_pipeline() -> None:
    package = Path(include.rehearsal.county.__file__).parent
    imported = set()
    for source in package.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("include"):
                imported |= {node.module} if node.module != "include" else {f"include.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names if alias.name.startswith("include")}
            assert not (isinstance(node, ast.ImportFrom) and node.level), source
    assert {name for name in imported if not name.startswith("include.rehearsal.county")} == {"include.site"}


def test_the_same_call_gives_the_same_bytes_even_in_another_process(small: Path, tmp_path: Path) -> None:
    call = (
        "import sys; from pathlib import Path; from include.rehearsal.county import write_sample; "
        "from include.site import current_site; "
        "write_sample(current_site(), '2024-03', 7, 'small', Path(sys.argv[1]), all_feeds=True)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "99"}
    subprocess.run([sys.executable, "-c", call, str(tmp_path / "inbox")], check=True, env=environment, cwd=PROJECT)
    assert files_of(tmp_path / "inbox") == files_of(small / "inbox")
    assert (tmp_path / "answers.json").read_bytes() == (small / "answers.json").read_bytes()


def test_another_seed_gives_other_people(small: Path, tmp_path: Path) -> None:
    write_sample(current_site(), "2024-03", 8, "small", tmp_path / "inbox", all_feeds=True)
    mine, other = ({w["id_number"] for w in read_answers(folder)["warnings"] if w["id_number"]} for folder in (small, tmp_path))
    assert len(mine & other) < len(mine) / 20


def test_no_file_is_newer_than_the_clock_and_corrections_come_later(tmp_path: Path) -> None:
    now = datetime(2024, 3, 5, 9)
    write_sample(current_site(), "2024-03", 7, "small", tmp_path / "inbox", all_feeds=True, now=now)
    times = {Path(name).name: stamp for name, (_, stamp) in files_of(tmp_path / "inbox").items()}
    assert max(times.values()) < now.replace(tzinfo=TIMEZONE).timestamp()
    assert times["自付超3万元人员2024年3月.xls"] < times["自付超3万元人员2024年3月（更正）.xlsx"]
    assert times["未参保名单.csv"] < times["未参保名单（最终）.csv"]


@pytest.mark.parametrize(
    ("month", "all_feeds", "late", "periods"),
    [
        (
            "2024-01",
            False,
            QUARTERLY_FEEDS | {"education__dropout", "rural_revitalization__income_risk"},
            {"2023-Q4", "2023-autumn", "2023"},
        ),
        ("2024-02", False, set(), set()),
        (
            "2024-03",
            True,
            QUARTERLY_FEEDS | {"education__dropout", "rural_revitalization__income_risk"},
            {"2023-Q4", "2023-autumn", "2023"},
        ),
        ("2024-04", False, QUARTERLY_FEEDS | {"education__dropout"}, {"2024-Q1", "2024-spring"}),
        ("2024-07", False, QUARTERLY_FEEDS, {"2024-Q2"}),
    ],
)
def test_a_month_holds_what_fell_due(tmp_path: Path, month: str, all_feeds: bool, late: set[str], periods: set[str]) -> None:
    write_sample(current_site(), month, 3, "small", tmp_path / "inbox", all_feeds=all_feeds)
    published = [d for d in read_answers(tmp_path)["deliveries"] if d["status"] == "published"]
    assert {d["feed"] for d in published} == EVENT_FEEDS | MONTHLY_FEEDS | {REGISTRY} | late
    assert {d["period"] for d in published if d["feed"] in MONTHLY_FEEDS} == {month}
    assert periods <= {d["period"] for d in published}


def test_the_first_months_figures_are_those_of_the_whole_year_before(tmp_path: Path) -> None:
    write_sample(current_site(), "2024-01", 3, "small", tmp_path / "inbox")
    years = {w["qualifier"] for w in read_answers(tmp_path)["warnings"] if w["cause"] == "illness.self_pay"}
    assert years == {"2023"}


def test_months_of_one_seed_follow_one_another(tmp_path: Path) -> None:
    for month in ("2024-02", "2024-03"):
        write_sample(current_site(), month, 3, "small", tmp_path / month / "inbox")
    earlier, later = (read_answers(tmp_path / month) for month in ("2024-02", "2024-03"))
    registries = []
    for month, day in (("2024-02", "20240201"), ("2024-03", "20240301")):
        path = file_named(tmp_path / month, f"脱贫户和监测对象名单_{day}.xlsx")
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        assert {row[1] for row in rows[1:]} == {f"{day[:4]}-{day[4:6]}-01"}
        registries.append([[row[0], *row[2:10]] for row in rows])
    assert registries[0] == registries[1]

    paid = [
        {w["id_number"]: float(w["amount_yuan"]) for w in found["warnings"] if w["cause"] == "illness.self_pay"}
        for found in (earlier, later)
    ]
    repeated = paid[0].keys() & paid[1].keys()
    assert repeated and all(paid[1][number] > paid[0][number] for number in repeated)
    repeating = Counter(
        w["cause"]
        for w in later["warnings"]
        if (w["cause"], w["id_number"]) in {(o["cause"], o["id_number"]) for o in earlier["warnings"]}
    )
    assert repeating["illness.uninsured"] >= 5 and repeating["employment_income.unemployed"] >= 5


@pytest.mark.parametrize("month", ["2023-12", "2024-3", "2024年3月"])
def test_a_month_that_cannot_be_rehearsed_says_so(month: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="月份"):
        write_sample(current_site(), month, 1, "small", tmp_path / "inbox")


def test_a_size_that_does_not_exist_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="规模"):
        write_sample(current_site(), "2024-03", 1, "huge", tmp_path / "inbox")


@pytest.mark.parametrize(
    ("body", "number"), [(("110105", "1949-12-31", 2), "11010519491231002X"), (("340524", "1980-01-01", 1), "34052419800101001X")]
)
def test_numbers_are_made_as_the_standard_says(body: tuple[str, str, int], number: str) -> None:
    assert identity_number(body[0], datetime.fromisoformat(body[1]).date(), body[2]) == number


def test_all_people_have_valid_numbers(county: Path) -> None:
    found = read_answers(county)
    path = file_named(county, "脱贫户和监测对象名单_20240301.xlsx")
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    written = [str(row[9]) for row in rows[1:]]
    assert sum(len(number) == 15 for number in written) >= 2
    numbers = {number for number in written if len(number) == 18}
    numbers |= {entry["id_number"] for entry in found["warnings"] + found["information"] if entry["id_number"]}
    assert len(numbers) > 20_000
    assert {number for number in numbers if ric.calc_check_digit(number) != number[-1]} == set()
    assert not any(number.endswith("000") for number in numbers)
    # stdnum knows when each county's code came into use; ours is of 2000, so older people's numbers are beyond it
    assert all(ric.is_valid(number) for number in numbers if number[:6] == "341825" and number[6:10] >= "2000")


def test_a_lost_tail_does_not_pass_the_check() -> None:
    spoiled = lost_tail("341825198001011236")
    assert len(spoiled) == 18 and spoiled.endswith("000")
    assert ric.calc_check_digit(spoiled) != "0"


def test_every_trouble_is_planted_in_a_county_of_real_size(county: Path) -> None:
    planted = {entry["kind"] for entry in read_answers(county)["planted"]}
    assert PLANTED - planted == set()


def test_the_small_county_has_all_troubles_but_those_that_need_luck(small: Path) -> None:
    planted = {entry["kind"] for entry in read_answers(small)["planted"]}
    assert PLANTED - planted <= {"id_lower_case", "id_cyrillic", "id_times_sign", "id_15_digits"}


@pytest.mark.parametrize("size", ["small", "county"])
def test_answers_agree_with_themselves(size: str, request: pytest.FixtureRequest) -> None:
    found = read_answers(request.getfixturevalue(size))
    for delivery in found["deliveries"]:
        assert delivery["rows"] == delivery["accepted"] + delivery["rejected"] + delivery["duplicates"], delivery["file"]
    back = Counter(entry["file"] for entry in found["rejected"])
    assert {d["file"]: d["rejected"] for d in found["deliveries"] if d["rejected"]} == back
    keys = [
        (
            w["cause"],
            w["subject"],
            w["id_number"] or (w["person_name"], w["village_code"], w["town_code"]),
            w["qualifier"],
            w["town_code"],
        )
        for w in found["warnings"]
    ]
    assert len(keys) == len(set(keys))
    assert {w["warning_type"] for w in found["warnings"]} == {
        *("illness", "epidemic", "schooling", "housing", "water", "low_income"),
        *("employment_income", "disability", "industry", "disaster", "petition"),
    }
    assert {feed for w in found["warnings"] for feed in w["feeds"]} == set(FEEDS)
    certain = {(w["cause"], w["id_number"], w["qualifier"]) for w in found["warnings"] if w["id_number"]}
    assert not [n for n in found["not_warnings"] if (n["cause"], n["id_number"], n["qualifier"]) in certain]
    for warning in found["warnings"]:
        assert len(warning["town_code"]) == 9
        assert all(
            code[:9] == warning["town_code"] and len(code) == 12 for code in (warning["village_code"] or "").split("、") if code
        )
        assert (warning["household_id"] is not None) == (warning["identity"] == "matched" and warning["subject"] != "area")


@pytest.mark.parametrize(
    ("kind", "feed", "warns"),
    [
        ("boundary_30000.00", "illness.self_pay", False),
        ("boundary_30000.01", "illness.self_pay", True),
        ("outsider_above", "illness.self_pay", True),
        ("lifted_out_above", "illness.self_pay", True),
        ("outside_registry", "illness.uninsured", False),
        ("category_contradicts", "illness.uninsured", True),
        ("boundary_11999.99", "industry.loss", False),
        ("boundary_12000.00", "industry.loss", True),
        ("boundary_line_in_difficulty", "petition.case", False),
        ("level_3_limb", "disability.certificate", False),
        ("level_3_intellectual", "disability.certificate", True),
        ("multiple_level_3", "disability.certificate", False),
        ("reissue", "disability.certificate", False),
        ("age_exactly_16", "schooling.dropout", False),
        ("age_one_day_under_16", "schooling.dropout", True),
        ("age_exactly_6", "schooling.dropout", True),
        ("age_under_6", "schooling.dropout", False),
        ("absent_before_16", "schooling.dropout", True),
        ("absent_after_6", "schooling.dropout", True),
        ("taught_at_home", "schooling.dropout", False),
        ("town_dweller", "low_income.new", False),
        ("already_listed", "low_income.new", False),
        ("fall_not_borne_out", "employment_income.income", False),
        ("low_not_stated", "employment_income.income", True),
        ("fall_without_earlier_year", "employment_income.income", True),
        ("minor_injury", "disaster.incident", False),
        ("hidden_sheet", "water.unsafe", False),
        ("other_month_sheet", "water.unsafe", False),
        ("conflict", "industry.loss", False),
    ],
)
def test_the_planted_case_has_its_outcome(small: Path, kind: str, feed: str, warns: bool) -> None:
    found = read_answers(small)
    feeds = {f for w in found["warnings"] if w["cause"] == feed for f in w["feeds"]}
    files = {d["file"] for d in found["deliveries"] if d["feed"] in feeds}
    numbers = {entry["id_number"] for entry in found["planted"] if entry["kind"] == kind and entry["file"] in files}
    warned = {w["id_number"] for w in found["warnings"] if w["cause"] == feed}
    assert numbers
    assert numbers <= warned if warns else not numbers & warned


def test_rejected_rows_stand_where_the_answers_say(county: Path) -> None:
    found = read_answers(county)
    checked = Counter()
    for entry in found["rejected"]:
        path = file_named(county, entry["file"])
        if path.suffix == ".csv" or not entry["why"].startswith("id_"):
            continue
        book = CalamineWorkbook.from_path(path)
        rows = book.get_sheet_by_name(entry["sheet"]).to_python(skip_empty_area=False)
        column = next(row.index(entry["header"]) for row in rows if entry["header"] in row)
        cell = rows[entry["row"] - 1][column]
        if entry["why"] == "id_float":
            assert isinstance(cell, float) and cell >= 1e15
        elif entry["why"].startswith("id_lost_tail"):
            assert str(cell).endswith("000")
        else:
            assert ric.calc_check_digit(str(cell)) != str(cell)[-1]
        checked[entry["why"]] += 1
    assert set(checked) == {"id_float", "id_lost_tail", "id_wrong_check"}


def test_files_are_as_troublesome_as_they_say(small: Path) -> None:
    uninsured = file_named(small, "未参保名单.csv").read_bytes()
    assert "䶮" in uninsured.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        uninsured.decode("gbk")
    assert file_named(small, "未参保名单（最终）.csv").read_bytes() == uninsured
    assert file_named(small, "信访困难人员_2024-03.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert b"\t" in file_named(small, "住房隐患2023年第四季度.csv").read_bytes().splitlines()[1]
    assert ";" in file_named(small, "新办残疾人证2023年第四季度.csv").read_text("gb18030").splitlines()[2]

    with pytest.raises(PasswordError):
        CalamineWorkbook.from_path(file_named(small, "疫情补充_2024-03.xlsx"))
    with pytest.raises(CalamineError):
        CalamineWorkbook.from_path(file_named(small, "未就业人员补充2024年3月.xls"))
    water = CalamineWorkbook.from_path(file_named(small, "饮水安全台账2024年3月.xlsx"))
    assert [(sheet.name, sheet.visible) for sheet in water.sheets_metadata] == [
        ("2024年3月", SheetVisibleEnum.Visible),
        ("2024年2月", SheetVisibleEnum.Visible),
        ("底稿", SheetVisibleEnum.Hidden),
    ]
    costs = CalamineWorkbook.from_path(file_named(small, "监测对象自付费用2024年3月.xlsx")).get_sheet_by_index(0)
    assert "费用情况（元）" in costs.to_python(skip_empty_area=False)[2]
    assert costs.merged_cell_ranges
    losses = CalamineWorkbook.from_path(file_named(small, "产业受损_2024-03_一.xlsx")).get_sheet_by_index(0).to_python()
    assert "单位：万元" in losses[1] and 1.2 in [cell for row in losses for cell in row]


def test_the_volume_of_a_real_county(county: Path) -> None:
    found = read_answers(county)
    rows = Counter({d["file"]: d["rows"] for d in found["deliveries"]})
    assert rows["脱贫户和监测对象名单_20240301.xlsx"] > REGISTRY_HOUSEHOLDS["county"] * 2
    assert 1_000 < rows["监测对象自付费用2024年3月.xlsx"] < 2_500
    assert 80 < rows["未参保名单.csv"] < 200
    assert 800 < len(found["warnings"]) < 2_000


def test_the_last_day_belongs_to_the_next_month() -> None:
    schedule = Schedule.of("2024-03", None, all_feeds=False)
    assert (schedule.now, schedule.since.isoformat(), schedule.quarter) == (datetime(2024, 3, 10, 8), "2024-02-10", (2023, 4))
    assert schedule.day_since(1).isoformat() == "2024-03-09"


def plan_of(folder: Path) -> dict[str, datetime]:
    lines = json.loads((folder / "arrivals.json").read_text("utf-8"))
    return {line["path"]: datetime.fromisoformat(line["arrives_at"]) for line in lines}


def test_files_arrive_over_the_month_in_the_order_they_were_saved_and_two_feeds_late(small: Path) -> None:
    plan = plan_of(small)
    saved = files_of(small / "inbox")
    assert plan.keys() == saved.keys()
    assert min(plan, key=lambda name: plan[name]).endswith("脱贫户和监测对象名单_20240301.xlsx")
    feeds = {d["file"]: d["feed"] for d in read_answers(small)["deliveries"] if d["status"] == "published"}
    monthly = {feeds[Path(name).name]: at for name, at in plan.items() if feeds.get(Path(name).name) in MONTHLY_FEEDS}
    late = {feed for feed, at in monthly.items() if at >= datetime(2024, 3, 10)}
    assert late == {"water__drinking_water", "human_resources__unemployed"} and len(monthly) == 5
    assert len({at.date() for at in plan.values()}) > 6 and max(plan.values()) < datetime(2024, 3, 10, 8)
    by_feed: dict[str, list[str]] = {}
    for name in sorted(saved, key=lambda name: saved[name][1]):
        by_feed.setdefault(name.split("/")[0], []).append(name)
    for names in by_feed.values():
        in_time = [name for name in names if feeds.get(Path(name).name) not in late and "未就业" not in name]
        assert sorted(in_time, key=lambda name: plan[name]) == in_time


def test_months_of_one_inbox_share_a_plan(tmp_path: Path) -> None:
    for month in ("2024-02", "2024-03"):
        write_sample(current_site(), month, 3, "small", tmp_path / "inbox")
    plan = plan_of(tmp_path)
    assert plan.keys() == files_of(tmp_path / "inbox").keys()
    assert plan["县信访局/信访零报告_20240210.xlsx"] == datetime(2024, 2, 10, 17), "not before the first month's registry"
    assert min(plan.values()) == datetime(2024, 2, 1, 9)


def test_each_departments_files_and_rows_are_summed(tmp_path: Path) -> None:
    summary = write_sample(current_site(), "2024-03", 7, "small", tmp_path / "inbox")
    deliveries = read_answers(tmp_path)["deliveries"]
    assert sum(files for files, _ in summary.by_department.values()) == summary.files == len(deliveries)
    assert sum(rows for _, rows in summary.by_department.values()) == summary.rows
    folders = {path.parent.name for path in (tmp_path / "inbox").rglob("*") if path.is_file()}
    assert len(folders) == len(summary.by_department)
