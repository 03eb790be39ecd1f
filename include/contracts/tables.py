"""What every table has besides a feed's own columns: the receipt's and the place's in ``raw``, and the risk tables' columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from include.contracts.model import Contract

ROW_COLUMNS: dict[str, str] = {
    "row_id": "varchar", "county_code": "varchar", "delivery_id": "varchar", "period": "varchar", "row_key": "varchar",
    "received_at": "timestamp", "modified_at": "timestamp", "sheet": "varchar", "row_number": "integer",
    "waits_code": "varchar", "waits_reason": "varchar", "repairs": "varchar",
}  # fmt: skip
PLACE_COLUMNS: dict[str, str] = {"town_code": "varchar", "village_code": "varchar", "home_elsewhere": "boolean"}

RISK: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("risk_columns.yaml").read_text("utf-8"))
RISK_COLUMNS: dict[str, str] = {column["name"]: column["type"] for column in RISK}
"""Columns of every risk table with their SQL types, in order."""


def raw_columns(contract: Contract) -> dict[str, str]:
    """Columns of ``raw.<feed>`` with their SQL types: row facts, place, then the contract's own."""
    place = PLACE_COLUMNS if contract.has_column("town_name") else {}
    return {**ROW_COLUMNS, **place, **{column.name: column.sql_type for column in contract.columns}}
