"""Which warnings come of files as departments really send them: one home, one screening for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pandas as pd
import pytest

from include.site import current_site
from include.storage.warehouse import connect
from include.warnings.export import export
from tests.cases.makers import REGISTRY, number, table, xlsx
from tests.cases.sheets import LOW_INCOME, grid, person, saved
from tests.cases.test_sent_files import ALL
from tests.deliveries.test_receive import ingest
from tests.screening.build import build_risk_tables

pytestmark = pytest.mark.models
SENT = {sent.name: sent for sent in ALL}
DROPPED = (
    "payment_ended_in_december", "second_head_swapped", "two_kinds_beside", "unit_behind_hint", "two_units_above",
    "unit_in_a_note", "child_cut_to_15", "ditto_as_a_name", "and_so_many_towns", "and_so_many_towns_in_words",
)  # fmt: skip
NEW_YEAR = "2023-12-31T16:00:00.000Z"


@pytest.fixture(scope="module")
def warnings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pd.DataFrame]:
    """The warnings of all the files dropped at once into an empty inbox on 10 March 2024."""
    base = tmp_path_factory.mktemp("sent")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FANGPIN_HOME", str(base / "home"))
        patch.setenv("FANGPIN_KEY_FILE", str(base / "warehouse.key"))
        patch.setenv("FANGPIN_NOW", "2024-03-10T08:00:00")
        inbox = base / "home" / "inbox"
        listed = [{"姓名": name, "证件号码": number(at), "户编号": f"H{at}"} for name, at in (("张明", 103), ("李明", 105))]
        days = (("孙一", 150, NEW_YEAR), ("孙二", 151, "2024-01-01"))
        recognised = grid(*(person(LOW_INCOME, name, at, {"认定日期": day}) for name, at, day in days))
        files = {name: (SENT[name].department, SENT[name].make) for name in DROPPED}
        files["registry"] = ("rural_revitalization", xlsx(table(REGISTRY, *listed, good=0), "名单2024年3月.xlsx"))
        files["moments"] = ("civil_affairs", saved([["2024年第一季度新增低收入人口名单"], *recognised], "xlsx"))
        for name, (department, make) in files.items():
            folder = inbox / department / name
            folder.mkdir(parents=True)
            make(folder)
        ingest()
        build_risk_tables(current_site())
        with connect(current_site()) as connection:
            found = connection.execute("select cause, person_name, amount_yuan, town_code from risk.risk_warnings").df()
        yield found


def names(warnings: pd.DataFrame, cause: str) -> list[str]:
    return sorted(warnings.loc[warnings["cause"] == cause, "person_name"])


def told() -> str:
    """Everything that a department or the bureau is told of the files."""
    frames = (export(current_site(), what)[column] for what, column in (
        ("deliveries", "reason"), ("rejected", "reason"), ("queue", "reason"), ("findings", "finding"),
    ))  # fmt: skip
    return "\n".join(str(text) for frame in frames for text in frame.dropna())


def test_a_past_month_in_the_title_loses_nobody(warnings: pd.DataFrame) -> None:
    assert names(warnings, "illness.uninsured") == ["张明", "李明"]


def test_a_second_head_gives_nobody_another_s_figures(warnings: pd.DataFrame) -> None:
    own = warnings[warnings["cause"] == "illness.self_pay"].set_index("person_name")["amount_yuan"].to_dict()
    assert own == {"韩一": Decimal(45000)} or (own == {} and "表头" in told())


def test_losses_count_in_the_unit_they_are_written_in(warnings: pd.DataFrame) -> None:
    lost = warnings[warnings["cause"] == "industry.loss"].set_index("person_name")["amount_yuan"].to_dict()
    assert lost == {"冯二": Decimal(15000), "冯一": Decimal(15000)}, "周明's loss beside 张明's water is nobody else's"


def test_a_day_in_another_zone_is_in_its_quarter(warnings: pd.DataFrame) -> None:
    assert names(warnings, "low_income.new") == ["孙一", "孙二"]


def test_a_number_cut_short_is_told_and_no_child_is_dropped_for_its_age(warnings: pd.DataFrame) -> None:
    assert "王小五" not in names(warnings, "schooling.dropout")
    asked = pd.concat([export(current_site(), what)[["feed", "column", "reason"]] for what in ("rejected", "queue")])
    assert asked.loc[asked["feed"] == "education__dropout", "reason"].str.contains("位").any()


def test_ditto_marks_name_nobody(warnings: pd.DataFrame) -> None:
    assert names(warnings, "water.unsafe") == ["张明"]


def test_towns_that_are_not_named_are_counted_out(warnings: pd.DataFrame) -> None:
    lines = [line for line in told().splitlines() if "乡镇" in line]
    assert all(any(f"{missing} 个" in line for line in lines) for missing in (4, 2)), lines
