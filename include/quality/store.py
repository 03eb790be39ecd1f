"""Validation results on disk without anybody's data: counts and verdicts only.

The result format asks Great Expectations for no values; this store makes sure of it, and drops the traces of failed
checks, whose texts may quote a cell or a path of this machine.
"""

from __future__ import annotations

from typing import Any

from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
from great_expectations.data_context.store.validation_results_store import ValidationResultsStore

KEPT = ("element_count", "unexpected_count", "unexpected_percent", "missing_count", "missing_percent", "observed_value", "details")
COUNTED = ("expect_table_row_count", "expect_table_column", "expect_column_unique_value_count", "expect_column_proportion_of_unique")
"""Expectations whose observed value is a count, a share or column names, never a cell."""


def without_values(result: dict[str, Any]) -> dict[str, Any]:
    """One expectation's result, as JSON, with nothing left that a cell held."""
    kept = {name: value for name, value in result["result"].items() if name in KEPT}
    if not result["expectation_config"]["type"].startswith(COUNTED):
        kept.pop("observed_value", None)
        kept.pop("details", None)
    return result | {"result": kept, "exception_info": {"raised_exception": has_failed_to_run(result), "exception_traceback": None, "exception_message": None}}


def has_failed_to_run(result: dict[str, Any]) -> bool:
    """True when the expectation could not be evaluated at all (its column is missing or of another type)."""
    raised = result["exception_info"]
    return bool(raised["raised_exception"] if "raised_exception" in raised else raised)


class PrivateResultsStore(ValidationResultsStore):
    """The file store of validation results, writing ``without_values``."""

    def serialize(self, value: ExpectationSuiteValidationResult) -> str:
        document = value.to_json_dict()
        document["results"] = [without_values(result) for result in document["results"]]
        return str(self._expectationSuiteValidationResultSchema.dumps(document, indent=1, sort_keys=True, ensure_ascii=False))
