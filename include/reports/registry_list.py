"""The registry as each department gets it (第三条(一)): the columns its contracts say it needs, numbered and recorded.

Who matches by number gets it whole, everybody else the last four. A department whose feeds are all about households gets the
heads alone. A list appears in its folder only after the ledger says that it was handed over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from include.contracts import REGISTRY, contract, load_contracts
from include.errors import FangpinError
from include.identity.linkage import NAME_KEY
from include.identity.masks import mask_number
from include.reports.labels import date_text
from include.reports.notice import bureau_name
from include.reports.requirements import head_of
from include.reports.sheets import Field, Kind, TableSheet, new_book
from include.site import Site
from include.site.home import rehearsal_mark
from include.storage import ledger
from include.storage.warehouse import connect

WIDTHS = {"id_number": 22, "household_id": 18, "monitored_type": 22, "village_name": 16}
SHEET = "名单"
WHOLE, MASKED = "whole", "masked"
_IN_FORCE = f"""
with received as (
    select registry.*, deliveries.entry_no as delivery_no from raw.{REGISTRY} as registry
    inner join ledger.deliveries as deliveries using (county_code, delivery_id)
    where registry.received_at <= $now
),
dates as (
    select delivery_id, data_date as registry_date from received group by delivery_id, data_date
    qualify row_number() over (partition by delivery_id order by count(*) desc, data_date desc) = 1
),
merged as (
    select received.*, dates.registry_date from received
    inner join dates on received.delivery_id = dates.delivery_id
    where dates.registry_date = (select max(registry_date) from dates)
    qualify row_number() over (partition by row_key order by delivery_no desc, row_id desc) = 1
),
in_force as (
    select * from merged
    qualify rank() over (
        partition by household_id, coalesce(nullif(person_id, ''), row_id), {NAME_KEY.format(name="person_name")}
        order by delivery_no desc
    ) = 1
),
members as (
    select *, row_number() over (
        partition by household_id
        order by coalesce(relation_to_head in ('户主', '本人', '本人或户主'), false) desc,
            try_cast(sequence as bigint) asc nulls last, sheet, row_number, row_id
    ) = 1 as is_head
    from in_force
)
select COLUMNS, registry_date from members where is_head or $everybody
order by town_code nulls last, village_code nulls last, household_id, is_head desc, sheet, row_number, row_id
"""
"""The registry in force and the heads of its households, as the models ``int_registry_in_force`` and
``int_registry_households`` have them: a list goes out before any screening, when there are no models yet."""


class RegistryListError(FangpinError, RuntimeError):
    """No list can be written; the message says what to do."""


@dataclass(frozen=True)
class Need:
    """What one department needs of the registry: column by column ``whole`` or ``masked``, of everybody or of the heads alone."""

    department: str
    department_name: str
    columns: Mapping[str, str]
    everybody: bool

    @property
    def column_text(self) -> str:
        """The columns as they are recorded: ``id_number(masked)`` where the number is."""
        return "、".join(name if how == WHOLE else f"{name}({how})" for name, how in self.columns.items())


@dataclass(frozen=True)
class HandedOver:
    """A list as it was handed over."""

    need: Need
    number: str
    registry_date: date
    row_count: int
    path: Path


def needs() -> list[Need]:
    """Of each department all that its contracts ask for together, in the registry's own order of columns."""
    asked: dict[str, list[Any]] = {}
    for each in load_contracts():
        if each.registry_columns:
            asked.setdefault(each.department, []).append(each)
    order = [column.name for column in contract(REGISTRY).columns]
    found = []
    for department, mine in asked.items():
        wanted = [(name, how) for each in mine for name, how in each.registry_columns.items()]
        columns = {
            name: WHOLE if (name, WHOLE) in wanted else MASKED for name in order if any(name == other for other, _ in wanted)
        }
        everybody = any(each.subject != "household" for each in mine)
        found.append(Need(department, mine[0].department_name, columns, everybody))
    return found


def hand_over(site: Site, department: str | None = None) -> list[HandedOver]:
    """Write and record the list of every department that needs one, or of the one given.

    Raises RegistryListError when there is no registry yet, or when no contract of the department asks for it.
    """
    wanted = [need for need in needs() if department in (None, need.department)]
    if not wanted:
        names = "、".join(need.department_name for need in needs())
        raise RegistryListError(
            "这个部门的数据契约没有写需要名册的哪些列", remedy=f"确需提供的，请在契约里写 registryColumns；现在提供给：{names}"
        )
    return [_hand_over(site, need, site.now()) for need in wanted]


def _hand_over(site: Site, need: Need, now: datetime) -> HandedOver:
    folder = site.home / "registry_lists" / need.department
    unrecorded = folder / ".unrecorded.xlsx"
    try:
        with connect(site) as connection:
            ledger.create_tables(connection)
            rows, registry_date = _people(connection, need, now)
            number = f"{site.county.name[:1]}防贫名〔{now.year}〕{_last_serial(connection, now.year) + 1}号"
            path = folder / f"{registry_date:%Y-%m-%d}_脱贫人口和监测对象名单_{number}.xlsx"
            _write(unrecorded, site, need, number, registry_date, rows, now)
            line = {
                "list_number": number, "department": need.department, "registry_date": registry_date,
                "columns": need.column_text, "row_count": len(rows),
                "sha256": hashlib.sha256(unrecorded.read_bytes()).hexdigest(),
                "file_name": str(path.relative_to(site.home)), "handed_at": now, "handed_by": ledger.login_name(),
            }  # fmt: skip
            ledger.append(connection, "ledger.registry_lists", [line])
        return HandedOver(need, number, registry_date, len(rows), unrecorded.replace(path))
    finally:
        unrecorded.unlink(missing_ok=True)


def _people(connection: duckdb.DuckDBPyConnection, need: Need, now: datetime) -> tuple[list[list[Any]], date]:
    columns = ", ".join(f'"{name}"' for name in need.columns)
    found = connection.execute(_IN_FORCE.replace("COLUMNS", columns), {"now": now, "everybody": need.everybody}).fetchall()
    if not found:
        raise RegistryListError("还没有名册，写不出名单", remedy="请先把全国系统导出的名册放进县乡村振兴局的收件夹，入库后再运行")
    masked = [how == MASKED for how in need.columns.values()]
    rows = [[mask_number(value) if is_masked else value for value, is_masked in zip(row, masked, strict=False)] for row in found]
    return rows, found[0][-1]


def _last_serial(connection: duckdb.DuckDBPyConnection, year: int) -> int:
    numbers = connection.execute(
        "select list_number from ledger.registry_lists where list_number like ?", [f"%〔{year}〕%"]
    ).fetchall()
    return max((int(text.partition("〕")[2].removesuffix("号")) for (text,) in numbers), default=0)


def _write(
    path: Path, site: Site, need: Need, number: str, registry_date: date, rows: Sequence[Sequence[Any]], now: datetime
) -> None:
    registry = contract(REGISTRY)
    fields = [Field("序号", 7, "centre")]
    for name, how in need.columns.items():
        column = registry.column(name)
        kind: Kind = "code" if column.kind in ("id_number", "household_id") else "centre"
        fields.append(Field(head_of(column) + ("（末四位）" if how == MASKED else ""), WIDTHS.get(name, 12), kind))
    who = "全部成员" if need.everybody else "只列户主"
    use = "证件号码只给末四位，供区分同名的人。" if MASKED in need.columns.values() else "供按证件号码比对。"
    sheet = TableSheet(
        name=SHEET,
        title=f"脱贫人口和监测对象名单（供{need.department_name}）",
        fields=fields,
        rows=[[str(place), *row] for place, row in enumerate(rows, start=1)],
        note=f"{number}　名册数据日期{date_text(registry_date)}，{who}，共{len(rows)}行。{use}"
        f"只用于防止返贫监测比对，不得转给他人或挪作他用；收到新的一份后，请销毁这一份。{bureau_name(site.county)}，{date_text(now.date())}。",
        foot=number,
        freeze_columns=1,
    )
    with new_book(path, mark=rehearsal_mark(site), title="脱贫人口和监测对象名单", author="防贫监测预警", created=now) as book:
        sheet.write(book)
