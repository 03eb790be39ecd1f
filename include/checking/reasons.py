"""The one catalogue of reason codes, ``reasons.yaml``: what each is called, what is said and what is to be done.

The row checks take their words from it, the seeds and a table of the departments' page are written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from include.reading.refusal import Refused

CATALOGUE = Path(__file__).with_name("reasons.yaml")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Level = Literal["refused", "set_aside", "rejected", "waiting", "finding", "duplicate", "repaired", "guess"]


class Said(NamedTuple):
    """A reason's code, and what is said in Chinese to whom it concerns; never holds what a cell says."""

    code: str
    text: str


@dataclass(frozen=True)
class FindingKind:
    """A line of the seed ``finding_kinds``: 提示, 警告 or 严重; the column it is about, else the row's own."""

    severity: str
    text: str
    column: str = ""


@dataclass(frozen=True)
class Screening:
    """A line of the seed ``screening_reasons``: no_signal, information, waiting or routing."""

    outcome: str
    reason: str


@dataclass(frozen=True)
class Reason:
    """One entry of the catalogue; its head says what each part is for. ``messages``: a template by variant, '' the usual one."""

    code: str
    label: str
    remedy: str
    levels: frozenset[Level]
    dimension: str | None
    messages: Mapping[str, str]
    finding: FindingKind | None
    screening: Screening | None


def said(code: str, variant: str = "", /, **details: Any) -> Said:
    """The reason as it is told. KeyError for a code, a variant or a detail that the catalogue does not know."""
    known = reason(code)
    return Said(code, known.messages[variant].format(label=known.label, remedy=known.remedy, **details))


def refused(code: str, variant: str = "", /, **details: Any) -> Refused:
    """The refusal of a whole delivery for this reason."""
    check_level(code, "refused")
    return Refused(*said(code, variant, **details))


def check_level(code: str, level: str) -> None:
    """Raises KeyError for a code that the catalogue does not know, ValueError for one that never becomes this."""
    if level not in reason(code).levels:
        raise ValueError(f"{code} is never {level}; see {CATALOGUE.name}")


def reason(code: str) -> Reason:
    return reasons()[code]


@lru_cache(maxsize=1)
def reasons() -> Mapping[str, Reason]:
    """The whole catalogue, in its order."""
    written = yaml.load(CATALOGUE.read_text("utf-8"), Loader=LOADER)
    return {code: _reason(code, **parts) for code, parts in written.items()}


def _reason(
    code: str,
    *,
    label: str = "",
    remedy: str = "",
    levels: tuple[Level, ...] = (),
    dimension: str | None = None,
    message: str = "",
    messages: Mapping[str, str] | None = None,
    finding: Mapping[str, str] | None = None,
    screening: Mapping[str, str] | None = None,
) -> Reason:
    usual = message or ("{label}；{remedy}" if remedy else "{label}")
    return Reason(
        code, label, remedy, frozenset(levels), dimension, messages or {"": usual},
        FindingKind(**finding) if finding else None, Screening(**screening) if screening else None,
    )  # fmt: skip
