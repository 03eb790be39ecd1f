"""One county's site: its home, its settings, its clock. It is made at the edge (command line, DAG, page) and passed down."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from include.site.county import County, SettingsError, read_county, stamp

PROJECT = Path(__file__).resolve().parents[2]
SHIPPED_COUNTY = PROJECT / "include" / "county"
TIMEZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Site:
    """Paths below one FANGPIN_HOME and the county they serve."""

    home: Path

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def archive(self) -> Path:
        return self.home / "archive"

    @property
    def warehouse(self) -> Path:
        """What is computed: rows and models. It can be deleted and made again from the archive and the ledger."""
        return self.home / "warehouse" / "fangpin.duckdb"

    @property
    def ledger(self) -> Path:
        """What happened, recorded once."""
        return self.home / "warehouse" / "ledger.duckdb"

    @property
    def returns(self) -> Path:
        return self.home / "returns"

    @property
    def push(self) -> Path:
        return self.home / "push"

    @property
    def reports(self) -> Path:
        return self.home / "reports"

    @property
    def docs(self) -> Path:
        return self.home / "docs"

    @property
    def dbt(self) -> Path:
        return self.home / "dbt"

    @property
    def airflow(self) -> Path:
        return self.home / "airflow"

    def county_file(self, name: str) -> Path:
        """The county's own copy of a settings file, else the one shipped with the product."""
        own = self.home / "county" / name
        return own if own.exists() else SHIPPED_COUNTY / name

    @property
    def county(self) -> County:
        path = self.county_file("county.yml")
        return read_county(path, stamp(path))

    def county_rows(self, name: str) -> list[dict[str, str]]:
        """Rows of a county CSV (UTF-8, with or without BOM)."""
        with self.county_file(name).open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines))

    def now(self) -> datetime:
        """The county's clock, naive local time; FANGPIN_NOW sets it for a rehearsal (ISO 8601)."""
        text = os.environ.get("FANGPIN_NOW")
        if not text:
            return datetime.now(TIMEZONE).replace(tzinfo=None, microsecond=0)
        try:
            given = datetime.fromisoformat(text)
        except ValueError as error:
            raise SettingsError(f"时间“{text}”无法识别", remedy="请写成 2024-03-10T08:00") from error
        return given.astimezone(TIMEZONE).replace(tzinfo=None) if given.tzinfo else given


@lru_cache(maxsize=8)
def _site_at(home: Path) -> Site:
    return Site(home)


def current_site() -> Site:
    """Settings of the current FANGPIN_HOME (default ./data)."""
    return _site_at(Path(os.environ.get("FANGPIN_HOME", "data")).expanduser().resolve())


def approver() -> str:
    """The user who approves dispatches, as the auth manager knows him; FANGPIN_APPROVER where that is a number (FAB)."""
    return os.environ.get("FANGPIN_APPROVER", "bureau")


def as_utc(local: datetime) -> datetime:
    """A naive county time as an aware UTC one, for interfaces that insist on it."""
    return local.replace(tzinfo=TIMEZONE).astimezone(timezone(timedelta(0)))
