"""Validation results on disk without anybody's data: counts and verdicts only.

The result format asks Great Expectations for no values; this store makes sure of it, and drops the traces of failed
checks, whose texts may quote a cell or a path of this machine.
"""

from __future__ import annotations

from typing import Any

from include.quality.engine import ExpectationSuiteValidationResult, validation_results_store

COUNTS = ("element_count", "unexpected_count", "unexpected_percent", "missing_count", "missing_percent")
COUNTED = tuple(
    f"expect_{kind}" for kind in ("table_row_count", "table_column", "column_unique_value_count", "column_proportion_of_unique")
)
"""Expectations whose observed value is a count, a share or column names, never a cell."""


def without_values(result: dict[str, Any]) -> dict[str, Any]:
    """One expectation's result, as JSON, with nothing left that a cell held."""
    allowed: tuple[str, ...] = COUNTS
    if result["expectation_config"]["type"].startswith(COUNTED):
        allowed = (*COUNTS, "observed_value", "details")
    if result["expectation_config"]["meta"].get("counts_findings"):
        allowed = (*COUNTS, "unexpected_index_list")  # feeds and numbers of findings
    kept = {name: value for name, value in result["result"].items() if name in allowed}
    failure = {"raised_exception": has_failed_to_run(result), "exception_traceback": None, "exception_message": None}
    return result | {"result": kept, "exception_info": failure}


def has_failed_to_run(result: dict[str, Any]) -> bool:
    """True when the expectation could not be evaluated at all (its column is missing or of another type)."""
    raised = result["exception_info"]
    return bool(raised.get("raised_exception", raised))


class ValidationResultsStore(validation_results_store.ValidationResultsStore):
    """The file store of validation results, writing ``without_values``.

    It keeps the name of its parent: Great Expectations takes a store of another name for missing and adds its own.
    """

    def serialize(self, value: ExpectationSuiteValidationResult) -> str:
        document = value.to_json_dict()
        document["results"] = [without_values(result) for result in document["results"]]
        return str(self._expectationSuiteValidationResultSchema.dumps(document, indent=1, sort_keys=True, ensure_ascii=False))
