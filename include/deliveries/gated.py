"""A delivery before the gate: Great Expectations judges it as a whole, alone or with others like it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from include.checking.rows import Checked
from include.contracts import Contract
from include.reading.refusal import Refused
from include.site import Site
from include.storage.ledger import Delivery, Volume

if TYPE_CHECKING:
    from include.quality.gate import GateResult

log = logging.getLogger(__name__)


def _batch(expected: Contract, checked: Checked) -> pd.DataFrame:
    """Every row of a delivery as the gate takes it."""
    names = [column.name for column in expected.columns]
    accepted = checked.accepted[[*names, "row_key", "period", "sheet", "row_number", "waits_code"]].assign(is_accepted=True)
    if not checked.rejected_count:
        return accepted
    rejected = checked.issues[checked.issues["level"] == "rejected"][["sheet", "row_number"]].drop_duplicates()
    batch = pd.concat([accepted, rejected.assign(is_accepted=False)], ignore_index=True).reindex(columns=accepted.columns)
    batch["is_accepted"] = batch["is_accepted"].astype(bool)
    return batch


def gate_several(site: Site, expected: Contract, several: Mapping[str, Checked]) -> dict[str, GateResult]:
    """What the gate says of checked deliveries, by id, where one look says it of several."""
    from include.quality.gate import gate_together

    if len(several) < 2:
        return {}
    try:
        return gate_together(site, expected, {delivery_id: _batch(expected, checked) for delivery_id, checked in several.items()})
    except Exception as error:  # one that cannot be looked at must not keep the others: then each is judged by itself
        log.error("%s 未能一并检查（%s），逐份检查", expected.feed, type(error).__name__)
        return {}


def gate_one(site: Site, expected: Contract, delivery: Delivery, checked: Checked, volumes: Sequence[Volume]) -> GateResult:
    """Great Expectations judges the delivery as a whole."""
    from include.quality.gate import gate_delivery

    period = "" if expected.is_event else delivery.period or ""
    batch = _batch(expected, checked)
    return gate_delivery(site, expected, batch, delivery_id=delivery.delivery_id, period=period, volumes=volumes)


def apply_gate(result: GateResult, delivery: Delivery, checked: Checked) -> None:
    """Raises Refused on a critical failure; a warning becomes a finding."""
    if not result.success:
        raise Refused(
            "quality_gate", f"《{delivery.file_name}》未通过质量检查：{'；'.join(result.critical)}。请核对后整份重新报送"
        )
    lines = [
        {"level": "finding", "reason_code": "quality_gate", "reason": text, "sheet": None, "row_number": None}
        for text in result.warnings
    ]
    if lines:
        kinds = checked.issues.dtypes.replace({np.dtype("int32"): "Int32"}).to_dict()  # a whole delivery has no row number
        fresh = pd.DataFrame(lines).reindex(columns=list(kinds)).astype(kinds)
        checked.issues = pd.concat([checked.issues.astype(kinds), fresh], ignore_index=True)
