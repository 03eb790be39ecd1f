"""What a town found the last time, in the words of the papers of a later dispatch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from include.reports.sheets import text_of

_CRITERIA_WORDS = {"yes": "符合监测条件", "no": "不符合监测条件", "already_monitored": "已在监测"}
_LONGEST_FINDING = 80


def conclusion_of(answer: Mapping[str, Any]) -> str:
    """属实，不符合监测条件。情况……  ``answer``: is_true, meets_criteria, situation of one row of ``answers_before``."""
    words = ["属实" if answer["is_true"] else "不属实", _CRITERIA_WORDS.get(text_of(answer["meets_criteria"]), "")]
    situation = text_of(answer["situation"])
    situation = situation if len(situation) <= _LONGEST_FINDING else situation[:_LONGEST_FINDING] + "…"
    told = f"{'，'.join(word for word in words if word)}。"
    return told + (f"{situation.rstrip('。')}。" if situation and not situation.endswith("…") else situation)
