"""Every contract is a valid ODCS 3.1 document, and a wrong one is refused with file and field named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator
from open_data_contract_standard.model import OpenDataContractStandard

from include.contracts import Contract, ContractError, clean_header, contract, head_variants, load_contracts
from include.contracts.check import check_contract
from include.contracts.load import FOLDER, expand, read_contracts, whole_documents, write_documents
from include.site import current_site
from tests.feed_table import FEED_TABLE

FILES = {path.stem: path for path in sorted((FOLDER / "feeds").glob("*.yaml"))}
SHARED = yaml.safe_load((FOLDER / "shared.yaml").read_text("utf-8"))
by_feed = pytest.mark.parametrize("feed", FILES)

# fmt: off
REGISTRY_EXPORT = [
    "序号", "数据日期", "县(市、区、旗)", "乡(镇)", "行政村", "自然村", "户编号", "人编号", "姓名",
    "证件号码", "人数", "与户主关系", "民族", "文化程度", "在校生状况", "健康状况", "劳动技能", "务工时间（月）",
    "是否参加大病保险", "致贫原因1", "危房户", "是否解决安全饮用水", "人均纯收入", "户联系电话", "人联系电话",
    "首次识别时间", "人员识别时间", "户类型", "易返贫致贫户(监测对象)类型", "风险是否消除", "风险识别时间",
    "风险消除时间",
]
# fmt: on


@by_feed
def test_own_file_and_expanded_document_follow_the_standard(feed: str) -> None:
    own = yaml.safe_load(FILES[feed].read_text("utf-8"))
    whole = expand(own, SHARED)
    for document in (own, whole):
        OpenDataContractStandard.model_validate(document)
    schema = Draft201909Validator(json.loads(OpenDataContractStandard.json_schema()))
    assert [f"{error.json_path}: {error.message[:80]}" for error in schema.iter_errors(whole)] == []
    assert own["apiVersion"] == "v3.1.0"


def test_exported_documents_are_whole_and_stand_alone(tmp_path: Path) -> None:
    paths = write_documents(tmp_path / "odcs")
    assert [path.name.removesuffix(".odcs.yaml") for path in paths] == list(FILES)
    schema, wholes = Draft201909Validator(json.loads(OpenDataContractStandard.json_schema())), whole_documents()
    for path in paths:
        document = yaml.safe_load(path.read_text("utf-8"))
        assert list(schema.iter_errors(document)) == [], path.name
        assert document == wholes[document["id"]]
        assert "&id0" not in path.read_text("utf-8"), "an anchor that only YAML needs"


@by_feed
def test_no_field_younger_than_version_3_1(feed: str) -> None:
    document = expand(yaml.safe_load(FILES[feed].read_text("utf-8")), SHARED)
    keys = {key for entry in document["schema"][0]["properties"] for key in entry}
    assert keys.isdisjoint({"synonyms", "enum", "semanticType"})


def test_contracts_in_the_order_of_the_feed_table() -> None:
    assert [each.feed for each in load_contracts() if each.feed in FEED_TABLE] == list(FEED_TABLE)
    assert {each.feed for each in load_contracts()} == set(FILES)


@pytest.mark.parametrize("feed", FEED_TABLE)
def test_columns_in_the_order_of_the_feed_table(feed: str) -> None:
    assert " ".join(column.name + "*" * column.required for column in contract(feed).columns) == FEED_TABLE[feed]


def test_registry_takes_the_national_export_header_verbatim() -> None:
    registry = contract("rural_revitalization__registry")
    assert [column.header for column in registry.columns] == REGISTRY_EXPORT
    assert all(
        registry.by_head[clean_header(head)[0]] == column for head, column in zip(REGISTRY_EXPORT, registry.columns, strict=True)
    )


@by_feed
def test_canonical_header_fits_its_own_contract_best(feed: str) -> None:
    heads = {clean_header(column.header)[0] for column in contract(feed).columns}

    def fit(candidate: Contract) -> tuple[bool, int]:
        matched = sum(bool(column.heads & heads) for column in candidate.required_columns)
        return matched == len(candidate.required_columns), matched

    ranked = sorted(load_contracts(), key=fit, reverse=True)
    assert ranked[0].feed == feed
    assert fit(ranked[0]) > fit(ranked[1])


@by_feed
def test_department_and_owner_agree_with_the_county(feed: str) -> None:
    each = contract(feed)
    assert current_site().county.departments[each.department] == each.department_name
    assert f"{each.department}__{each.dataset}" == feed


@by_feed
def test_personal_columns_are_classified(feed: str) -> None:
    personal = {column.name for column in contract(feed).columns if column.is_personal}
    expected = {
        name
        for name in (column.name for column in contract(feed).columns)
        if name.endswith(("person_name", "id_number", "phone", "_id_number"))
    }
    assert expected <= personal


def test_feeds_cover_eleven_warning_types() -> None:
    warned = [each for each in load_contracts() if each.warning_type]
    assert len({each.warning_type for each in warned}) == 11
    assert all(each.clause.startswith("第二条(") and each.subject for each in warned)


def test_whose_number_a_row_s_subject_is() -> None:
    """A child at school is the subject, not its guardian; of a person and a head the person."""
    numbers = {each.feed: each.subject_number for each in load_contracts()}
    assert numbers["education__dropout"] == ("child_id_number", "child_name")
    assert numbers["civil_affairs__new_low_income"] == ("id_number", "person_name")
    assert numbers["emergency__disaster_area"] is None


def test_what_the_bureau_writes_before_a_town_fills_in_the_rest() -> None:
    prefilled = {(each.feed, column.name) for each in load_contracts() for column in each.columns if column.is_prefilled}
    assert prefilled == {
        ("town__verification", "warning_id"), ("town__verification", "head_name"), ("town__verification", "village_name"),
        ("town__verification", "household_id"), ("town__verification", "evidence"), ("town__verification", "checksum"),
        ("town__verification", "member_count"), ("town__measure", "monitored_type"),
        ("town__measure", "warning_id"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("feed", "cadence", "period_kind", "due_rule", "clause"),
    [
        ("medical_insurance__uninsured", "month", "month", "monthly:9", "第二条(一)"),
        ("health__epidemic_event", "event", "event", "event:+3d", "第二条(二)"),
        ("education__dropout", "half_year", "term", "term:03-31,12-31", "第二条(三)"),
        ("housing__renovation_plan", "quarter", "quarter", "quarter_end", "第二条(四)"),
        ("rural_revitalization__income_risk", "year", "year", "year_end", "第二条(七)"),
        ("emergency__disaster_area", "event", "event", "at_once", "第二条(十)"),
        ("rural_revitalization__registry", "as_needed", "date", "none", "第三条(一)"),
    ],
)
def test_due_dates_are_those_of_the_notice(feed: str, cadence: str, period_kind: str, due_rule: str, clause: str) -> None:
    each = contract(feed)
    assert (each.cadence, each.period_kind, each.due_rule, each.clause) == (cadence, period_kind, due_rule, clause)
    assert each.real_time == (due_rule == "at_once")


@pytest.mark.parametrize(
    ("feed", "head", "column"),
    [
        ("medical_insurance__self_pay_high", "公民身份号码", "id_number"),
        ("medical_insurance__self_pay_high", "累计自付费用（万元）", "self_pay_yuan"),
        ("medical_insurance__self_pay_monitored", "患者姓名", "person_name"),
        ("medical_insurance__self_pay_monitored", "自费金额", None),
        ("medical_insurance__uninsured", "自然村", None),
        ("medical_insurance__uninsured", "乡镇（街道）", "town_name"),
        ("medical_insurance__uninsured", "村（社区）", "village_name"),
        ("medical_insurance__uninsured", "证件号码", "id_number"),
        ("housing__hazard", "姓名", "head_name"),
        ("housing__hazard", "身份证号", "head_id_number"),
        ("civil_affairs__new_low_income", "姓名", "person_name"),
        ("civil_affairs__new_low_income", "户主", "head_name"),
        ("civil_affairs__new_low_income", "户主证件号码", "head_id_number"),
        ("education__dropout", "姓名", "child_name"),
        ("education__dropout", "家长姓名", "guardian_name"),
        ("education__dropout", "监护人身份证号码", "guardian_id_number"),
        ("rural_revitalization__income_risk", "人均纯收入", "income_yuan"),
        ("disabled_federation__new_certificate", "残疾证号", "certificate_number"),
        ("emergency__disaster_area", "受灾乡镇", "town_name"),
        ("rural_revitalization__registry", "乡镇", "town_name"),
        ("rural_revitalization__registry", "务工时间(月)", "work_months"),
        ("town__verification", "核查人1", "verifier_name"),
    ],
)
def test_heads_as_departments_write_them(feed: str, head: str, column: str | None) -> None:
    found = contract(feed).by_head.get(clean_header(head)[0])
    assert (found.name if found else None) == column


@pytest.mark.parametrize(
    ("feed", "column", "text", "canonical"),
    [
        ("civil_affairs__new_low_income", "low_income_type", "低保", "低保对象"),
        ("civil_affairs__new_low_income", "low_income_type", "支出型困难户", "支出型困难家庭"),
        ("civil_affairs__new_low_income", "residence_type", "非农业户口", "城市"),
        ("disabled_federation__new_certificate", "disability_category", "精神残疾", "精神"),
        ("disabled_federation__new_certificate", "disability_level", "1级", "1"),
        ("disabled_federation__new_certificate", "disability_level", "叁级", "3"),
        ("disabled_federation__new_certificate", "poverty_risk", "高风险", "高"),
        ("housing__hazard", "house_grade", "Ｄ级", "D"),
        ("housing__hazard", "house_grade", "未鉴定", "未鉴定"),
        *(
            ("emergency__disaster_area", "response_level", text, "4")
            for text in ("Ⅳ", "IV", "iv", "4", "四级", "Ⅳ级响应", "四级应急响应")
        ),
        ("emergency__disaster_area", "response_level", "Ⅴ级", "5"),
        ("emergency__disaster_area", "response_level", "六级", None),
        ("education__dropout", "attendance_status", "在校", "在读"),
        ("education__dropout", "attendance_status", "失学辍学", "辍学"),
        ("public_security__incident", "consequence", "轻伤二级", "轻伤"),
        ("public_security__incident", "consequence", "致人死亡", "死亡"),
        ("human_resources__unemployed", "person_category", "脱贫不稳定户", "监测对象"),
        ("rural_revitalization__registry", "risk_removed", "风险已消除", "是"),
        ("rural_revitalization__registry", "risk_removed", "未消除", "否"),
        ("housing__hazard", "house_grade", "E级", None),
    ],
)
def test_choices_in_every_writing(feed: str, column: str, text: str, canonical: str | None) -> None:
    assert contract(feed).column(column).choice_of(text) == canonical


def test_levels_are_digits() -> None:
    assert all(
        key.isdigit() for each in load_contracts() for column in each.columns if column.kind == "level" for key in column.choices
    )


def test_stored_units_and_the_unit_a_bare_head_stands_for() -> None:
    loss = contract("emergency__disaster_area").column("direct_loss_yuan")
    assert (loss.label, loss.header, loss.unit, loss.header_unit, loss.sql_type) == (
        "直接经济损失",
        "直接经济损失(万元)",
        "yuan",
        "万元",
        "DECIMAL(18,2)",
    )
    area = contract("water__industry_loss").column("affected_area_mu")
    assert (area.unit, area.header_unit) == ("mu", "亩")
    assert contract("rural_revitalization__registry").column("income_yuan").header_unit == "元"


@pytest.mark.parametrize(
    ("text", "label", "unit"),
    [
        ("* 个人自付费用 （万元）", "个人自付费用", "万元"),
        ("经济损失(单位：元)", "经济损失", "元"),
        ("自付金额/元", "自付金额", "元"),
        ("经济损失万元", "经济损失", "万元"),
        ("人均纯收入(元/人·年)", "人均纯收入", "元"),
        ("直接经济损失（万元，保留两位小数）", "直接经济损失", "万元"),
        ("受灾面积（亩）", "受灾面积", "亩"),
        ("受灾人口(万人)", "受灾人口", "万人"),
        ("身份证\n号码：", "身份证号码", None),
        ("姓\u3000\u200b名", "姓名", None),
        ("１．姓名", "姓名", None),
        ("【乡镇】", "乡镇", None),
        ("村（社区）", "村(社区)", None),
        ("县(市、区、旗)", "县(市、区、旗)", None),
        ("是否属实（是/否）", "是否属实", None),
        ("房屋鉴定等级(A-D级)", "房屋鉴定等级", None),
        ("姓名(申请人)", "姓名(申请人)", None),
        ("致贫原因1", "致贫原因1", None),
        ("单位：元", "单位元", None),
        (2024, "2024", None),
        (None, "", None),
    ],
)
def test_header_cleaning(text: object, label: str, unit: str | None) -> None:
    assert clean_header(text) == (label, unit)
    assert clean_header(label)[0] == label


def test_years_in_heads_are_read_relative_to_the_newest() -> None:
    heads = ["2024年人均纯收入", "2023年人均纯收入", "2022年度人均纯收入", "姓名"]
    known = contract("rural_revitalization__income_risk").by_head
    found = [next((known[form].name for form in forms if form in known), None) for forms in head_variants(heads)]
    assert found == ["income_yuan", "previous_income_yuan", "earlier_income_yuan", "head_name"]


def test_months_before_a_head_do_not_hide_it() -> None:
    assert head_variants(["截至2024年2月底累计个人自付费用"])[0][-1] == "个人自付费用"


def test_unknown_feed_is_named() -> None:
    with pytest.raises(ContractError, match="没有名为“water__rain”"):
        contract("water__rain")


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contracts")
    shutil.copy(FOLDER / "shared.yaml", folder)
    shutil.copytree(FOLDER / "feeds", folder / "feeds")
    return folder


def _property(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in document["schema"][0]["properties"] if entry["name"] == name)


def _set_custom(element: dict[str, Any], name: str, value: object) -> None:
    element["customProperties"] = [entry for entry in element.get("customProperties", []) if entry["property"] != name]
    element["customProperties"].append({"property": name, "value": value})


def _repeat_a_column(document: dict[str, Any]) -> None:
    document["schema"][0]["properties"].append({"name": "person_name"})


def _share_a_head(document: dict[str, Any]) -> None:
    _set_custom(_property(document, "uninsured_reason"), "aliases", ["手机号"])


def _overlap_choices(document: dict[str, Any]) -> None:
    _set_custom(_property(document, "person_category"), "choices", {"脱贫人口": ["农户"], "监测对象": ["农 户"]})


def _forget_the_driver(document: dict[str, Any]) -> None:
    del document["slaProperties"][1]["driver"]


def _publish_a_number(document: dict[str, Any]) -> None:
    _property(document, "id_number")["classification"] = "public"


def _key_on_nothing(document: dict[str, Any]) -> None:
    _set_custom(document, "rowKey", ["id_number", "event_id"])


def _misspell(document: dict[str, Any]) -> None:
    _property(document, "insured_year")["requierd"] = True


def _misspell_on_top(document: dict[str, Any]) -> None:
    document["slaPropertys"] = []


def _vague_clause(document: dict[str, Any]) -> None:
    _set_custom(document, "clause", "通知")


def _foreign_cause(document: dict[str, Any]) -> None:
    _set_custom(document, "cause", "water.unsafe")


def _unknown_kind(document: dict[str, Any]) -> None:
    _set_custom(_property(document, "insured_year"), "kind", "years")


def _lost_reference(document: dict[str, Any]) -> None:
    _property(document, "person_category")["id"] = "nobody"


def _other_due_rule(document: dict[str, Any]) -> None:
    document["slaProperties"][1]["value"] = "ninth"


def _nameless(document: dict[str, Any]) -> None:
    del _property(document, "insured_year")["businessName"]


def _drop(name: str) -> Any:
    def spoil(document: dict[str, Any]) -> None:
        document["customProperties"] = [entry for entry in document["customProperties"] if entry["property"] != name]

    spoil.__name__ = f"without_{name}"
    return spoil


def _say(name: str, value: object) -> Any:
    def spoil(document: dict[str, Any]) -> None:
        _set_custom(document, name, value)

    spoil.__name__ = f"{name}_{value}"
    return spoil


def _untitled(document: dict[str, Any]) -> None:
    del document["schema"][0]["businessName"]


def _grainless(document: dict[str, Any]) -> None:
    del document["schema"][0]["description"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_repeat_a_column, "person_name：列名重复"),
        (_share_a_head, "phone.aliases：表头“手机号”同时属于列 uninsured_reason"),
        (_overlap_choices, "同时属于“监测对象”和“脱贫人口”"),
        (_forget_the_driver, "slaProperties.timeOfAvailability.driver"),
        (_publish_a_number, "id_number.classification：是个人信息"),
        (_key_on_nothing, "rowKey：列 event_id 不存在"),
        (_misspell, "requierd 不是数据契约标准 3.1 的字段"),
        (_misspell_on_top, "slaPropertys 不符合数据契约标准 3.1"),
        (_vague_clause, "clause：条款“通知”请写成"),
        (_foreign_cause, "cause：须以预警类型开头"),
        (_unknown_kind, "insured_year 的 kind“years”"),
        (_lost_reference, "person_category 引用的共用列“nobody”"),
        (_other_due_rule, "timeOfAvailability.value：时限规则“ninth”"),
        (_nameless, "insured_year 没有中文名"),
        (_drop("order"), "customProperties.order：缺失"),
        (_say("order", "first"), "customProperties.order：须为整数"),
        (_say("order", 20), "order：20 已由 feeds/medical_insurance__self_pay_monitored.yaml 使用"),
        (_say("clams", ["person"]), "customProperties.clams：不认识"),
        (_drop("claims"), "claims：个人和户须写明由哪些列认人"),
        (_say("claims", ["head"]), "claims：列 head_name 不存在"),
        (_drop("causeName"), "causeName：缺失"),
        (_say("cause", "illness.self_pay"), "同一预警原因须写得一样"),
        (_say("homeMayBeElsewhere", "是"), "homeMayBeElsewhere：须为 true 或 false"),
        (_drop("listCheck"), "listCheck：按期报送的名单须写明与上一期怎样比较"),
        (_say("listCheck", 20), "customProperties.listCheck：须写成"),
        (_say("listCheck", {"resentAfterDays": 20}), "listCheck：按期报送的名单须写明与上一期怎样比较"),
        (_say("listCheck", {"repeatedCode": "list_repeated"}), "listCheck.resentAfterDays：缺失"),
        (_say("listCheck", {"resentAfter": 20}), "listCheck.resentAfter：不认识"),
        (_say("listCheck", {"resentAfterDays": "二十"}), "listCheck.resentAfterDays：须为数字"),
        (_untitled, "schema.0.businessName：缺失"),
        (_grainless, "schema.0.description：缺失"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_wrong_contract_is_refused_by_file_and_field(originals: Path, spoil: Any, said: str) -> None:
    path = originals / "feeds" / "medical_insurance__uninsured.yaml"
    good = path.read_text("utf-8")
    document = yaml.safe_load(good)
    spoil(document)
    path.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    try:
        with pytest.raises(ContractError) as error:
            read_contracts(originals)
    finally:
        path.write_text(good, "utf-8")
    assert "feeds/medical_insurance__uninsured.yaml" in str(error.value)
    assert said in str(error.value)


def test_broken_yaml_names_the_line(originals: Path) -> None:
    path = originals / "feeds" / "town__measure.yaml"
    kept = path.read_text("utf-8")
    path.write_text("kind: [\n", "utf-8")
    with pytest.raises(ContractError, match=r"town__measure\.yaml：第\d行不是有效的 YAML"):
        read_contracts(originals)
    path.write_text(kept, "utf-8")


def test_contract_under_another_name_is_refused() -> None:
    with pytest.raises(ContractError, match="与文件名不一致"):
        check_contract(contract("town__measure"), "town__verification", "feeds/town__verification.yaml")
