"""The one place that imports Great Expectations, so that it comes quickly (``gx_patches``) and silently."""

from __future__ import annotations

import os

from include.quality.gx_patches import leave_to_stay, left_for_later

os.environ["GX_ANALYTICS_ENABLED"] = "false"

with left_for_later("altair", "scipy.stats"):
    import great_expectations as gx
    from great_expectations.core import ExpectationSuite
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context import FileDataContext
    from great_expectations.data_context.store import validation_results_store
    from great_expectations.data_context.store.html_site_store import SiteSectionIdentifier
    from great_expectations.data_context.types.resource_identifiers import ExpectationSuiteIdentifier, ValidationResultIdentifier
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity
    from great_expectations.expectations.row_conditions import AndCondition, Column, Condition
    from great_expectations.render.renderer.site_builder import DefaultSiteIndexBuilder, DefaultSiteSectionBuilder, SiteBuilder

leave_to_stay()

__all__ = [
    "AndCondition",
    "Column",
    "Condition",
    "DefaultSiteIndexBuilder",
    "DefaultSiteSectionBuilder",
    "ExpectationConfiguration",
    "ExpectationSuite",
    "ExpectationSuiteIdentifier",
    "ExpectationSuiteValidationResult",
    "ExpectationValidationResult",
    "FailureSeverity",
    "FileDataContext",
    "RunIdentifier",
    "SiteBuilder",
    "SiteSectionIdentifier",
    "ValidationResultIdentifier",
    "gx",
    "validation_results_store",
]
