"""Values that suites leave open until a check: the period's days, the county's towns, thresholds and lines in force."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from include.contracts import Contract
from include.quality.suites import RULES, SuiteError, rule_parameter
from include.site import PROJECT, Site

INCOME_LINE = PROJECT / "dbt_project" / "seeds" / "income_line.csv"
MANY_ROWS = 50
"""From this many rows on a list that covers one town or one kind only is odd."""
SOME_ROWS = 20
"""From this many rows on shares of rows mean something."""
NO_LIMIT = 10_000_000

NAMES: dict[str, str] = {
    "only_period": "所属时期", "period_year": "所属年度", "period_start": "时期首日", "period_end": "时期末日",
    "only_previous_month": "上一个月", "previous_month_year": "上一个月的年度", "received_on": "收到之日",
    "sixty_days_ago": "收到前 60 天", "one_year_ago": "收到前一年", "three_years_ago": "收到前三年",
    "accepted_floor": "20%（满 20 行时）", "fewest_rows": "前几期中位数的三分之一", "most_rows": "前几期中位数的三倍",
    "towns_expected": "全县镇数的一半（满 50 行时）", "two_kinds_expected": "2（满 50 行时）",
    "wordings_expected": "30%（满 20 行时）", "county_towns": "本县各镇", "county_villages": "本县各村",
    "only_county": "本县代码", "county_town_codes": "本县各镇代码", "only_warning_type": "本类型", "today": "检查当日",
    "income_line": "现行监测收入线",
}  # fmt: skip
"""Parameters as Data Docs name them where no value is known yet."""


def delivery_parameters(
    expected: Contract, *, site: Site, delivery_id: str, period: str, rows: int, usual: tuple[int, int] | None
) -> dict[str, Any]:
    """Parameters for one delivery; ``usual`` is the range of rows that earlier periods suggest."""
    received = received_on(delivery_id, site)
    first, last = period_days(period) or (date(1900, 1, 1), received)
    month_before = first.replace(day=1) - timedelta(days=1)
    towns, villages, _ = _divisions(site)
    fewest, most = usual or (0, NO_LIMIT)
    return {
        "only_period": [period],
        "period_year": first.year,
        "period_start": _midnight(first),
        "period_end": _midnight(last),
        "only_previous_month": [f"{month_before:%Y-%m}"],
        "previous_month_year": month_before.year,
        "received_on": _midnight(received),
        "sixty_days_ago": _midnight(received - timedelta(days=60)),
        "one_year_ago": _midnight(received - timedelta(days=366)),
        "three_years_ago": _midnight(received - timedelta(days=3 * 366)),
        "accepted_floor": 0.2 if rows >= SOME_ROWS else 0.0,
        "wordings_expected": 0.3 if rows >= SOME_ROWS else 0.0,
        "towns_expected": len(towns) // 2 if rows >= MANY_ROWS else 0,
        "two_kinds_expected": 2 if rows >= MANY_ROWS else 0,
        "fewest_rows": fewest,
        "most_rows": most,
        "county_towns": towns,
        "county_villages": villages,
        **_thresholds(received),
    }


def risk_parameters(warning_type: str, *, site: Site) -> dict[str, Any]:
    """Parameters for one risk table; thresholds are those in force today (元)."""
    today = site.now().date()
    _, _, town_codes = _divisions(site)
    return {
        "only_warning_type": [warning_type],
        "only_county": [site.county.code],
        "county_town_codes": town_codes,
        "today": _midnight(today),
        "income_line": _income_line(site, today),
        **_thresholds(today),
    }


def received_on(delivery_id: str, site: Site) -> date:
    """The day a delivery came, from its id (20240310-0007), so that a later rebuild judges it the same; else today."""
    found = re.match(r"(\d{4})(\d{2})(\d{2})-", delivery_id)
    return date(int(found[1]), int(found[2]), int(found[3])) if found else site.now().date()


def period_days(period: str) -> tuple[date, date] | None:
    """First and last day of a period as it is written in the warehouse; None for event and dispatch numbers."""
    if found := re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", period):
        first = date(int(found[1]), int(found[2]), 1)
        return first, _month_end(first)
    if found := re.fullmatch(r"(\d{4})-Q([1-4])", period):
        first = date(int(found[1]), 3 * int(found[2]) - 2, 1)
        return first, _month_end(first.replace(month=first.month + 2))
    if found := re.fullmatch(r"(\d{4})-(spring|autumn)", period):
        year = int(found[1])
        return (date(year, 2, 1), date(year, 8, 31)) if found[2] == "spring" else (date(year, 9, 1), date(year + 1, 1, 31))
    if re.fullmatch(r"(19|20)\d{2}", period):
        return date(int(period), 1, 1), date(int(period), 12, 31)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", period):
        day = date.fromisoformat(period)
        return day, day
    return None


def _midnight(day: date) -> str:
    """A day as Great Expectations must be given it to compare it with a column of days."""
    return f"{day.isoformat()}T00:00:00"


def _month_end(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _divisions(site: Site) -> tuple[list[str], list[str], list[str]]:
    rows = [row for row in site.county_rows("divisions.csv") if row["county_code"] == site.county.code]
    return tuple(sorted({row[name] for row in rows}) for name in ("town_name", "village_name", "town_code"))  # type: ignore[return-value]


def _in_force(row: Mapping[str, str], day: date) -> bool:
    return row["valid_from"] <= day.isoformat() <= (row["valid_to"] or "9999-12-31")


def _thresholds(day: date) -> dict[str, float]:
    """Thresholds of the rules seed in force on a day, by parameter name; before the first rule, the earliest counts."""
    with RULES.open(encoding="utf-8-sig", newline="") as lines:
        rows = sorted((row for row in csv.DictReader(lines) if row["threshold"]), key=lambda row: row["valid_from"])
    thresholds: dict[str, float] = {}
    for row in rows:
        name = rule_parameter(row["rule_id"])
        if name not in thresholds or _in_force(row, day):
            thresholds[name] = float(row["threshold"])
    return thresholds


def _income_line(site: Site, day: date) -> float:
    own = site.county_file("income_line.csv")
    with (own if own.exists() else INCOME_LINE).open(encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if _in_force(row, day)]
    if not rows:
        raise SuiteError(f"{day} 没有现行的监测收入线", remedy="请在 income_line.csv 中补上该日所在的一行")
    return float(rows[-1]["yuan"])
