"""Reads the contract files: a feed's file is an ODCS 3.1 document that says only its own; ``shared.yaml`` says the rest once."""

from __future__ import annotations

import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import ValidationError

from include.contracts.check import LIST_CHECK, check_contract, check_document, check_together
from include.contracts.headers import clean_header
from include.contracts.model import Column, Contract, ContractError, ListCheck

FOLDER = Path(__file__).resolve().parent
UNITS = {"amount": ("yuan", "元"), "area": ("mu", "亩")}

# libyaml's loader where it is built in: every DAG parse reads the contracts
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Document = dict[str, Any]


@lru_cache(maxsize=1)
def load_contracts() -> tuple[Contract, ...]:
    """All contracts, by their ``order``. Raises ContractError."""
    return read_contracts(FOLDER)


def contract(feed: str) -> Contract:
    """The contract of one feed (``<department>__<dataset>``); ContractError when there is none."""
    for known in load_contracts():
        if known.feed == feed:
            return known
    raise ContractError(f"没有名为“{feed}”的数据契约；现有：{'、'.join(known.feed for known in load_contracts())}")


def read_contracts(folder: Path) -> tuple[Contract, ...]:
    """Contracts of a folder that holds ``shared.yaml`` and ``feeds/<feed>.yaml``."""
    shared = _read(folder / "shared.yaml")
    found = [read_contract(path, shared) for path in sorted((folder / "feeds").glob("*.yaml"))]
    check_together(found)
    return tuple(sorted(found, key=lambda contract: contract.order))


def whole_documents(folder: Path = FOLDER) -> dict[str, Document]:
    """Feed -> its whole ODCS 3.1 document, which others' programs can read without ``shared.yaml``. Raises ContractError."""
    shared = _read(folder / "shared.yaml")
    return {path.stem: _read_whole(path, shared) for path in sorted((folder / "feeds").glob("*.yaml"))}


def write_documents(target: Path) -> list[Path]:
    """Write every feed's whole document as ``<feed>.odcs.yaml`` into a folder; their paths."""
    target.mkdir(parents=True, exist_ok=True)
    paths = []
    for feed, document in whole_documents().items():
        paths.append(target / f"{feed}.odcs.yaml")
        text = yaml.dump(document, Dumper=_Plain, allow_unicode=True, sort_keys=False, default_flow_style=None, width=130)
        paths[-1].write_text(text, "utf-8")
    return paths


class _Plain(yaml.SafeDumper):
    """Writes out what is said twice: an anchor tells a reader of the document nothing."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def read_contract(path: Path, shared: Document) -> Contract:
    """One feed's file, expanded, validated against the standard's model, built and checked."""
    where = f"feeds/{path.name}"
    document = _read_whole(path, shared)
    built = _build(document, where)
    check_contract(built, path.stem, where)
    return built


def _read_whole(path: Path, shared: Document) -> Document:
    where = f"feeds/{path.name}"
    document = expand(_read(path), shared, where)
    _validate(document, where)
    check_document(document, where)
    return document


def expand(document: Document, shared: Document, where: str = "") -> Document:
    """The whole ODCS document: each property takes what it does not say itself from the shared property of its ``id``
    (default: its ``name``) and from its kind; see the head of ``shared.yaml`` for the rules."""
    full = {**copy.deepcopy(shared["document"]), **copy.deepcopy(document)}
    if not full.get("schema") or not full["schema"][0].get("properties"):
        raise ContractError("字段 schema[0].properties 为空", where=where, remedy="请写明各列")
    if nameless := [index for index, entry in enumerate(full["schema"][0]["properties"]) if not entry.get("name")]:
        raise ContractError(f"字段 schema.0.properties.{nameless[0]}.name 缺失", where=where)
    own = _custom(full)
    row_key = own.get("rowKey") or []
    for entry in full.get("customProperties", []):
        if entry["property"] == "listCheck" and isinstance(entry["value"], dict):
            entry["value"] = {**shared["listCheck"], **entry["value"]}
    common = {entry.get("id", entry["name"]): entry for entry in shared["properties"]}
    table = full["schema"][0]
    table["properties"] = [_expand_property(entry, common, shared["kinds"], row_key, where) for entry in table["properties"]]
    return full


def _expand_property(entry: Document, common: dict[str, Document], kinds: Document, row_key: list[str], where: str) -> Document:
    base = copy.deepcopy(common.get(entry.get("id") or entry["name"], {}))
    if "id" in entry and not base:
        raise ContractError(f"列 {entry['name']} 引用的共用列“{entry['id']}”在 shared.yaml 中没有", where=where)
    custom = _custom(base) | _custom(entry)
    custom["aliases"] = [*_custom(base).get("aliases", []), *_custom(entry).get("aliases", [])]
    if "businessName" in entry and "businessName" in base:
        custom["aliases"].append(base["businessName"])
    kind = custom.get("kind", "text")
    if kind not in kinds:
        raise ContractError(f"列 {entry['name']} 的 kind“{kind}”不在 shared.yaml 的 kinds 中", where=where)
    whole = {**copy.deepcopy(kinds[kind]), **base, **copy.deepcopy(entry)}
    nouns = whole.pop("nouns", [])
    for owner in custom.pop("whose", []):
        custom["aliases"] += [f"{owner}{noun}" for noun in nouns]
        if owner.isalpha() and len(owner) > 1:
            custom["aliases"] += [f"{noun}({owner})" for noun in nouns if noun]
    custom["aliases"] = [text for text in dict.fromkeys(custom["aliases"]) if text and text != whole.get("businessName")]
    endings = custom.pop("endings", [])
    if choices := custom.get("choices"):
        custom["choices"] = {
            str(key): list(dict.fromkeys([*texts, *(f"{text}{ending}" for text in (key, *texts) for ending in endings)]))
            for key, texts in choices.items()
        }
    whole["customProperties"] = [{"property": key, "value": value} for key, value in custom.items() if value != []]
    whole["quality"] = _quality(whole, custom)
    if entry["name"] in row_key:
        whole |= {"primaryKey": True, "primaryKeyPosition": row_key.index(entry["name"]) + 1}
    return {key: value for key, value in whole.items() if value != []}


def _quality(entry: Document, custom: Document) -> list[Document]:
    """The checks a property implies by being required or a closed choice, then those it states."""
    implied: list[Document] = []
    if entry.get("required"):
        check = {"type": "library", "metric": "nullValues", "mustBe": 0, "description": "必填，缺失的行退回部门"}
        implied.append(check | {"dimension": "completeness", "severity": "error"})
    if custom.get("choices"):
        allowed = {"arguments": {"validValues": list(custom["choices"])}, "mustBe": 0}
        check = {"type": "library", "metric": "invalidValues", **allowed, "description": "取值在约定的类别之内"}
        rejects = entry.get("required") and not custom.get("choicesOpen")
        implied.append(check | {"dimension": "conformity", "severity": "error" if rejects else "warning"})
    return implied + list(entry.get("quality", []))


def _validate(document: Document, where: str) -> None:
    try:
        model = OpenDataContractStandard.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ContractError(f"字段 {field} 不符合数据契约标准 3.1:{first['msg']}", where=where) from None
    if lost := _lost(document, model.model_dump(exclude_unset=True, by_alias=True)):
        raise ContractError(
            f"字段 {lost} 不是数据契约标准 3.1 的字段", where=where, remedy="请核对写法，自有内容放入 customProperties"
        )


def _lost(given: Any, kept: Any, path: str = "") -> str | None:
    """Path of the first key that the standard's model did not keep (it ignores unknown keys below the top level)."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for key, value in given.items():
            if key not in kept:
                return f"{path}{key}"
            if lost := _lost(value, kept[key], f"{path}{key}."):
                return lost
    elif isinstance(given, list) and isinstance(kept, list):
        for index, (value, other) in enumerate(zip(given, kept, strict=True)):
            if lost := _lost(value, other, f"{path}{index}."):
                return lost
    return None


def _build(document: Document, where: str) -> Contract:
    custom = _custom(document)
    sla = {entry["property"]: entry for entry in document["slaProperties"]}
    row_key = tuple(custom.get("rowKey") or ())
    feed = document["id"]
    department, _, dataset = feed.partition("__")
    due = sla["timeOfAvailability"]
    table = document["schema"][0]
    return Contract(
        feed=feed,
        order=custom["order"],
        department=department,
        dataset=dataset,
        department_name=document["team"]["name"],
        title=document["name"],
        table_title=table["businessName"],
        grain=table["description"],
        one_row=table.get("dataGranularityDescription", ""),
        warning_type=custom.get("warningType"),
        cause=custom.get("cause"),
        cause_name=custom.get("causeName"),
        subject=custom.get("subject"),
        claims=tuple(custom.get("claims") or ()),
        clause=custom["clause"],
        cadence=sla["frequency"]["value"],
        period_kind=custom["periodKind"],
        period_column=custom.get("periodColumn"),
        due=due["description"],
        due_rule=due["value"],
        real_time=due["value"] == "at_once",
        event_column=custom.get("eventColumn"),
        row_key=row_key,
        title_words=tuple(custom.get("titleWords") or ()),
        home_may_be_elsewhere=custom.get("homeMayBeElsewhere", False),
        list_check=_list_check(custom["listCheck"]) if "listCheck" in custom else None,
        columns=tuple(_column(entry, row_key, where) for entry in table["properties"]),
        has_template=custom.get("template", True),
        registry_columns=custom.get("registryColumns") or {},
    )


def _list_check(value: Document) -> ListCheck:
    return ListCheck(**{attribute: value[name] for name, attribute in LIST_CHECK.items()})


def _column(entry: Document, row_key: tuple[str, ...], where: str) -> Column:
    custom = _custom(entry)
    kind = custom.get("kind", "text")
    header = entry.get("businessName")
    if not header:
        raise ContractError(f"列 {entry['name']} 没有中文名（businessName）", where=where)
    label, unit = clean_header(header)
    stored, usual = UNITS.get(kind, (None, None))
    return Column(
        name=entry["name"],
        label=label if stored else header,
        aliases=tuple(custom.get("aliases", ())),
        kind=kind,
        unit=stored,
        required=bool(entry.get("required", False)),
        classification=entry.get("classification", ""),
        choices={key: tuple(str(text) for text in texts) for key, texts in custom.get("choices", {}).items()},
        choices_open=bool(custom.get("choicesOpen", False)),
        is_key=entry["name"] in row_key,
        header=header,
        header_unit=(unit or usual) if stored else None,
        is_prefilled=bool(custom.get("prefilled", False)),
        is_of_visit=bool(custom.get("ofVisit", False)),
        example=str((entry.get("examples") or [""])[0]),
    )


def _custom(element: Document) -> Document:
    return {entry["property"]: entry["value"] for entry in element.get("customProperties", [])}


def _read(path: Path) -> Document:
    try:
        document = yaml.load(path.read_text("utf-8"), Loader=_LOADER)
    except OSError:
        raise ContractError("读不到契约文件", where=path.name) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"第{mark.line + 1}行" if mark else ""
        raise ContractError(f"{line}不是有效的 YAML", where=path.name) from error
    if not isinstance(document, dict):
        raise ContractError("内容为空或格式不对", where=path.name)
    return document
