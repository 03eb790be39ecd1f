"""The tables: what happened, recorded once and never changed (``ledger``), and what ingest and screening compute (``raw``).

Every table of the ledger begins with the county it speaks of and ``entry_no``, the place of the entry in the order of recording
(ADR 0010). ``raw`` and below is computed from the archive and the ledger and can be deleted and rebuilt.
"""

from __future__ import annotations

from include.contracts.tables import RISK_COLUMNS

COUNTY: dict[str, str] = {"county_code": "varchar not null"}
RECORDED: dict[str, str] = {**COUNTY, "entry_no": "bigint not null"}
"""Whose entry it is, and its place in the order in which this table was written, whatever the clock said."""

LISTING_COLUMNS: dict[str, str] = {
    "dispatch_id": "varchar", "listing_kind": "varchar", "issued_in": "varchar", "issued_at": "timestamp",
}  # fmt: skip
"""How a dispatch lists a warning: ``issued`` by it, for the first time or again; ``issued_at_once`` since the month before;
``continuing``, open and with a new row; or ``monitoring`` (动态监测): answered, and nothing new that is worth another visit. All
but the first were issued by the dispatch ``issued_in``. ``found``: no line of its papers, but a household that a town found in
need at an area event of the dispatch, a warning of its own from that day on."""

IS_OF_DISPATCH = "(listing_kind in ('issued', 'issued_at_once'))"
"""Which lines of a dispatch are its own: those it issues, and those issued at once since the month before."""

SIGNAL_COLUMNS: dict[str, str] = {"dispatch_id": "varchar", "warning_id": "varchar", "row_id": "varchar"}
"""Which rows a listed warning rested on when it was issued."""

PROPOSAL_NUMBER: dict[str, str] = {"proposal_no": "integer"}
"""Counts per dispatch how often it was frozen; what is frozen stays, and only the newest can be approved. ``instead_of`` in
``proposals``: the number from whose lines this one was frozen, when the bureau had held some back or released them."""

ISSUE_COLUMNS: dict[str, str] = {
    "county_code": "varchar", "delivery_id": "varchar", "feed": "varchar", "sheet": "varchar", "row_number": "integer",
    "column_name": "varchar", "column_label": "varchar", "level": "varchar", "reason_code": "varchar", "reason": "varchar",
    "proposals": "varchar",
}  # fmt: skip

_RECORDED_IN_LEDGER: dict[str, dict[str, str]] = {
    "deliveries": {
        "delivery_id": "varchar", "file_name": "varchar", "department": "varchar", "sha256": "varchar",
        "bytes": "bigint", "received_at": "timestamp", "modified_at": "timestamp", "feed": "varchar", "period": "varchar",
        "origin": "varchar",
    },
    "announcements": {"delivery_id": "varchar", "announced_at": "timestamp"},
    "outcomes": {
        "delivery_id": "varchar", "feed": "varchar", "period": "varchar", "status": "varchar",
        "reason_code": "varchar", "reason": "varchar", "row_count": "integer", "accepted_count": "integer",
        "rejected_count": "integer", "duplicate_count": "integer", "decided_at": "timestamp",
    },
    "decisions": {
        "decided_at": "timestamp", "delivery_id": "varchar", "sheet": "varchar", "row_number": "integer",
        "column_name": "varchar", "reason_code": "varchar", "decision": "varchar", "value": "varchar",
        "decided_by": "varchar", "source_delivery_id": "varchar",
    },
    "dispatches": {
        "dispatch_id": "varchar", "kind": "varchar", "cutoff_at": "timestamp", "registry_date": "date",
        "approved_by": "varchar", "approved_at": "timestamp", "issued_at": "timestamp",
        "proposal_no": "integer", "digest": "varchar", "rule_of_issue": "varchar",
    },
    "approvals": {
        "dispatch_id": "varchar", "proposal_no": "integer", "digest": "varchar", "decision": "varchar", "reason": "varchar",
        "answered_by": "varchar", "answered_at": "timestamp", "recorded_at": "timestamp",
    },
    "held_back": {
        "dispatch_id": "varchar", "proposal_no": "integer", "feed": "varchar", "warning_count": "integer",
        "hourly_limit": "integer", "held_at": "timestamp",
    },
    "screenings": {
        "cutoff_at": "timestamp", "registry_date": "date", "outcome_count": "integer", "screened_at": "timestamp",
    },
    "proposals": {
        "dispatch_id": "varchar", "kind": "varchar", "cutoff_at": "timestamp", "registry_date": "date",
        "proposed_at": "timestamp", **PROPOSAL_NUMBER, "digest": "varchar", "warning_count": "integer",
        "signal_count": "integer", "asked": "varchar", "instead_of": "integer",
    },
    "proposed_warnings": {**LISTING_COLUMNS, **PROPOSAL_NUMBER, **RISK_COLUMNS},
    "proposed_signals": {**SIGNAL_COLUMNS, **PROPOSAL_NUMBER},
    "dispatched_warnings": {**LISTING_COLUMNS, **RISK_COLUMNS},
    "dispatched_signals": SIGNAL_COLUMNS,
    "written_reports": {"dispatch_id": "varchar", "file_count": "integer", "written_at": "timestamp"},
    "events": {
        "warning_id": "varchar", "event": "varchar", "happened_at": "timestamp", "done_by": "varchar", "source": "varchar",
        "dispatch_id": "varchar", "reason": "varchar",
    },
    "reminders": {
        "clock": "varchar", "owner": "varchar", "feed": "varchar", "period": "varchar", "step": "integer",
        "recipient": "varchar", "channel": "varchar", "is_sent": "boolean", "sent_at": "timestamp",
        "letter_number": "varchar", "file_name": "varchar",
    },
    "exports": {
        "exported_at": "timestamp", "what": "varchar", "dispatch_id": "varchar", "is_masked": "boolean", "row_count": "integer",
        "exported_by": "varchar", "delivery_id": "varchar",
    },
    "registry_lists": {
        "list_number": "varchar", "department": "varchar", "registry_date": "date", "columns": "varchar",
        "row_count": "integer", "sha256": "varchar", "file_name": "varchar", "handed_at": "timestamp", "handed_by": "varchar",
    },
    "outcome_reports": {
        "report_number": "varchar", "department": "varchar", "dispatch_id": "varchar", "row_count": "integer",
        "sha256": "varchar", "file_name": "varchar", "outcome_count": "integer", "event_count": "integer",
        "written_at": "timestamp",
    },
    "told_outcomes": {"report_number": "varchar", "department": "varchar", "warning_id": "varchar", "state": "varchar"},
    "migrations": {"version": "integer", "name": "varchar", "applied_at": "timestamp"},
}  # fmt: skip
LEDGER_TABLES: dict[str, dict[str, str]] = {
    f"ledger.{name}": {**RECORDED, **columns, **RECORDED} for name, columns in _RECORDED_IN_LEDGER.items()
}
"""``events`` is what happened to a warning; the state of each is computed from it (``int_warning_states``). The bureau's own
say of which dispatch (``held``, ``released``) and why."""
KEYS: dict[str, tuple[str, ...]] = {
    "ledger.deliveries": ("county_code", "delivery_id"),
    "ledger.outcomes": ("county_code", "delivery_id"),
    "ledger.dispatches": ("county_code", "dispatch_id"),
    "ledger.migrations": ("county_code", "version"),
}

RAW_TABLES: dict[str, dict[str, str]] = {
    "raw.row_issues": ISSUE_COLUMNS,
    "raw.skipped_rows": {
        "county_code": "varchar", "delivery_id": "varchar", "sheet": "varchar", "row_number": "integer", "kind": "varchar",
        "note": "varchar",
    },
    "raw.left_out_people": {
        "county_code": "varchar", "delivery_id": "varchar", "sheet": "varchar", "row_number": "integer", "digits": "varchar",
        "is_whole": "boolean", "words": "varchar[]",
    },
    "raw.left_out_files": {"county_code": "varchar", "delivery_id": "varchar", "is_readable": "boolean"},
    "raw.county_divisions": {
        "village_code": "varchar", "village_name": "varchar", "town_code": "varchar", "town_name": "varchar",
        "county_code": "varchar", "county_name": "varchar", "valid_from": "varchar", "valid_to": "varchar",
    },
    "raw.due_dates": {"county_code": "varchar", "feed": "varchar", "period": "varchar", "due_on": "date"},
    "raw.cutoff": {"county_code": "varchar", "cutoff_at": "timestamp"},
    "raw.county_settings": {"county_code": "varchar", "reopen_share": "decimal(9,4)", "reopen_months": "integer"},
    "raw.builds": {"county_code": "varchar", "basis": "varchar", "outcome_count": "integer", "built_at": "timestamp"},
    "raw.county_income_line": {
        "county_code": "varchar", "valid_from": "date", "valid_to": "date", "yuan": "decimal(18,2)", "note": "varchar",
    },
}  # fmt: skip
FIXED_TABLES = {**LEDGER_TABLES, **RAW_TABLES}
