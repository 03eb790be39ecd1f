"""Which county this is: code, home, settings, clock. Made at the edge and passed down; nothing below looks it up."""

from __future__ import annotations

from include.site.county import CLOCKS, INSTANT_RULES, County, SettingsError, stamp
from include.site.site import (
    PROJECT,
    SHIPPED_COUNTY,
    TIMEZONE,
    Site,
    approver,
    as_utc,
    current_site,
)

__all__ = [
    "CLOCKS",
    "INSTANT_RULES",
    "PROJECT",
    "SHIPPED_COUNTY",
    "TIMEZONE",
    "County",
    "SettingsError",
    "Site",
    "approver",
    "as_utc",
    "current_site",
    "stamp",
]
