"""Data Docs: whether every judgement that was documented is documented again, and came to the same."""

from __future__ import annotations

import json
from typing import Any

from include.quality import context as quality
from include.recovery.compare import Difference
from include.site import Site

DELIVERIES = "投递_"
"""How the suites of deliveries are called; the others judge screenings."""
Judgement = dict[tuple[str, str, int], Any]


def compare_documents(site: Site, scratch: Site) -> Difference:
    """Compare the verdicts of Great Expectations by suite and run; when exactly each was reached is no difference.

    Not every screening is judged again, only those that something came of: of a screening only what both have is compared.
    """
    kept, rebuilt = _verdicts(site), _verdicts(scratch)
    passed_over = {key for key in kept.keys() ^ rebuilt.keys() if not key[0].startswith(DELIVERIES)}
    for key in passed_over:
        kept.pop(key, None), rebuilt.pop(key, None)
    unlike = sum(kept[key] != rebuilt[key] for key in kept.keys() & rebuilt.keys())
    only_kept, only_rebuilt = len(kept.keys() - rebuilt.keys()), len(rebuilt.keys() - kept.keys())
    return Difference("质量检查（docs）", len(kept), len(rebuilt), only_kept + unlike, only_rebuilt + unlike)


def _verdicts(site: Site) -> Judgement:
    """Suite, run and which of several of that name → whether it passed, and of how many expectations how many."""
    found: Judgement = {}
    for path in sorted((quality.folder(site) / "results").glob("*/*/*/*.json")):
        result = json.loads(path.read_text("utf-8"))
        suite, run = path.parents[2].name, path.parents[1].name
        number = sum(key[:2] == (suite, run) for key in found)
        found[suite, run, number] = (result["success"], result["statistics"])
    return found
