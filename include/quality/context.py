"""The file context of Great Expectations under ``FANGPIN_HOME/quality``: written once, opened by many processes.

Whatever changes shared files happens under one file lock; a check itself writes only files of its own. No telemetry, no
progress bars, no network.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from include.quality.engine import ExpectationSuiteIdentifier, FileDataContext, gx
from include.quality.suites import EXPECTATIONS, FINDING_KINDS, Suite, load_suites
from include.site import PROJECT, Site

SITE = "quality"
BATCH = "整份"
DECLARED = ("suites", "validation_definitions", "checkpoints")
SOURCES = frozenset({".yaml", ".py", ".html", ".css"})
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}
FEED = "feed"
FINDINGS_FORMAT = RESULT_FORMAT | {"result_format": "COMPLETE", "unexpected_index_column_names": [FEED]}
"""Findings are judged as counts by feed, so the rows that fail may be named: a feed and how many."""


def folder(site: Site) -> Path:
    """Where the context keeps suites, checkpoints and results."""
    return site.home / "quality"


def pages_folder(site: Site) -> Path:
    """Where the Data Docs site is."""
    return site.docs / "quality"


@contextmanager
def locked(site: Site) -> Iterator[None]:
    """Alone among processes while files that others read are changed."""
    folder(site).mkdir(parents=True, exist_ok=True)
    with (folder(site) / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Changes when suites, contracts, kinds of findings, the pages or Great Expectations change."""
    digest = hashlib.sha256(gx.__version__.encode() + FINDING_KINDS.read_bytes())
    sources = [EXPECTATIONS, PROJECT / "include" / "contracts", PROJECT / "include" / "quality"]
    for path in sorted(path for source in sources for path in source.rglob("*") if path.suffix in SOURCES):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def open_context(site: Site, suites: Iterable[Suite]) -> FileDataContext:
    """The context, with these suites and their checkpoints registered as the files of this version say."""
    context = _open(site.home)
    wanted = list(suites)
    if not all(_is_registered(site, suite) for suite in wanted):
        with locked(site):
            missing = [suite for suite in wanted if not _is_registered(site, suite)]
            for suite in missing:
                _register(context, suite)
            keys = [ExpectationSuiteIdentifier(name=suite.name) for suite in missing]
            context.build_data_docs(site_names=[SITE], resource_identifiers=keys, build_index=False)
    return context


@lru_cache(maxsize=1)
def _open(home: Path) -> FileDataContext:
    """One context a process and home.

    When the version changed, what is declared is declared anew and the pages are left to be written again; results stay.
    """
    site = Site(home)
    with locked(site):
        path, version = folder(site) / "great_expectations.yml", f"# {fingerprint()} {site.county.name} {site.county.notice}\n"
        if not path.exists() or not path.read_text("utf-8").startswith(version):
            for old in (
                *(folder(site) / name for name in DECLARED),
                pages_folder(site) / "expectations",
                pages_folder(site) / "validations",
            ):
                shutil.rmtree(old, ignore_errors=True)
            path.write_text(version + _configuration(site), "utf-8")
        return gx.get_context(mode="file", context_root_dir=folder(site))


def _is_registered(site: Site, suite: Suite) -> bool:
    """Whether all of a suite is declared: its checkpoint is declared last."""
    return (folder(site) / DECLARED[2] / f"{checkpoint_name(suite)}.json").exists()


def _configuration(site: Site) -> str:
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
            "view": view,
        }

    county = site.county
    view = {"class_name": "PageView", "module_name": "include.quality.docs", "county": county.name, "notice": county.notice}

    def identity(*name: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("fangpin", *name))))

    sources: dict[str, dict[str, Any]] = {}
    for suite in load_suites():
        name = suite.name
        batch = {BATCH: {"id": identity(name, BATCH)}}
        asset = {"type": "dataframe", "id": identity(name, "asset"), "batch_definitions": batch}
        source = sources.setdefault(suite.kind, {"type": "pandas", "id": identity(suite.kind), "assets": {}})
        source["assets"][_asset_name(suite)] = asset
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
            "expectations_store": store("ExpectationsStore", DECLARED[0]),
            "validation_results_store": store("ValidationResultsStore", "results", module_name="include.quality.store"),
            "checkpoint_store": store("CheckpointStore", DECLARED[2]),
            "validation_definition_store": store("ValidationDefinitionStore", DECLARED[1]),
        },
        "data_docs_sites": {
            SITE: {
                "class_name": "QualitySite",
                "module_name": "include.quality.docs",
                "show_how_to_buttons": False,
                "store_backend": {
                    "class_name": "TupleFilesystemStoreBackend",
                    "base_directory": f"{os.path.relpath(pages_folder(site), folder(site))}/",
                },
                "site_index_builder": {
                    "class_name": "IndexBuilder",
                    "module_name": "include.quality.docs",
                    "renderer": {"class_name": "IndexPage", "module_name": "include.quality.docs"},
                    "view": view,
                },
                "site_section_builders": {
                    "expectations": section("expectations_store", "SuitePage"),
                    "validations": section("validation_results_store", "ResultPage"),
                    "profiling": "None",
                },
            }
        },
        "fluent_datasources": sources,
    }
    return str(yaml.dump(content, Dumper=DUMPER, allow_unicode=True, sort_keys=False))


def _register(context: FileDataContext, suite: Suite) -> None:
    names = dict(zip(DECLARED, (suite.name, f"核对_{suite.name}", checkpoint_name(suite)), strict=True))
    for kind, name in names.items():  # left by a process that was stopped half-way
        Path(context.root_directory, kind, f"{name}.json").unlink(missing_ok=True)
    source = context.data_sources.get(suite.kind)
    batch = source.get_asset(_asset_name(suite)).get_batch_definition(BATCH)
    stored = context.suites.add(suite.to_gx())
    definition = gx.ValidationDefinition(name=names["validation_definitions"], data=batch, suite=stored)
    definition = context.validation_definitions.add(definition)
    result_format = FINDINGS_FORMAT if suite.kind == "疑点" else RESULT_FORMAT
    context.checkpoints.add(
        gx.Checkpoint(name=names["checkpoints"], validation_definitions=[definition], result_format=result_format)
    )


def checkpoint_name(suite: Suite) -> str:
    """What the checkpoint that runs a suite is called."""
    return f"检查点_{suite.name}"


def _asset_name(suite: Suite) -> str:
    return suite.name.removeprefix(f"{suite.kind}_")
