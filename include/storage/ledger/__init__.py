"""What happened, recorded once and never changed: deliveries, their outcomes, dispatches, what each listed, what came of it."""

from __future__ import annotations

from include.storage.ledger.append import append, append_selected, login_name, record_export
from include.storage.ledger.computed import forget, load_county, set_cutoff
from include.storage.ledger.migrate import create_tables
from include.storage.ledger.read import Volume, count_outcomes, pending, volumes
from include.storage.ledger.records import Delivery, Outcome
from include.storage.ledger.tables import (
    FIXED_TABLES,
    IS_OF_DISPATCH,
    ISSUE_COLUMNS,
    KEYS,
    LEDGER_TABLES,
    LISTING_COLUMNS,
    RAW_TABLES,
    SIGNAL_COLUMNS,
)

__all__ = [
    "FIXED_TABLES",
    "ISSUE_COLUMNS",
    "IS_OF_DISPATCH",
    "KEYS",
    "LEDGER_TABLES",
    "LISTING_COLUMNS",
    "RAW_TABLES",
    "SIGNAL_COLUMNS",
    "Delivery",
    "Outcome",
    "Volume",
    "append",
    "append_selected",
    "count_outcomes",
    "create_tables",
    "forget",
    "load_county",
    "login_name",
    "pending",
    "record_export",
    "set_cutoff",
    "volumes",
]
