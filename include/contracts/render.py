"""What other places need of the contracts, written from them and checked in; ``fangpin contracts render`` writes it anew.

Whole files: the staging models with their yml, the seeds in ``seeds/generated``, the macros ``feeds.sql``,
``risk_columns.sql`` and, from the rules of ``include/identity/masks.py``, ``masks.sql``. Between two marker lines of a file that
is otherwise written by hand: the columns of ``risk.yml``, the table of ``dags/README.md``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from include.contracts.model import Contract, ContractError
from include.contracts.tables import RISK, raw_columns
from include.identity import masks

MARK = "rendered by `fangpin contracts render`; do not edit"
END = "end of what is rendered"
STAGING = Path("dbt_project/models/staging")
GENERATED = Path("dbt_project/seeds/generated")
RISK_YML = Path("dbt_project/models/marts/risk/risk.yml")
SCHEDULE = Path("dags/README.md")
LONGEST_LINE = 130
CADENCES = {"month": "每月", "quarter": "每季", "half_year": "每学期", "year": "每年", "event": "按事件", "as_needed": "随时"}


def render(root: Path, contracts: Sequence[Contract]) -> list[Path]:
    """Write what differs and delete what no contract stands for any more; the paths of both, below ``root``."""
    wanted = rendered(root, contracts)
    changed = differences(root, contracts)
    for path in changed:
        if path in wanted:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(wanted[path], "utf-8")
        else:
            (root / path).unlink()
    return changed


def differences(root: Path, contracts: Sequence[Contract]) -> list[Path]:
    """Files below ``root`` that are not what the contracts render to: changed, missing, or left over."""
    wanted = rendered(root, contracts)
    found = {path.relative_to(root) for path in [*(root / STAGING).glob("*/stg_*"), *(root / GENERATED).glob("*.csv")]}
    return sorted((found - wanted.keys()) | {path for path, text in wanted.items() if _text(root / path) != text})


def rendered(root: Path, contracts: Sequence[Contract]) -> dict[Path, str]:
    """Every rendered file by its path below ``root``; of files written by hand only what stands between the markers is new."""
    texts = {
        Path("dbt_project/macros/feeds.sql"): _feeds_macro(contracts),
        Path("dbt_project/macros/risk_columns.sql"): _risk_macro(),
        Path("dbt_project/macros/masks.sql"): f"{{# {MARK} #}}\n{masks.macro()}",
        GENERATED / "feeds.csv": _feeds_seed(contracts),
        GENERATED / "causes.csv": _causes_seed(contracts),
        GENERATED / "list_checks.csv": _list_checks_seed(contracts),
        RISK_YML: _between(root / RISK_YML, f"      # {MARK}", f"      # {END}", _risk_columns()),
        SCHEDULE: _between(root / SCHEDULE, f"<!-- {MARK} -->", f"<!-- {END} -->", _schedule(contracts)),
    }
    for contract in contracts:
        stem = STAGING / contract.department / f"stg_{contract.feed}"
        texts[stem.with_name(f"{stem.name}.sql")] = _staging_sql(contract)
        texts[stem.with_name(f"{stem.name}.yml")] = _staging_yml(contract)
    return texts


def _staging_sql(contract: Contract) -> str:
    columns = ",\n".join(f"        {name}" for name in raw_columns(contract))
    return f"""-- {MARK}
with source as (

    select * from {{{{ source('raw', '{contract.feed}') }}}}

),

renamed as (

    select
{columns}
    from source

)

select * from renamed
"""


def _staging_yml(contract: Contract) -> str:
    units = {"yuan": ", 元", "mu": ", 亩"}
    columns = "\n".join(
        f"          - {{name: {column.name}, data_type: {_scalar(column.sql_type.lower())}, "
        f"description: {_scalar(column.label + units.get(column.unit or '', ''))}, "
        f"config: {{meta: {{classification: {column.classification}}}}}}}"
        for column in contract.columns
    )
    return f"""# {MARK}
version: 2

sources:
  - name: raw
    tables:
      - name: {contract.feed}
        description: {contract.table_title}, every accepted version of every row as published by the ingest; append-only.
        columns: &columns
{columns}

models:
  - name: stg_{contract.feed}
    description: >
      One row per version of {contract.grain} ({contract.table_title}).
      {{{{ doc('receipt_columns') }}}}
    columns: *columns
    data_tests:
      - is_key: {{name: stg_{contract.feed}_row_id_is_key, arguments: {{columns: [row_id]}}}}
"""


def _feeds_macro(contracts: Iterable[Contract]) -> str:
    facts = "\n".join(f"        '{contract.feed}': {{\n{_facts(contract)}\n        }}," for contract in contracts)
    return f"""{{# {MARK} #}}
{{# What the models need of each feed, in the contracts' order:
    warning_type    what its rows may warn of; none for feeds that are not screened
    is_event        keyed by an event's number: a later report replaces the earlier one in whatever period it came
    claims          roles of a row that name somebody, the subject first
    names_household whether its rows carry the registry's 户编号
    amounts         columns that may be approximate in the file and then be settled by a person
    repeated_code   the finding when a list is the one before sent again; none where lists are not compared
    period_columns  columns that only name the period
    clock_column    the day of the event, which starts the clock; none for feeds that are not about events #}}
{{% macro feeds() -%}}
    {{{{ return({{
{facts}
    }}) }}}}
{{%- endmacro %}}


{{# The feeds that have something, in order. #}}
{{% macro feeds_with(fact) -%}}
{{% set found = [] %}}
{{% for feed, facts in feeds().items() if facts[fact] %}}
{{% do found.append(feed) %}}
{{% endfor %}}
{{{{ return(found) }}}}
{{%- endmacro %}}
"""


def _facts(contract: Contract) -> str:
    facts = {
        "warning_type": contract.warning_type,
        "is_event": contract.is_event,
        "claims": list(contract.claims),
        "names_household": contract.has_column("household_id"),
        "amounts": list(contract.amounts),
        "repeated_code": (contract.list_check.repeated_code or None) if contract.list_check else None,
        "period_columns": [column.name for column in contract.columns if column.kind in ("year", "month", "term")],
        "clock_column": contract.clock_column if contract.is_event else None,
    }
    return "\n".join(f"            '{name}': {_literal(value)}," for name, value in facts.items())


def _literal(value: object) -> str:
    """A value as Jinja writes it."""
    return repr(value).lower() if value is None or isinstance(value, bool) else repr(value)


def _risk_macro() -> str:
    columns = [f"('{column['name']}', '{column['type'].replace(',', ', ')}')" for column in RISK]
    return f"""{{# {MARK} #}}
{{# Columns of every risk table and what a dispatch freezes of them, in order; risk.yml enforces them. #}}
{{% macro risk_columns() -%}}
    {{{{ return([
{_filled(columns, 8)}
    ]) }}}}
{{%- endmacro %}}
"""


def _risk_columns() -> str:
    return "\n".join(_risk_column(column) for column in RISK)


def _risk_column(column: dict[str, str]) -> str:
    kind, description = _scalar(column["type"]), _scalar(column["description"])
    said = f"      - {{name: {column['name']}, data_type: {kind}, description: {description}"
    if "classification" not in column:
        return f"{said}}}"
    meta = f"config: {{meta: {{classification: {column['classification']}}}}}}}"
    whole = f"{said}, {meta}"
    return whole if len(whole) <= LONGEST_LINE else f"{said},\n         {meta}"


def _schedule(contracts: Iterable[Contract]) -> str:
    lines = ["| DAG | 报送单位 | 频次 | 时限 | 依据 |", "|---|---|---|---|---|"]
    for contract in contracts:
        cadence = "实时" if contract.real_time else CADENCES[contract.cadence]
        lines.append(
            f"| `ingest__{contract.feed}` | {contract.department_name} | {cadence} | {contract.due} | {contract.clause} |"
        )
    return "\n".join(lines)


def _feeds_seed(contracts: Iterable[Contract]) -> str:
    head = "feed,feed_order,department,title,warning_type,cause,subject,clause,cadence,period_kind,due_rule"
    return _csv(
        head,
        (
            (
                each.feed, each.order, each.department, each.title, each.warning_type, each.cause, each.subject, each.clause,
                each.cadence, each.period_kind, each.due_rule,
            )
            for each in contracts
        ),
    )  # fmt: skip


def _causes_seed(contracts: Iterable[Contract]) -> str:
    causes = {each.cause: (each.cause, each.warning_type, each.subject, each.cause_name) for each in contracts if each.cause}
    return _csv("cause,warning_type,subject,name", causes.values())


def _list_checks_seed(contracts: Iterable[Contract]) -> str:
    head = "feed,repeated_code,equal_share,fewest_rows,resent_after_days,volume_factor,fewest_periods,most_periods"
    checks = [(each.feed, each.list_check) for each in contracts if each.list_check]
    return _csv(
        head,
        (
            (
                feed, check.repeated_code, f"{check.equal_share:.2f}", check.fewest_rows, check.resent_after_days,
                check.volume_factor, check.fewest_periods, check.most_periods,
            )
            for feed, check in checks
        ),
    )  # fmt: skip


def _csv(head: str, rows: Iterable[Sequence[object]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(head.split(","))
    writer.writerows(rows)
    return written.getvalue()


def _between(path: Path, begin: str, end: str, body: str) -> str:
    """The file with ``body`` between its two marker lines; ContractError when it has lost one of them."""
    parts = re.split(f"(?m)^{re.escape(begin)}$\n(?s:.*?)^{re.escape(end)}$\n", _text(path))
    if len(parts) != 2:
        raise ContractError(f"找不到标记“{begin.strip()}”和“{end.strip()}”", where=path.name, remedy="请恢复这两行再重新写出")
    return f"{parts[0]}{begin}\n{body}\n{end}\n{parts[1]}"


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


def _scalar(text: str) -> str:
    """A text as a flow scalar of YAML: in quotes when it holds a mark that could mean something there."""
    quoted = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{quoted}"' if re.search(r'[(),:#\[\]{}&*!|>%@`"\\]', text) else text


def _filled(items: Iterable[str], indent: int) -> str:
    """Items separated by commas, as many to a line as fit."""
    return "\n".join(_lines(items, indent))


def _lines(items: Iterable[str], indent: int) -> Iterator[str]:
    line = ""
    for item in items:
        if line and indent + len(line) + len(item) + 2 > LONGEST_LINE:
            yield f"{' ' * indent}{line}"
            line = ""
        line += f"{' ' if line else ''}{item},"
    yield f"{' ' * indent}{line}"
