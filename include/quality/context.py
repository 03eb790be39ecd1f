"""The file context of Great Expectations under ``FANGPIN_HOME/quality``: written once, opened by many processes.

Whatever changes shared files happens under one file lock; a check itself writes only files of its own. No telemetry, no
progress bars, no network.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import yaml

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.data_context import FileDataContext
from great_expectations.data_context.types.resource_identifiers import ExpectationSuiteIdentifier

from include.quality.suites import EXPECTATIONS, Suite, load_suites
from include.settings import PROJECT, Settings

SITE = "quality"
DATA_SOURCES = {"delivery": "投递", "risk": "预警"}
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


def folder(where: Settings) -> Path:
    """Where the context keeps suites, checkpoints and results."""
    return where.home / "quality"


def site(where: Settings) -> Path:
    """Where the Data Docs site is."""
    return where.docs / "quality"


@contextmanager
def locked(where: Settings) -> Iterator[None]:
    """Alone among processes while files that others read are changed."""
    folder(where).mkdir(parents=True, exist_ok=True)
    with (folder(where) / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def open_context(where: Settings) -> FileDataContext:
    """The context, with every suite and checkpoint registered as the files of this version say."""
    return _open(where.home, fingerprint())


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Changes when suites, contracts, the pages or Great Expectations change."""
    digest = hashlib.sha256(gx.__version__.encode())
    sources = [EXPECTATIONS, PROJECT / "include" / "contracts", PROJECT / "include" / "quality"]
    for path in sorted(path for source in sources for path in source.rglob("*") if path.suffix in {".yaml", ".py", ".html", ".css"}):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _open(home: Path, version: str) -> FileDataContext:
    where = Settings(home)
    with locked(where):
        mark = folder(where) / "registered.txt"
        if mark.exists() and mark.read_text("utf-8") == version:
            return _context(where)
        (folder(where) / "great_expectations.yml").write_text(_configuration(where), "utf-8")
        context = _context(where)
        for suite in load_suites():
            _register(context, suite)
        _drop_retired(context)
        context.build_data_docs(site_names=[SITE], resource_identifiers=suite_keys(), build_index=False)
        mark.write_text(version, "utf-8")
        return context


def _context(where: Settings) -> FileDataContext:
    return gx.get_context(mode="file", context_root_dir=folder(where))


def suite_keys() -> list[ExpectationSuiteIdentifier]:
    """What Data Docs know the suites by."""
    return [ExpectationSuiteIdentifier(name=suite.name) for suite in load_suites()]


def _configuration(where: Settings) -> str:
    """The context's own file. Stores are plain folders beside it; pages are ours (``include.quality.docs``)."""

    def store(class_name: str, base: str, **more: str) -> dict[str, object]:
        backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": f"{base}/", "suppress_store_backend_id": True}
        return {"class_name": class_name, **more, "store_backend": backend}

    def section(source: str, renderer: str) -> dict[str, object]:
        return {
            "class_name": "PageBuilder",
            "module_name": "include.quality.docs",
            "source_store_name": source,
            "renderer": {"class_name": renderer, "module_name": "include.quality.docs"},
            "view": {"class_name": "PageView", "module_name": "include.quality.docs"},
        }

    content = {
        "config_version": 4.0,
        "analytics_enabled": False,
        "progress_bars": {"globally": False},
        "plugins_directory": None,
        "config_variables_file_path": None,
        "expectations_store_name": "expectations_store",
        "validation_results_store_name": "validation_results_store",
        "checkpoint_store_name": "checkpoint_store",
        "stores": {
            "expectations_store": store("ExpectationsStore", "suites"),
            "validation_results_store": store("PrivateResultsStore", "results", module_name="include.quality.store"),
            "checkpoint_store": store("CheckpointStore", "checkpoints"),
            "validation_definition_store": store("ValidationDefinitionStore", "validation_definitions"),
        },
        "data_docs_sites": {
            SITE: {
                "class_name": "QualitySite",
                "module_name": "include.quality.docs",
                "show_how_to_buttons": False,
                "store_backend": {
                    "class_name": "TupleFilesystemStoreBackend",
                    "base_directory": f"{os.path.relpath(site(where), folder(where))}/",
                },
                "site_index_builder": {
                    "class_name": "IndexBuilder",
                    "module_name": "include.quality.docs",
                    "renderer": {"class_name": "IndexPage", "module_name": "include.quality.docs"},
                    "view": {"class_name": "PageView", "module_name": "include.quality.docs"},
                },
                "site_section_builders": {
                    "expectations": section("expectations_store", "SuitePage"),
                    "validations": section("validation_results_store", "ResultPage"),
                    "profiling": "None",
                },
            }
        },
        "fluent_datasources": {},
    }
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


def _register(context: FileDataContext, suite: Suite) -> None:
    stored = context.suites.add_or_update(suite.to_gx())
    definition = context.validation_definitions.add_or_update(
        gx.ValidationDefinition(name=f"核对_{suite.name}", data=_batch_definition(context, suite), suite=stored)
    )
    context.checkpoints.add_or_update(
        gx.Checkpoint(name=checkpoint_name(suite), validation_definitions=[definition], result_format=RESULT_FORMAT)
    )


def checkpoint_name(suite: Suite) -> str:
    return f"检查点_{suite.name}"


def _batch_definition(context: FileDataContext, suite: Suite) -> BatchDefinition:
    """Where a batch comes from: a data frame handed over by the caller, one asset a suite."""
    name = DATA_SOURCES["delivery" if suite.contract else "risk"]
    source = context.data_sources.add_or_update_pandas(name) if name not in context.data_sources.all() else context.data_sources.get(name)
    asset_name = suite.name.split("_", 1)[1]
    asset = source.get_asset(asset_name) if asset_name in source.get_asset_names() else source.add_dataframe_asset(asset_name)
    names = [definition.name for definition in asset.batch_definitions]
    return asset.get_batch_definition("整份") if "整份" in names else asset.add_batch_definition_whole_dataframe("整份")


def _drop_retired(context: FileDataContext) -> None:
    """Suites that no longer have a file; their results stay."""
    names = {suite.name for suite in load_suites()}
    for suite in list(context.suites.all()):
        if suite.name not in names:
            context.checkpoints.delete(f"检查点_{suite.name}")
            context.validation_definitions.delete(f"核对_{suite.name}")
            context.suites.delete(suite.name)
