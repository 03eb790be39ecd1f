"""Risk tables for a test that is about something else: built and recorded like a screening, without the gate's seconds."""

from __future__ import annotations

from include.screening.screen import WARNING_TYPES, build_tables, record_screening
from include.site import Site
from include.storage.warehouse import connect


def build_risk_tables(site: Site, *, is_prompt: bool = False) -> dict[str, int]:
    """The number of warnings of each type."""
    record_screening(site, build_tables(site, is_prompt=is_prompt))
    with connect(site) as connection:
        counted = connection.execute("select warning_type, count(*) from risk.risk_warnings group by all").fetchall()
    return dict.fromkeys(WARNING_TYPES, 0) | dict(counted)
