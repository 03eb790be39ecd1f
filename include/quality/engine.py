"""The one place that imports Great Expectations, so that it comes quickly and silently.

It loads charts and statistics for expectations we do not use: a third of its import, which every ingest process pays
(measured: 7.3 s of processor time with them, 4.8 s without). They are left to be loaded when something asks for them.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"


class _Later(ModuleType):
    """Stands for a module until somebody wants something of it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


_STANDING_IN = [name for name in ("altair", "scipy.stats") if name not in sys.modules]
for _name in _STANDING_IN:
    sys.modules[_name] = _Later(_name)
try:
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
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity
    from great_expectations.expectations.row_conditions import AndCondition, Column, Condition
    from great_expectations.render.renderer.site_builder import DefaultSiteIndexBuilder, DefaultSiteSectionBuilder, SiteBuilder
finally:
    for _name in _STANDING_IN:
        if isinstance(sys.modules.get(_name), _Later):
            del sys.modules[_name]


@contextmanager
def remembered_configurations() -> Iterator[None]:
    """While a check runs, an expectation's configuration is made once and not over a thousand times: 40 % of a small check.

    Great Expectations makes it anew from the expectation's fields whenever it wants one of them; nothing changes them meanwhile.
    """
    made: dict[int, tuple[Expectation, ExpectationConfiguration]] = {}
    kind: Any = Expectation
    original = kind.configuration

    def remembered(self: Expectation) -> ExpectationConfiguration:
        if id(self) not in made:
            made[id(self)] = (self, original.fget(self))  # kept with it, or its number could become another's
        return made[id(self)][1]

    kind.configuration = property(remembered)
    try:
        yield
    finally:
        kind.configuration = original


gc.freeze()  # its two hundred thousand objects stay; the collector need not go through them again and again

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
    "remembered_configurations",
    "validation_results_store",
]
