"""The Data Docs site in Chinese: our pages behind Great Expectations' own site, section and index builders.

Great Expectations lets a site name its renderers and views (``great_expectations.yml``). Its own pages are English and load
styles and scripts from a CDN, which a county's closed network cannot reach; these are plain pages with their style inside.
"""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from include.quality.context import FEED
from include.quality.engine import (
    DefaultSiteIndexBuilder,
    DefaultSiteSectionBuilder,
    ExpectationSuite,
    ExpectationSuiteIdentifier,
    ExpectationSuiteValidationResult,
    SiteBuilder,
    SiteSectionIdentifier,
    ValidationResultIdentifier,
    gx,
)
from include.quality.parameters import NAMES
from include.quality.store import has_failed_to_run
from include.quality.suites import SEVERITIES, value_names
from include.site import TIMEZONE

SEVERITY_NAMES = {"critical": "严重", "warning": "警告", "info": "提示"}
VERDICTS = {
    "delivery": {"critical": "拒收", "warning": "通过，有警告", "info": "通过，有提示", "": "通过"},
    "risk": {"critical": "停止交办", "warning": "通过，有警告", "info": "通过，有提示", "": "通过"},
    "findings": {"critical": "有严重疑点", "warning": "有疑点", "info": "有提示", "": "没有疑点"},
}
KINDS = {"投递": "delivery", "预警": "risk", "疑点": "findings"}
LISTED_VALUES = 6
TOGETHER = "together"
"""What a result keeps of a check that looked at several deliveries in one go: their ids."""


class QualitySite(SiteBuilder):
    """The site, without Great Expectations' logos, fonts and scripts, which our pages do not use."""

    def build(self, resource_identifiers: list[Any] | None = None, build_index: bool = True) -> tuple[str | None, Any]:
        for section in self.site_section_builders.values():
            section.build(resource_identifiers=resource_identifiers)
        _, links = self.site_index_builder.build(build_index=build_index)
        return self.get_resource_url(only_if_exists=False), links


class PageBuilder(DefaultSiteSectionBuilder):
    """Writes the pages asked for (all of them for None) without walking the whole store for each."""

    def build(self, resource_identifiers: list[Any] | None = None) -> None:
        mine = ExpectationSuiteIdentifier if self.name == "expectations" else ValidationResultIdentifier
        keys = self.source_store.list_keys() if resource_identifiers is None else resource_identifiers
        for key in keys:
            if isinstance(key, mine):
                resource = self.source_store.get(key)
                resource = ExpectationSuite(**resource) if mine is ExpectationSuiteIdentifier else resource
                page = self.view_class.render(self.renderer_class.render(resource))
                self.target_store.set(SiteSectionIdentifier(site_section_name=self.name, resource_identifier=key), page)


class IndexBuilder(DefaultSiteIndexBuilder):
    """The first page: every suite with its latest verdict, and every check there has been."""

    def build(self, skip_and_clean_missing: bool = True, build_index: bool = True) -> tuple[Any, OrderedDict[str, Any] | None]:
        if not build_index:
            return None, None
        suites = [self._read("expectations", key) for key in self._keys("expectations")]
        runs = [(key, self._read("validations", key)) for key in self._keys("validations")]
        runs.sort(key=lambda run: (run[0].run_id.run_time, run[0].run_id.run_name), reverse=True)
        links = OrderedDict(suites=suites, runs=runs)
        page = self.view_class.render(self.renderer_class.render(links))
        return self.target_store.write_index_page(page), links

    def _keys(self, section: str) -> list[Any]:
        return list(self.data_context.stores[self.source_stores[section]].list_keys())

    def _read(self, section: str, key: Any) -> dict[str, Any]:
        """The stored JSON as it is: far quicker than objects when results have piled up."""
        return dict(json.loads(self.data_context.stores[self.source_stores[section]].store_backend.get(key.to_tuple())))


class SuitePage:
    """What one suite expects."""

    def render(self, suite: ExpectationSuite) -> dict[str, Any]:
        document: dict[str, Any] = dict(suite.to_json_dict())
        lines = [_line(item) for item in document["expectations"]]
        return {
            "template": "suite.html",
            "root": "../",
            "name": document["name"],
            **_about(document["meta"]),
            "lines": sorted(lines, key=lambda line: SEVERITIES.index(line["severity"])),
            "counts": Counter(line["severity_name"] for line in lines),
        }


class ResultPage:
    """How one delivery or risk table stood against its suite."""

    def render(self, result: ExpectationSuiteValidationResult) -> dict[str, Any]:
        document: dict[str, Any] = result.to_json_dict()
        lines = [_line(item["expectation_config"]) | _outcome(item) for item in document["results"]]
        lines.sort(key=lambda line: (line["success"], SEVERITIES.index(line["severity"])))
        suite = document["suite_name"]
        kind, _, about = suite.partition("_")
        run = _run(document["meta"]["run_id"])
        return {
            "template": "result.html",
            "root": "../../../../",
            "name": suite,
            "title": about.partition("_")[2] if kind == "投递" else f"{about}{kind}",
            "lists_feeds": kind == "疑点",
            "sender": about.partition("_")[0] if kind == "投递" else "",
            "suite_link": f"../../../../expectations/{quote(suite)}.html",
            **run,
            "together": document["meta"].get(TOGETHER, []),
            "summary": summary(document),
            "failed": [line for line in lines if not line["success"]],
            "passed": [line for line in lines if line["success"]],
        }


class IndexPage:
    """All suites and all checks."""

    def render(self, links: Mapping[str, Any]) -> dict[str, Any]:
        runs = [
            {
                "suite": document["suite_name"],
                "link": "/".join(quote(part) for part in ("validations", *key.to_tuple())) + ".html",
                **_run(document["meta"]["run_id"]),
                "summary": summary(document),
            }
            for key, document in links["runs"]
        ]
        latest: dict[str, dict[str, Any]] = {}
        times = Counter(run["suite"] for run in runs)
        for run in runs:
            latest.setdefault(run["suite"], run)
        suites = [
            {
                "name": document["name"],
                "link": f"expectations/{quote(document['name'])}.html",
                **_about(document["meta"]),
                "expectation_count": len(document["expectations"]),
                "latest": latest.get(document["name"]),
                "run_count": times[document["name"]],
            }
            for document in sorted(links["suites"], key=lambda document: document["meta"]["order"])
        ]
        titles = {suite["name"]: suite for suite in suites}
        return {
            "template": "index.html",
            "root": "",
            "suites": suites,
            "runs": [run | {"about": titles.get(run["suite"])} for run in runs],
            "verdicts": Counter(run["summary"]["verdict_class"] for run in runs),
        }


class PageView:
    """Fills a page's template; the context's own file says which county's pages they are."""

    def __init__(self, county: str, notice: str) -> None:
        self.county, self.notice = county, notice

    def render(self, document: Mapping[str, Any], **_: Any) -> str:
        return _templates().get_template(document["template"]).render(
            county=self.county,
            notice=self.notice,
            version=gx.__version__,
            **document,
        )  # fmt: skip


@lru_cache(maxsize=1)
def _templates() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def summary(document: Mapping[str, Any]) -> dict[str, Any]:
    """Verdict and counts of one validation result, as stored JSON."""
    failed = Counter(item["expectation_config"]["severity"] for item in document["results"] if not item["success"])
    worst = next((severity for severity in SEVERITIES if failed[severity]), "")
    kind = KINDS[document["suite_name"].partition("_")[0]]
    return {
        "verdict": VERDICTS[kind][worst],
        "verdict_class": "severe" if kind == "findings" and worst == "critical" else worst or "passed",
        "evaluated": len(document["results"]),
        "met": len(document["results"]) - failed.total(),
        "failed": [(SEVERITY_NAMES[severity], failed[severity]) for severity in SEVERITIES if failed[severity]],
    }


def observed(result: Mapping[str, Any], labels: Mapping[str, str] | None = None) -> str:
    """What was found, in Chinese and in counts: how many rows looked at, how many not as expected."""
    if has_failed_to_run(dict(result)):
        return "缺少所需的列或内容类型不符，无法判断"
    found = result["result"]
    kind = result["expectation_config"]["type"]
    if result["expectation_config"]["meta"].get("counts_findings"):
        return _found_by_feed(found["unexpected_index_list"], result["expectation_config"]["kwargs"]["column"])
    if kind == "expect_table_columns_to_match_set":
        missing = (found.get("details") or {}).get("mismatched", {}).get("missing", [])
        return f"缺少 {'、'.join((labels or {}).get(name, name) for name in missing)}" if missing else "列齐全"
    if "observed_value" in found:
        value = found["observed_value"]
        if kind == "expect_table_row_count_to_be_between":
            return f"{value} 行"
        return f"{value:.0%}" if "proportion" in kind else f"{value} 种"
    if "unexpected_count" in found:
        rows, bad = found["element_count"] - found.get("missing_count", 0), found["unexpected_count"]
        return f"{rows} 行中 {bad} 行不符（{bad / rows:.1%}）" if rows and bad else f"{rows} 行均符合" if rows else "没有可看的行"
    return ""


def _found_by_feed(found: Iterable[Mapping[str, Any]], column: str) -> str:
    """How many findings, and how many in each feed."""
    counts = {value_names().get(entry[FEED], entry[FEED]): int(entry[column]) for entry in found}
    said = "、".join(f"{feed} {count} 条" for feed, count in counts.items())
    return f"{sum(counts.values())} 条（{said}）" if counts else "没有"


def requirement(kwargs: Mapping[str, Any]) -> str:
    """The figures of an expectation in a few words; open parameters by their Chinese names."""
    said = []
    if isinstance(kwargs.get("value_set"), list):
        values = [value_names().get(value, _shown(value).strip()) or "空白" for value in kwargs["value_set"]]
        some = "、".join(values[:LISTED_VALUES])
        some = f"不是{some}" if kwargs.get("is_excluded") else some
        said.append(f"{some} 等 {len(values)} 个" if len(values) > LISTED_VALUES else some)
    elif "value_set" in kwargs:
        said.append(_shown(kwargs["value_set"]))
    least, most = kwargs.get("min_value"), kwargs.get("max_value")
    if least is not None and least == most:
        said.append(f"等于{_shown(least)}")
    else:
        if least is not None:
            said.append(f"{'大于' if kwargs.get('strict_min') else '不小于'}{_shown(least)}")
        if most is not None:
            said.append(f"{'小于' if kwargs.get('strict_max') else '不大于'}{_shown(most)}")
    if "column_A" in kwargs:
        said.append("前者不小于后者" if kwargs.get("or_equal") else "前者大于后者")
    if "column_set" in kwargs:
        said.append(f"共 {len(kwargs['column_set'])} 列")
    mostly = kwargs.get("mostly")
    if isinstance(mostly, Mapping):
        said.append(f"符合的行不少于{_shown(mostly)}")
    elif mostly is not None and mostly < 1:
        said.append(f"符合的行不少于 {mostly:.0%}")
    return "；".join(said)


def _shown(value: Any) -> str:
    """A figure or day as people write it, set off from the text before it; a parameter by its name."""
    if isinstance(value, Mapping):
        name = str(value["$PARAMETER"])
        rule = name.removeprefix("rule__").replace("__", ".")
        return f"规则 {rule} 的现行标准" if name.startswith("rule__") else NAMES[name]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f" {value:,.2f}".removesuffix(".00") if abs(value) >= 10_000 else f" {value:g}"
    return f" {value}".removesuffix("T00:00:00")


def _line(configuration: Mapping[str, Any]) -> dict[str, Any]:
    meta = configuration["meta"]
    return {
        "says": configuration["description"],
        "type": configuration["type"],
        "columns": meta["columns"],
        "only": meta["only"],
        "requirement": requirement(configuration["kwargs"] | {"is_excluded": "_not_be_in_set" in configuration["type"]}),
        "severity": configuration["severity"],
        "severity_name": SEVERITY_NAMES[configuration["severity"]],
        "dimension": meta["dimension"],
        "clause": meta["clause"],
    }


def _outcome(result: Mapping[str, Any]) -> dict[str, Any]:
    meta = result["expectation_config"]["meta"]
    return {"success": result["success"], "observed": observed(result, meta.get("labels"))}


def _about(meta: Mapping[str, Any]) -> dict[str, Any]:
    return {name: meta[name] for name in ("title", "purpose", "clause", "about", "sender")}


def _run(run_id: Mapping[str, Any] | str) -> dict[str, str]:
    """A check's name and its time by the county's clock."""
    run = json.loads(run_id) if isinstance(run_id, str) else run_id
    moment = datetime.fromisoformat(str(run["run_time"])).astimezone(TIMEZONE)
    period, _, delivery = str(run["run_name"]).rpartition("_")
    return {"run_name": str(run["run_name"]), "period": period, "delivery": delivery, "time": f"{moment:%Y-%m-%d %H:%M:%S}"}


def missing_pages(keys: Iterable[Any], site: Path) -> list[Any]:
    """Results whose page is not there yet."""
    pages = site / "validations"
    return [key for key in keys if not pages.joinpath(*key.to_tuple()[:-1], f"{key.to_tuple()[-1]}.html").exists()]
