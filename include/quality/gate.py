"""The gate: Great Expectations judges a delivery, a risk table or the findings as a whole and keeps the record for auditors.

A critical failure means nothing of a delivery is published (or that dispatch stops); a warning is published and reported.
Messages hold counts, never a cell.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from include.contracts import Contract, load_contracts
from include.contracts.tables import RISK_COLUMNS
from include.quality import context as quality
from include.quality.docs import TOGETHER, missing_pages, observed
from include.quality.engine import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
    FailureSeverity,
    FileDataContext,
    RunIdentifier,
    ValidationResultIdentifier,
)
from include.quality.gx_patches import remembered_configurations
from include.quality.parameters import SOME_ROWS, delivery_parameters, period_days, received_on, risk_parameters
from include.quality.suites import OTHER_FINDINGS, Suite, delivery_suite, findings_suite, load_suites, risk_suite
from include.site import Site, as_utc
from include.storage.ledger import Volume

NUMBERS = frozenset({"DECIMAL(18,2)", "INTEGER", "decimal(18,2)", "integer"})
DAYS = frozenset({"DATE", "TIMESTAMP", "date", "timestamp"})
FLAGS = frozenset({"BOOLEAN"})
KEY = "KEY"
"""Of the row keys only which rows share one is judged: Great Expectations is given numbers for them, not people's."""
YES_NO = {True: "是", False: "否"}
EARLIER_PERIODS = 6
FILLED = "expect_column_values_to_not_be_null"


@dataclass(frozen=True)
class GateResult:
    """The verdict. ``success`` is False exactly when a critical expectation failed; messages are Chinese sentences."""

    success: bool
    critical: tuple[str, ...]
    warnings: tuple[str, ...]
    evaluated: int


def gate_delivery(
    site: Site, contract: Contract, batch: pd.DataFrame, *, delivery_id: str, period: str, volumes: Sequence[Volume] = ()
) -> GateResult:
    """Judge one delivery; how many rows are usual is told by the ``volumes`` of those published before it.

    ``batch`` has every row of it: the contract's columns, ``is_accepted``, ``row_key``, ``period``, ``sheet``,
    ``row_number`` and ``waits_code``; rejected rows have ``is_accepted`` False and nothing in the contract's columns.
    ``period`` is the delivery's, empty for event feeds.
    """
    frame, parameters = _delivery_frame(site, contract, batch, delivery_id, period, len(batch), volumes)
    run_name = _file_name(f"{period}_{delivery_id}" if period else delivery_id)
    return _check(site, delivery_suite(contract.feed), frame, parameters, run_name)


def gate_together(site: Site, contract: Contract, batches: Mapping[str, pd.DataFrame]) -> dict[str, GateResult]:
    """Judge deliveries of one event feed (by id) in one look where that says the same of each; the others are left out.

    So it is when they have so few rows that shares of them mean nothing, came on the same day with the same columns empty, and
    nothing is unexpected but that a column nobody has to fill is empty in all of them. One record then stands for all of these;
    its page lists them.
    """
    alike: dict[tuple[Any, ...], list[str]] = {}
    for delivery_id, batch in sorted(batches.items()):
        if not 0 < len(batch) < SOME_ROWS or not batch["is_accepted"].all():
            continue
        empty = tuple(batch.columns[batch.isna().all()])
        alike.setdefault((received_on(delivery_id, site), empty), []).append(delivery_id)
    results: dict[str, GateResult] = {}
    groups = list(alike.values())
    while groups:
        ids = groups.pop()
        if len(ids) < 2:
            continue
        found = _gate_alike(site, contract, {delivery_id: batches[delivery_id] for delivery_id in ids})
        results |= found
        if not found:  # it may lie with one of them, or with their number
            groups += [ids[: len(ids) // 2], ids[len(ids) // 2 :]]
    return results


def _gate_alike(site: Site, contract: Contract, batches: Mapping[str, pd.DataFrame]) -> dict[str, GateResult]:
    suite, ids = delivery_suite(contract.feed), list(batches)
    placed = {name: rows.assign(sheet=[f"{name}/{sheet}" for sheet in rows["sheet"]]) for name, rows in batches.items()}
    batch = pd.concat(placed.values(), ignore_index=True)
    frame, parameters = _delivery_frame(site, contract, batch, ids[0], "", max(map(len, batches.values())))
    run_name = _file_name(f"{ids[0]}等{len(ids)}批")
    context, key, result = _run(site, suite, frame, parameters, run_name)
    if not all(_is_met(item) or _is_empty_everywhere(item, len(batch)) for item in result.results):
        context.stores[context.validation_results_store_name].remove_key(key)
        return {}
    cast(dict[str, Any], result.meta)[TOGETHER] = ids
    context.stores[context.validation_results_store_name].set(key, result)
    context.build_data_docs(site_names=[quality.SITE], resource_identifiers=[key], build_index=False)
    verdicts = {rows: _verdict(result, suite, rows) for rows in set(map(len, batches.values()))}
    return {delivery_id: verdicts[len(mine)] for delivery_id, mine in batches.items()}


def _is_met(item: ExpectationValidationResult) -> bool:
    return bool(item.success) and not item.result.get("unexpected_count")


def _is_empty_everywhere(item: ExpectationValidationResult, row_count: int) -> bool:
    """Whether an uncritical expectation of a filled column found not one of the rows to have it filled."""
    expected = item.expectation_config
    is_mild = expected is not None and expected.type == FILLED and expected.severity != FailureSeverity.CRITICAL
    return is_mild and item.result.get("unexpected_count") == row_count


def _delivery_frame(
    site: Site, contract: Contract, batch: pd.DataFrame, delivery_id: str, period: str, rows: int, volumes: Sequence[Volume] = ()
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The batch as Great Expectations takes it, and the suite's parameters for a delivery of so many ``rows``."""
    suite = delivery_suite(contract.feed)
    types = {column.name: column.sql_type for column in contract.columns}
    types |= {"is_accepted": "BOOLEAN", "row_number": "INTEGER", "row_key": KEY}
    parameters = delivery_parameters(
        contract,
        site=site,
        delivery_id=delivery_id,
        period=period,
        rows=rows,
        usual=_usual_rows(period, volumes),
    )
    looked_at = {name for item in suite.expectations for name in item.columns}
    looked_at |= {name for _, sources in suite.derived.values() for name in sources}
    frame = _plain(batch[[name for name in batch.columns if name in looked_at]], types)
    for name in batch.columns.difference(frame.columns):
        frame[name] = False  # nobody judges its values, only that it is there; the narrowest is the quickest to filter
    return _derive(frame, suite), parameters


def gate_risk(site: Site, warning_type: str, batch: pd.DataFrame, *, run_name: str) -> GateResult:
    """Judge the table ``risk_<warning_type>``; an empty one passes."""
    suite = risk_suite(warning_type)
    frame = _plain(batch, RISK_COLUMNS)
    if "qualifier" in frame:
        frame["qualifier"] = frame["qualifier"].astype(object).fillna("")
    return _check(site, suite, frame, risk_parameters(warning_type, site=site), _file_name(run_name))


def record_findings(site: Site, counts: pd.DataFrame, *, run_name: str) -> GateResult:
    """Put the number of findings of each kind into Data Docs; whatever the result, it stops nothing.

    ``counts``: ``feed``, ``finding_code`` and ``finding_count``, from ``report_findings``. Great Expectations sees one row per
    feed and one column per kind: no row of a delivery, nobody's data.
    """
    suite = findings_suite()
    kinds = [item.key for item in suite.expectations]
    feeds = list(dict.fromkeys([*(expected.feed for expected in load_contracts()), *sorted(set(counts["feed"].dropna()))]))
    code = counts["finding_code"].where(counts["finding_code"].isin(kinds), OTHER_FINDINGS)
    table = counts.pivot_table("finding_count", "feed", code, aggfunc="sum")
    frame = table.reindex(index=feeds, columns=kinds).fillna(0).astype("float64").rename_axis(quality.FEED).reset_index()
    return _check(site, suite, frame, {}, _file_name(run_name))


def build_docs(site: Site) -> Path:
    """Bring the Data Docs site up to date (pages that are missing, and the index); returns its first page."""
    context = quality.open_context(site, load_suites())
    pages = quality.pages_folder(site)
    with quality.locked(site):
        results = context.stores[context.validation_results_store_name].list_keys()
        missing = missing_pages(results, pages)
        context.build_data_docs(site_names=[quality.SITE], resource_identifiers=missing, build_index=True)
    return pages / "index.html"


def _run(
    site: Site, suite: Suite, frame: pd.DataFrame, parameters: dict[str, Any], run_name: str
) -> tuple[FileDataContext, ValidationResultIdentifier, ExpectationSuiteValidationResult]:
    context = quality.open_context(site, [suite])
    checkpoint = context.checkpoints.get(quality.checkpoint_name(suite))
    with remembered_configurations():
        checked = checkpoint.run(
            batch_parameters={"dataframe": frame},
            expectation_parameters={name: value for name, value in parameters.items() if name in suite.parameters},
            run_id=RunIdentifier(run_name=run_name, run_time=as_utc(site.now())),
        )
    ((key, result),) = checked.run_results.items()
    return context, key, result


def _check(site: Site, suite: Suite, frame: pd.DataFrame, parameters: dict[str, Any], run_name: str) -> GateResult:
    context, key, result = _run(site, suite, frame, parameters, run_name)
    context.build_data_docs(site_names=[quality.SITE], resource_identifiers=[key], build_index=False)
    return _verdict(result, suite)


def _verdict(result: ExpectationSuiteValidationResult, suite: Suite, rows: int | None = None) -> GateResult:
    """The result in words; of a look at several alike, for the one with so many ``rows``."""
    failed: dict[str, list[str]] = {"critical": [], "warning": [], "info": []}
    for item in result.to_json_dict()["results"]:
        if not item["success"]:
            configuration = item["expectation_config"]
            if rows is not None:
                item["result"] |= {"element_count": rows, "unexpected_count": rows}
            failed[configuration["severity"]].append(f"{configuration['description']}：{observed(item, suite.labels)}")
    return GateResult(
        success=not failed["critical"],
        critical=tuple(failed["critical"]),
        warnings=tuple(failed["warning"]),
        evaluated=len(result.results),
    )


def _plain(batch: pd.DataFrame, types: dict[str, str]) -> pd.DataFrame:
    """The batch in types Great Expectations compares quickly: float64, datetime64[ns], 是/否, text; missing is null."""
    made: dict[str, pd.Series] = {}
    for name in batch.columns:
        column, kind = batch[name], types.get(str(name), "VARCHAR")
        if kind in NUMBERS:
            made[name] = _figures(column)
        elif kind in DAYS:
            made[name] = _days(column)
        elif kind in FLAGS and column.dtype == bool:
            flags = pd.Categorical.from_codes(column.to_numpy(bool).view(np.int8), pd.Index([YES_NO[False], YES_NO[True]]))
            made[name] = pd.Series(flags, column.index)
        elif kind in FLAGS:
            made[name] = column.astype(object).map(YES_NO)
        elif kind == KEY:
            codes = pd.factorize(column)[0]
            made[name] = pd.Series(np.where(codes < 0, np.nan, codes), column.index)
        else:
            made[name] = _texts(column)
    return pd.DataFrame(made, index=batch.index)


def _arrow(column: pd.Series) -> pa.Array:
    stored = pa.array(column.array)
    return stored.combine_chunks() if isinstance(stored, pa.ChunkedArray) else stored


def _days(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.ArrowDtype) and pa.types.is_date32(column.dtype.pyarrow_dtype):
        return pd.Series(_arrow(column).cast(pa.timestamp("ns")).to_numpy(zero_copy_only=False), column.index)
    return pd.to_datetime(column.astype(object), errors="coerce").astype("datetime64[ns]")


def _figures(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.ArrowDtype) and pa.types.is_decimal128(column.dtype.pyarrow_dtype):
        figures = _arrow(column).cast(pa.float64()).to_numpy(zero_copy_only=False)
        return pd.Series(np.round(figures, column.dtype.pyarrow_dtype.scale), column.index)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        return column.astype("float64")
    if isinstance(column.dtype, pd.Int32Dtype):
        return pd.Series(column.to_numpy("float64", na_value=np.nan), column.index)
    return pd.to_numeric(column.astype(object), errors="coerce").astype("float64")


def _texts(column: pd.Series) -> pd.Series:
    """Text as categories: half a million rows name seventy villages, and numbers are quicker to filter than objects."""
    if not isinstance(column.dtype, pd.StringDtype | pd.ArrowDtype):
        return column.astype(object).where(column.notna(), None)
    coded = _arrow(column).dictionary_encode()
    known = pd.Index(coded.dictionary.to_pylist(), dtype=object)
    codes = coded.indices.fill_null(-1).to_numpy()
    return pd.Series(pd.Categorical.from_codes(codes, known, validate=False), column.index)


def _derive(frame: pd.DataFrame, suite: Suite) -> pd.DataFrame:
    """The columns a suite computes from others; left out when one of those is missing."""
    for name, (operation, sources) in suite.derived.items():
        if not set(sources) <= set(frame.columns):
            continue
        if operation == "sum":
            frame[name] = frame[list(sources)].sum(axis=1, min_count=1).round(2)  # 分: 0.1 + 0.2 is not more than 0.3
        elif operation == "days":
            frame[name] = (frame[sources[1]] - frame[sources[0]]).dt.days.astype("float64")
        else:
            pairs = zip(*(frame[source].astype(object).where(frame[source].notna(), None) for source in sources), strict=True)
            frame[name] = [None if not (whole and start) else YES_NO[whole.startswith(start)] for whole, start in pairs]
    return frame


def _usual_rows(period: str, volumes: Sequence[Volume]) -> tuple[int, int] | None:
    """A third to three times the median of up to six earlier periods; None for fewer than two or for a supplement."""
    if not period_days(period) or any(volume.period == period for volume in volumes):
        return None
    largest: dict[str, int] = {}
    for volume in volumes:
        if period_days(volume.period) and _order(volume.period) < _order(period):
            largest[volume.period] = max(volume.row_count, largest.get(volume.period, 0))
    counts = [largest[earlier] for earlier in sorted(largest, key=_order)[-EARLIER_PERIODS:] if largest[earlier]]
    if len(counts) < 2:
        return None
    middle = statistics.median(counts)
    return int(middle // 3), int(-(-middle * 3 // 1))


def _order(period: str) -> str:
    """Text that sorts periods of one feed by time: spring comes before autumn."""
    return period.replace("spring", "1").replace("autumn", "2")


def _file_name(text: str) -> str:
    """A run's name as a folder name on any file system."""
    return re.sub(r'[\s/\\:*?"<>|]+', "-", text).strip("-.") or "未命名"
