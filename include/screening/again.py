"""A month screened again in memory, as it stood then and by other rules; the files it reads are open for reading only.

The models are the project's own, as dbt compiled them for the last whole screening: they run over views of the kept tables, so
that a table put in the place of one (the rules, the income line) changes all that follows from it and nothing that is kept.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from include.screening.screen import ScreeningError, run_dbt
from include.site import PROJECT, Site
from include.storage.warehouse import CATALOG, LEDGER, attach_beside, reading, warehouse_lock

KEPT, KEPT_LEDGER = "kept", "kept_ledger"
"""The home's two files as they are attached while a month is screened again."""
COMPILE = ("compile", "--no-introspect", "--no-populate-cache")


@dataclass(frozen=True)
class Model:
    """A model as dbt compiled it: ``schema.name``, whether it is a table or a view, its query, and what it reads."""

    name: str
    kind: str
    query: str
    reads: frozenset[str]


@dataclass(frozen=True)
class Month:
    """Which month, and up to when deliveries counted for it."""

    name: str
    cutoff_at: datetime


@contextmanager
def reading_home(site: Site) -> Iterator[duckdb.DuckDBPyConnection]:
    """The home's warehouse and ledger, to be read only, under their usual names; nobody else has them meanwhile.

    Raises ScreeningError when there are none.
    """
    if not (site.warehouse.exists() and site.ledger.exists()):
        raise ScreeningError("还没有筛查结果", remedy="请先运行 fangpin month")
    with warehouse_lock(site), reading(site, site.warehouse, CATALOG) as connection:
        attach_beside(connection, site, site.ledger, LEDGER)
        connection.execute(f"use {CATALOG}")
        yield connection


@dataclass
class Rerun:
    """A month under way again, in a connection that ``reading_home`` gave; ``target`` is the last model needed."""

    connection: duckdb.DuckDBPyConnection
    models: list[Model]
    month: Month
    _built: bool = field(default=False, init=False)

    @classmethod
    def of(cls, site: Site, connection: duckdb.DuckDBPyConnection, target: str, month: Month) -> Rerun:
        """The models up to ``target`` (``schema.name``) over the home as it stood for the month."""
        models = compiled_models(site, target)
        connection.execute(f"use memory; detach {CATALOG}; detach {LEDGER}")
        attach_beside(connection, site, site.warehouse, KEPT)
        attach_beside(connection, site, site.ledger, KEPT_LEDGER)
        rerun = cls(connection, models, month)
        rerun._show_kept()
        return rerun

    def build(self, changed: Mapping[str, str] | None = None) -> None:
        """Compute the models, all of them the first time; afterwards those that follow from ``changed``.

        ``changed``: tables of the home, as ``schema.name``, with the query that stands in their place.
        """
        changed = changed or {}
        for name, query in changed.items():
            self.connection.execute(f"create or replace view {CATALOG}.{name} as {query}")
        touched = set(changed)
        for model in self.models:
            if self._built and not model.reads & touched:
                continue
            touched.add(model.name)
            if model.kind == "table" or not self._built:  # a view follows by itself
                self.connection.execute(f"create or replace {model.kind} {CATALOG}.{model.name} as {model.query}")
        self._built = True

    def _show_kept(self) -> None:
        """Both catalogs anew, in memory: every table that no model makes is a view of the kept one, as it was then."""
        made = {model.name for model in self.models}
        self.connection.execute(f"attach ':memory:' as {CATALOG}; attach ':memory:' as {LEDGER}; use {CATALOG}")
        self.connection.execute(
            f"""create table memory.main.earlier_dispatches as
            select dispatch_id from {KEPT_LEDGER}.dispatches where entry_no <= coalesce((
                select max(entry_no) from {KEPT_LEDGER}.dispatches where kind = 'monthly' and dispatch_id < $month
            ), 0)""",
            {"month": self.month.name},
        )
        for catalog, kept in ((CATALOG, KEPT), (LEDGER, KEPT_LEDGER)):
            for schema, name, columns in self._tables(kept):
                self.connection.execute(f"create schema if not exists {catalog}.{schema}")
                if f"{schema}.{name}" not in made or catalog == LEDGER:
                    then = self._then(catalog, name, columns)
                    self.connection.execute(f"create view {catalog}.{schema}.{name} as from {kept}.{schema}.{name} {then}")
        for schema in {name.partition(".")[0] for name in made}:
            self.connection.execute(f"create schema if not exists {CATALOG}.{schema}")
        moment = f"timestamp '{self.month.cutoff_at.isoformat(sep=' ')}'"
        self.connection.execute(
            f"create or replace view {CATALOG}.raw.cutoff as select * replace ({moment} as cutoff_at) from {KEPT}.raw.cutoff"
        )

    def _then(self, catalog: str, name: str, columns: Collection[str]) -> str:
        """Which rows of a kept table there were before the month issued anything, at once or together."""
        cutoff = f"timestamp '{self.month.cutoff_at.isoformat(sep=' ')}'"
        if catalog == CATALOG:
            return f"where received_at <= {cutoff}" if "received_at" in columns else ""
        if name == "events":
            return f"""as events where happened_at <= {cutoff} and not exists (
                select 1 from {KEPT_LEDGER}.events as issued
                where issued.warning_id = events.warning_id and issued.event = 'issued' and issued.entry_no <= events.entry_no
                    and issued.source not in (select dispatch_id from memory.main.earlier_dispatches)
            )"""
        if "dispatch_id" in columns and name.startswith("dispatche"):
            return "where dispatch_id in (select dispatch_id from memory.main.earlier_dispatches)"
        return ""

    def _tables(self, catalog: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(
            """select schema_name, table_name, list(column_name) from duckdb_columns()
            inner join duckdb_tables() using (database_name, schema_name, table_name)
            where database_name = ? group by all""",
            [catalog],
        ).fetchall()


def compiled_models(site: Site, target: str) -> list[Model]:
    """The models up to ``target``, each after those it reads. dbt compiles them first if what it left is not of this release.

    Raises ScreeningError when dbt cannot.
    """
    manifest = _manifest(site)
    if manifest is None or not _is_current(manifest):
        run_dbt(*COMPILE, site=site)
        manifest = _manifest(site) or {}
    nodes = {**manifest.get("nodes", {}), **manifest.get("sources", {})}
    names = {key: f"{node['schema']}.{node.get('alias') or node['identifier']}" for key, node in nodes.items()}
    found: dict[str, Model] = {}

    def add(key: str) -> None:
        node = nodes[key]
        if node["resource_type"] != "model" or names[key] in found:
            return
        below = [other for other in node["depends_on"]["nodes"] if other in nodes]
        for other in below:
            add(other)
        kind, reads = node["config"]["materialized"], frozenset(names[other] for other in below)
        found[names[key]] = Model(names[key], kind, node["compiled_code"], reads)

    for key in (key for key, name in names.items() if name == target and nodes[key]["resource_type"] == "model"):
        add(key)
    return list(found.values())


def _manifest(site: Site) -> dict[str, Any] | None:
    path = site.dbt / "target" / "manifest.json"
    found = json.loads(path.read_text("utf-8")) if path.exists() else None
    return found if isinstance(found, dict) else None


def _is_current(manifest: Mapping[str, Any]) -> bool:
    """Whether dbt's record holds every model and macro as the project's files have them, and compiled."""
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    macros = [macro for macro in manifest["macros"].values() if _is_ours(macro)]
    if not all(node.get("compiled_code") for node in models):
        return False
    texts = {path: path.read_text("utf-8") for path in (PROJECT / "dbt_project").rglob("*.sql")}
    said = [(node["original_file_path"], node["raw_code"]) for node in models]
    said += [(macro["original_file_path"], macro["macro_sql"]) for macro in macros]
    return len(models) == sum("models" in path.parts for path in texts) and all(
        words.strip() in texts.get(PROJECT / "dbt_project" / path, "") for path, words in said
    )


def _is_ours(macro: Mapping[str, Any]) -> bool:
    return (
        str(macro["original_file_path"]).startswith("macros/")
        and (PROJECT / "dbt_project" / macro["original_file_path"]).exists()
    )
