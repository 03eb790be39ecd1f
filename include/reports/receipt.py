"""The receipt of a delivery as a page: opened by any browser or by WPS, never edited by mistake, with nothing from elsewhere.

What strangers named (files, sheets, folders) is text here and nothing else: every value is escaped, and no script would run.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from include.contracts import contract, load_contracts
from include.identity.masks import mask_numbers
from include.reports.labels import feed_title, period_text

SECTIONS = (
    ("faults", "退回的行", "这些行没有采用。一行有几处问题的，每处各列一次。"),
    ("waiting", "待核定", "这些行收下了，由县乡村振兴局核定；定下来以前不作预警。"),
    ("guesses", "推断", "表里没有写明、由系统推断的地方，请看是否与原意相符。"),
    ("findings", "提示", "收下了，但请核对。"),
    ("repaired", "改正的写法", "写法不规范但意思明确，已改为统一写法，不必重报。"),
    ("repeated", "重复的行", "与本表另一行或以前报送的行相同，只收一次。"),
    ("skipped", "没有读取的行和工作表", "不是数据，没有读取。确是数据的，请改正后再报。"),
)
STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")
HEADLINES = {
    "refused": "整份退回，一行也没有采用",
    "duplicate": "内容与以前报送的相同，没有重复入库",
    "zero_report": "已登记为零报告",
    "set_aside": "没有处理完，已搁置，其中数据都没有采用",
    "received": "已收到，等候入库",
}


def receipt_page(facts: Mapping[str, Any], *, mark: str) -> str:
    """The page for these facts (``include/deliveries/receipt_facts.py``); ``mark``: see ``rehearsal_mark``."""
    received = datetime.fromisoformat(facts["received_at"])
    return _template().render(
        facts=facts,
        mark=mark,
        headline=headline(facts),
        told=_told(facts),
        received=f"{received:%Y-%m-%d %H:%M:%S}",
        unit="条" if facts["file_name"].lower().endswith(".json") else "行",
        sections=[(title, note, facts[name]) for name, title, note in SECTIONS if facts[name]],
    )


def headline(facts: Mapping[str, Any]) -> str:
    """What came of it in one line."""
    if facts["status"] != "published":
        return HEADLINES[facts["status"]]
    accepted, rejected, repeated = facts["accepted"], facts["rejected"], facts["duplicate"]
    if not rejected:
        return "已收下，全部采用" if not repeated else "已收下，重复的行只收一次" if accepted else "已收下，各行以前都报过"
    if accepted:
        return f"已收下，其中 {rejected} 行退回"
    return f"{rejected} 行退回，其余各行以前都报过" if repeated else "各行都退回，没有采用的行"


def _told(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the delivery is, line by line."""
    feed, period = facts["feed"], facts["period"]
    is_event = bool(feed) and contract(feed).is_event  # its period is a number that its sender wrote
    owner = next((each.department_name for each in load_contracts() if each.department == facts["department"]), None)
    return [
        ("文件", facts["file_name"]),
        ("数据", feed_title(feed) if feed else "没有认出"),
        ("期次", "随时报送" if is_event else period_text(period) if period else "没有认出"),
        ("报送部门", owner or mask_numbers(facts["department"])),
    ]


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"places": places_text, "plain": _plain, "address": quote}
    return environment.get_template("receipt.html")


def places_text(places: Sequence[Mapping[str, Any]], count: int, unit: str = "行") -> str:
    """Where something is: 工作表“一”第 3、5-7 行; ``unit``: what rows are counted in (行, of JSON 条)."""
    parts = []
    for place in places:
        rows = [row for row in place["rows"] if row]
        sheet = f"工作表“{_plain(place['sheet'])}”" if place["sheet"] else ""
        parts.append(f"{sheet}第 {_runs(rows)} {unit}" if rows else sheet)
    shown = sum(len(place["rows"]) for place in places)
    return "；".join(part for part in parts if part) + (" 等" if 0 < shown < count else "")


def _runs(rows: Sequence[int]) -> str:
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    return "、".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _plain(text: str) -> str:
    """Without characters that steer a display."""
    return "".join(mark for mark in text if mark == "\n" or unicodedata.category(mark) not in STEERING)
