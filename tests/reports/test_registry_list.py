"""The registry for departments: what each contract asks for and no more, numbered, in the ledger before it is anywhere else."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from include.cli.app import app
from include.clocks.registry_age import old_lists
from include.contracts import REGISTRY, contract, load_contracts
from include.contracts.load import read_contracts
from include.contracts.model import ContractError
from include.reports.registry_list import RegistryListError, hand_over, needs
from include.screening.screen import prepare_screening, run_dbt
from include.site import current_site
from include.storage import ledger
from include.storage.warehouse import connect
from tests.files import person

MEDICAL = ["序号", "乡(镇)", "行政村", "姓名", "证件号码", "户类型", "易返贫致贫户(监测对象)类型"]
CORRECTED = (("张三", "钱七"), ("李四", "李四"), ("王五", "王五"))
WATER = ["序号", "乡(镇)", "行政村", "姓名", "证件号码（末四位）"]


def publish(data_date: str, *people: tuple[str, str, str], received_at: str = "2024-03-02T08:00", number: str = "") -> None:
    """One registry as published: name, household and relation to its head of each person; ``number``: another one than theirs."""
    moment = datetime.fromisoformat(received_at)
    with connect(current_site()) as connection:
        ledger.create_tables(connection)
        (count,) = connection.execute("select count(*) from ledger.deliveries").fetchone() or (0,)
        delivery = ledger.Delivery(f"R{count}", "x.xlsx", "rural_revitalization", "0", 1, moment, moment, REGISTRY, data_date)
        ledger.append(connection, "ledger.deliveries", [delivery])
        rows: list[dict[str, Any]] = [
            {
                "county_code": "341825", "row_id": f"R{count}-{place}", "delivery_id": f"R{count}",
                "row_key": f"{number or name}{household}", "received_at": moment, "sheet": "S", "row_number": place,
                "town_code": "341825100", "village_code": "341825100001", "data_date": date.fromisoformat(data_date),
                "town_name": "旌阳镇", "village_name": "南门居委会", "household_id": household, "person_name": name,
                "id_number": number or person(name), "sequence": str(place), "relation_to_head": relation,
                "household_type": "脱贫户", "health_status": "残疾", "household_phone": "13800000001",
                "person_id": f"R-{name}", "modified_at": moment,
            }
            for place, (name, household, relation) in enumerate(people, start=1)
        ]  # fmt: skip
        ledger.append(connection, f"raw.{REGISTRY}", rows)


@pytest.fixture
def registry(home: Path) -> Path:
    """An old registry, and the one in force: two in one household, the head listed second, and one alone."""
    publish("2024-02-01", ("赵六", "H9", "户主"), received_at="2024-02-02T08:00")
    publish("2024-03-01", ("李四", "H1", "配偶"), ("张三", "H1", "户主"), ("王五", "H2", "本人"))
    return home


def cells(path: Path) -> list[list[Any]]:
    return [list(row) for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True)]


def test_who_matches_by_number_gets_everybody_whole_and_only_the_columns_asked_for(registry: Path) -> None:
    (handed,) = hand_over(current_site(), "medical_insurance")
    title, note, head, *rows = cells(handed.path)
    assert head == MEDICAL and "县医保局" in title[0]
    assert (
        handed.number == "旌防贫名〔2024〕1号" and handed.number in note[0] and "2024年3月1日" in note[0] and "共3行" in note[0]
    )
    assert [row[3] for row in rows] == ["张三", "李四", "王五"], "by household, its head first"
    assert rows[0][4] == person("张三")
    text = str(cells(handed.path))
    assert "残疾" not in text and "13800000001" not in text and "H1" not in text and "赵六" not in text


def test_whose_number_a_later_file_corrects_stands_there_once(registry: Path) -> None:
    publish("2024-03-01", ("张三", "H1", "户主"), received_at="2024-03-02T09:00", number=person("钱七"))
    (handed,) = hand_over(current_site(), "medical_insurance")
    _, _, _, *rows = cells(handed.path)
    assert [(row[3], row[4]) for row in rows] == [(name, person(whose)) for name, whose in CORRECTED]


@pytest.mark.models
def test_a_list_is_of_whom_the_models_hold_to_be_in_force(registry: Path) -> None:
    """Written before any screening, it cannot be read from them; it must say the same."""
    publish("2024-03-01", ("张三", "H1", "户主"), received_at="2024-03-02T09:00", number=person("钱七"))
    publish("2024-03-01", ("孙八", "H3", "长子"), ("周九", "H3", "次子"), received_at="2024-03-02T10:00")
    with connect(current_site()) as connection:
        prepare_screening(connection, current_site(), current_site().now())
    run_dbt("build", "--exclude-resource-type", "unit_test", "--select", "+int_registry_households", site=current_site())
    with connect(current_site()) as connection:
        everybody = connection.execute("select id_number from intermediate.int_registry_in_force order by all").fetchall()
        heads = connection.execute("select head_id_number[-4:] from intermediate.int_registry_households order by all").fetchall()
    (whole,), (masked,) = (hand_over(current_site(), department) for department in ("medical_insurance", "water"))
    assert sorted(row[4] for row in cells(whole.path)[3:]) == [number for (number,) in everybody]
    assert sorted(row[4][-4:] for row in cells(masked.path)[3:]) == [tail for (tail,) in heads]


def test_who_only_tells_people_apart_gets_the_heads_with_the_last_four(registry: Path) -> None:
    (handed,) = hand_over(current_site(), "water")
    _, _, head, *rows = cells(handed.path)
    assert head == WATER and [row[3] for row in rows] == ["张三", "王五"]
    assert [row[4] for row in rows] == ["*" * 14 + person(name)[-4:] for name in ("张三", "王五")]
    assert person("张三") not in str(rows)


def test_each_is_numbered_and_recorded_as_it_lies_there(registry: Path) -> None:
    handed = [*hand_over(current_site()), *hand_over(current_site(), "water")]
    assert [each.number for each in handed] == [f"旌防贫名〔2024〕{number}号" for number in range(1, len(handed) + 1)]
    assert {each.need.department for each in handed} == {need.department for need in needs()}
    with connect(current_site()) as connection:
        recorded = connection.execute(
            "select list_number, department, registry_date, columns, row_count, sha256, file_name from ledger.registry_lists"
        ).fetchall()
    assert len(recorded) == len(handed)
    for each, (number, department, on, columns, count, digest, file_name) in zip(handed, recorded, strict=True):
        assert (number, department, on, count) == (each.number, each.need.department, date(2024, 3, 1), each.row_count)
        assert current_site().home / file_name == each.path and hashlib.sha256(each.path.read_bytes()).hexdigest() == digest
        assert ("id_number(masked)" in columns) == (department in ("water", "housing"))
    assert not list((registry / "registry_lists").rglob(".*")), "nothing unrecorded is left"
    with pytest.raises(RegistryListError, match="registryColumns"):
        hand_over(current_site(), "petition")


def test_what_cannot_be_recorded_appears_nowhere(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "append", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        hand_over(current_site(), "water")
    assert not list((registry / "registry_lists").rglob("*.xlsx"))


def test_without_a_registry_it_says_so(home: Path) -> None:
    assert old_lists(current_site(), datetime(2024, 3, 10)) == []
    with pytest.raises(RegistryListError, match="还没有名册"):
        hand_over(current_site())


def test_a_list_of_an_earlier_month_is_said_until_there_is_a_new_one(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [need.department for need in needs()]
    never = old_lists(current_site(), datetime(2024, 3, 10, 8))
    assert [old.department for old in never] == asked and all("还没有" in old.sentence for old in never)
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-31T23:00")
    hand_over(current_site())
    assert old_lists(current_site(), datetime(2024, 3, 31, 23, 30)) == []
    monkeypatch.setenv("FANGPIN_NOW", "2024-04-01T06:00")
    hand_over(current_site(), "water")
    (old, *others) = old_lists(current_site(), datetime(2024, 4, 1, 7))
    assert "2024年3月31日" in old.sentence and "fangpin registry-list" in old.sentence
    assert "water" not in [each.department for each in (old, *others)] and len(others) == len(asked) - 2
    said = CliRunner().invoke(app, ["sweep", "--dry-run"])
    assert old.sentence in said.output.replace("\n", "") and "张三" not in said.output


def test_the_command_says_what_lies_where(registry: Path) -> None:
    said = CliRunner().invoke(app, ["registry-list", "县医保局"])
    assert said.exit_code == 0 and "旌防贫名〔2024〕1号，3 行" in said.output.replace("\n", "")
    assert person("张三") not in said.output


def test_what_a_contract_asks_for_is_a_column_of_the_registry(tmp_path: Path) -> None:
    from include.contracts.load import FOLDER

    (tmp_path / "feeds").mkdir()
    (tmp_path / "shared.yaml").write_text((FOLDER / "shared.yaml").read_text("utf-8"), "utf-8")
    for each in (REGISTRY, "petition__case"):
        (tmp_path / "feeds" / f"{each}.yaml").write_text((FOLDER / "feeds" / f"{each}.yaml").read_text("utf-8"), "utf-8")
    path = tmp_path / "feeds" / "petition__case.yaml"
    text = path.read_text("utf-8")
    for asked, fault in (
        ("{nothing: whole}", "名册没有这一列"),
        ("{person_name: masked}", "只有证件号码可以写 masked"),
        ("{person_name: some}", "无效"),
        ("[person_name]", "须写成"),
    ):
        path.write_text(text.replace("schema:\n", f"  - {{property: registryColumns, value: {asked}}}\nschema:\n", 1), "utf-8")
        with pytest.raises(ContractError, match=fault):
            read_contracts(tmp_path)


def test_nobody_is_given_what_says_more_than_the_match_needs() -> None:
    kinds = {contract(REGISTRY).column(name).kind for each in load_contracts() for name in each.registry_columns}
    assert "phone" not in kinds and "amount" not in kinds
    sensitive = {
        name for each in load_contracts() for name in each.registry_columns
        if contract(REGISTRY).column(name).classification == "sensitive"
    }  # fmt: skip
    assert sensitive == {"id_number"}
