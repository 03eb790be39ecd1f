"""Who matches with a list of the registry that is of an earlier month, or was never given one though he needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from include.contracts import REGISTRY, load_contracts
from include.reports.labels import date_text
from include.site import Site
from include.storage import ledger
from include.storage.warehouse import connect

REMEDY = "请运行 fangpin registry-list 写出新的，交给该部门"


@dataclass(frozen=True)
class OldList:
    """A department and when it was last given its list; None when it never was."""

    department: str
    department_name: str
    handed_at: datetime | None

    @property
    def sentence(self) -> str:
        """What the bureau is told."""
        if self.handed_at is None:
            return f"名册：还没有给{self.department_name}提供过；{REMEDY}"
        return f"名册：{self.department_name}的一份是{date_text(self.handed_at.date())}提供的，已不是本月的；{REMEDY}"


def old_lists(site: Site, now: datetime) -> list[OldList]:
    """The departments that a contract says need the registry and that got no list this month; nobody before there is one."""
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    needing = {each.department: each.department_name for each in load_contracts() if each.registry_columns}
    with connect(site) as connection:
        ledger.create_tables(connection)
        if not connection.execute(f"select 1 from raw.{REGISTRY} where received_at <= ? limit 1", [now]).fetchone():
            return []
        handed = dict(connection.execute("select department, max(handed_at) from ledger.registry_lists group by all").fetchall())
    return [
        OldList(department, name, handed.get(department))
        for department, name in needing.items()
        if handed.get(department) is None or handed[department] < month
    ]
