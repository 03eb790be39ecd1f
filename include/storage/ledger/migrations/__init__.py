"""The ledger's versions: modules with ``NAME`` and ``apply(connection, known)``. One that has run anywhere never changes."""

from __future__ import annotations

from include.errors import FangpinError
from include.storage.ledger.migrations import (
    m0001_county_order_events,
    m0002_registry_lists,
    m0003_outcome_reports,
    m0004_held_lines,
)

ALL = {1: m0001_county_order_events, 2: m0002_registry_lists, 3: m0003_outcome_reports, 4: m0004_held_lines}


class MigrationError(FangpinError, RuntimeError):
    """The warehouse cannot be brought to this release; the message says why and what to do."""
