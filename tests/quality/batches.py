"""Batches for the gate: a tidy delivery of any feed and tidy risk tables, with fictional people and nothing wrong with them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from include.contracts import Column, Contract, load_contracts
from include.contracts.tables import RISK_COLUMNS
from include.site import current_site

PERIODS = {
    "month": "2024-03",
    "quarter": "2024-Q1",
    "term": "2024-spring",
    "year": "2023",
    "event": "",
    "date": "2024-03-01",
    "dispatch": "2024-03",
}
"""A period of each kind, as seen on 10 March 2024."""

FITTING: dict[str, Any] = {
    "as_of_month": "2024-02",
    "statistics_year": 2024,
    "insured_year": 2024,
    "plan_year": 2024,
    "income_year": 2023,
    "term": "2024-spring",
    "total_cost_yuan": 90000.0,
    "basic_insurance_yuan": 30000.0,
    "serious_illness_yuan": 5000.0,
    "medical_aid_yuan": 1000.0,
    "self_pay_yuan": 40000.0,
    "loss_yuan": 20000.0,
    "income_yuan": 6000.0,
    "household_count": 3,
    "affected_count": 4,
    "person_count": 9,
    "house_grade": "D",
    "residence_type": "农村",
    "employment_status": "未就业",
    "consequence": "重伤",
    "attendance_status": "辍学",
    "disability_level": 2,
    "response_level": 3,
    "risk_removed_date": date(2024, 3, 6),
    "relation_to_head": "户主",
    "meets_criteria": "yes",
    "disaster_id": "Z-2024-1",
    "monitored_type": "边缘易致贫户",
    "data_date": date(2024, 3, 1),
    "occurred_date": date(2024, 3, 4),
    "reported_date": date(2024, 3, 5),
}


def tidy_delivery(contract: Contract, rows: int = 3) -> pd.DataFrame:
    """A delivery whose rows are all accepted."""
    divisions = current_site().county_rows("divisions.csv")
    frame = pd.DataFrame(
        {column.name: [_value(column, index, divisions) for index in range(rows)] for column in contract.columns}
    )
    if contract.has_column("person_category"):
        choices = list(contract.column("person_category").choices)
        frame["person_category"] = [choices[index % len(choices)] for index in range(rows)]
    if contract.has_column("certificate_number"):
        frame["certificate_number"] = frame["id_number"] + "42"
    frame["is_accepted"] = True
    frame["row_key"] = [f"row-{index}" for index in range(rows)]
    frame["period"] = PERIODS[contract.period_kind] or "E-1"
    frame["sheet"] = "Sheet1"
    frame["row_number"] = range(4, 4 + rows)
    frame["waits_code"] = None
    return frame


def _value(column: Column, index: int, divisions: list[dict[str, str]]) -> Any:
    place = divisions[index * 7 % len(divisions)]
    by_kind: dict[str, Any] = {
        "town": place["town_name"],
        "towns": place["town_name"],
        "village": place["village_name"],
        "villages": place["village_name"],
        "amount": 1000.0,
        "area": 12.5,
        "count": 3,
        "year": 2024,
        "month": "2024-02",
        "date": date(2024, 3, 5),
        "flag": True,
        "level": 2,
        "name": f"张某{index}",
        "id_number": f"34182519800101{index:04d}",
        "household_id": f"H{index}",
    }
    if column.name in FITTING:
        return FITTING[column.name]
    if column.kind in ("choice", "choices") and column.choices:
        return next(iter(column.choices))
    return by_kind.get(column.kind, f"{column.label}{index}")


def with_rejected(batch: pd.DataFrame, rows: int) -> pd.DataFrame:
    """The batch with so many rejected rows behind it."""
    rejected = pd.DataFrame({"sheet": "Sheet1", "row_number": range(1000, 1000 + rows), "is_accepted": False})
    return pd.concat([batch, rejected], ignore_index=True).reindex(columns=batch.columns).astype({"is_accepted": bool})


def tidy_risk(warning_type: str, rows: int = 3) -> pd.DataFrame:
    """A risk table with nothing wrong."""
    divisions = current_site().county_rows("divisions.csv")
    feed = next(expected for expected in load_contracts() if expected.warning_type == warning_type)
    is_area = feed.subject == "area"
    qualifiers = {"illness": "2024", "employment_income": "2023", "low_income": "特困人员"}
    rows_made = [
        {
            "warning_id": f"W{index}",
            "warning_type": warning_type,
            "cause": feed.cause,
            "county_code": "341825",
            "town_code": divisions[index]["town_code"],
            "town_name": divisions[index]["town_name"],
            "village_code": divisions[index]["village_code"],
            "village_name": divisions[index]["village_name"],
            "household_id": None if is_area else f"H{index}",
            "subject": feed.subject,
            "subject_key": f"S{index}",
            "qualifier": qualifiers.get(warning_type, f"E{index}"),
            "identity": "matched",
            "identity_method": "number",
            "person_name": None if is_area else f"张某{index}",
            "id_number": None if is_area else f"34182519800101{index:04d}",
            "head_name": None if is_area else f"张某{index}",
            "registry_status": "脱贫户",
            "registry_date": date(2024, 3, 1),
            "occurred_on": date(2024, 3, 4),
            "first_signalled_on": date(2024, 3, 9),
            "last_signalled_on": date(2024, 3, 9),
            "last_received_at": pd.Timestamp(2024, 3, 9, 9, 30),
            "amount_yuan": {"industry": 20000.0, "illness": 40000.0, "petition": 5000.0}.get(warning_type),
            "evidence": "部门报送的情况属于规定的情形",
            "rule_id": "rule",
            "clause": feed.clause,
            "feeds": feed.feed,
            "signal_count": 1,
            "marks": "",
            "candidates": None,
        }
        for index in range(rows)
    ]
    return pd.DataFrame(rows_made, columns=list(RISK_COLUMNS))
