"""The county as configured: codes, names, departments, and the clocks that the notice leaves open."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

from include.errors import FangpinError

INSTANT_RULES = ("at_once", "after_approval")
CLOCKS = ("feed", "event", "issue", "verify", "measure")
"""What runs on days: a department's fixed date, days after an event, the monthly dispatch, the visits, the measures."""
DAY_COUNTS = ("calendar", "working")


class SettingsError(FangpinError, ValueError):
    """A setting is missing or contradicts itself; the message says which file and what to write."""


@dataclass(frozen=True)
class County:
    """The county as configured: codes, names, departments and the clocks the notice leaves open.

    ``day_count``: ``calendar`` or ``working``, for all clocks or for each one of CLOCKS (default calendar).
    ``at_once_per_hour``: how many warnings of a feed go out unasked in an hour; above it the bureau is asked.
    ``largest_household_yuan``: an amount of a person or household above it waits for a person.
    ``reopen_share``, ``reopen_months``: by how much an amount must have grown, or how many months gone by since the last answer,
    before a household is asked again.
    """

    code: str
    name: str
    province: str
    city: str
    notice: str
    day_count: str | dict[str, str]
    issue_day: int
    screening_day: int
    verify_days: int
    measure_days: int
    bureau: str
    departments: dict[str, str]
    instant: dict[str, str] = field(default_factory=dict)
    push_max_mb: float = 20
    quiet_seconds: float = 60
    at_once_per_hour: int = 200
    largest_household_yuan: int = 1_000_000
    reopen_share: float = 0.5
    reopen_months: int = 6

    def __post_init__(self) -> None:
        given = self.day_count if isinstance(self.day_count, dict) else dict.fromkeys(CLOCKS, self.day_count)
        if wrong := [f"{clock}: {count}" for clock, count in given.items() if clock not in CLOCKS or count not in DAY_COUNTS]:
            raise SettingsError(
                f"county.yml 的 day_count“{wrong[0]}”无法识别",
                remedy=f"请写 calendar（自然日）或 working（工作日），或按 {'、'.join(CLOCKS)} 分别写明",
            )
        if isinstance(self.at_once_per_hour, bool) or not isinstance(self.at_once_per_hour, int) or self.at_once_per_hour < 0:
            raise SettingsError(
                f"county.yml 的 at_once_per_hour“{self.at_once_per_hour}”不是条数", remedy="请写不小于 0 的整数，如 200"
            )
        if (
            isinstance(self.largest_household_yuan, bool)
            or not isinstance(self.largest_household_yuan, int)
            or self.largest_household_yuan <= 0
        ):
            raise SettingsError(
                f"county.yml 的 largest_household_yuan“{self.largest_household_yuan}”不是金额",
                remedy="请写大于 0 的整数，如 1000000",
            )
        for name, least in (("reopen_share", 0), ("reopen_months", 1)):
            given = getattr(self, name)
            if isinstance(given, bool) or not isinstance(given, (int, float)) or given < least:
                raise SettingsError(f"county.yml 的 {name}“{given}”无效", remedy=f"请写不小于 {least} 的数")
        for feed, rule in self.instant.items():
            if rule not in INSTANT_RULES:
                raise SettingsError(
                    f"county.yml 的 instant 中“{feed}: {rule}”无法识别", remedy=f"请写 {' 或 '.join(INSTANT_RULES)}"
                )

    def instant_feeds(self, rule: str) -> tuple[str, ...]:
        """The feeds whose warnings do not wait for the month, by the bureau's rule: ``at_once`` or ``after_approval``."""
        return tuple(feed for feed, its_rule in self.instant.items() if its_rule == rule)

    def counts_working_days(self, clock: str) -> bool:
        """Whether that clock counts working days."""
        count = self.day_count.get(clock) if isinstance(self.day_count, dict) else self.day_count
        return count == "working"

    def department_of_folder(self, folder: str) -> str | None:
        """Department key for an inbox folder named by key or Chinese name; None when nobody is called that."""
        names = {folder, folder.strip(), f"县{folder}".strip(), folder.removeprefix(self.name)}
        for key, chinese in self.departments.items():
            if key in names or chinese in names or chinese.removeprefix("县") in names:
                return key
        return None


def stamp(path: Path) -> tuple[int, int]:
    """What of a settings file changes when somebody edits it."""
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=8)
def read_county(path: Path, _: tuple[int, int]) -> County:
    try:
        return County(**yaml.safe_load(path.read_text("utf-8")))
    except (TypeError, yaml.YAMLError) as error:
        raise SettingsError(
            f"县设置不完整或格式不对（{error}）", where=str(path), remedy="请对照 include/county/county.yml 补齐"
        ) from error
