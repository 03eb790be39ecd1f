"""What may become of a file that a department sent, and of each person in it.

What counts is that nobody is lost without a word, nobody gets another's figures, and the words name the real fault. Each
situation stands with neighbours of its kind: another feed, other columns, another order, another format. They are listed in
``sent_tables.py``, ``sent_units.py``, ``sent_formats.py`` and ``sent_values.py``; ``test_sent_files.py`` runs them all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.cases.makers import Make


@dataclass(frozen=True)
class Taken:
    """Accepted for certain, with these values among others; ``words``: what is said of the row besides."""

    values: dict[str, Any] = field(default_factory=dict)
    words: str = ""


@dataclass(frozen=True)
class Waits:
    """Accepted, but put to a person with these words."""

    words: str


@dataclass(frozen=True)
class Back:
    """Goes back as a row with these words."""

    words: str


Fate = Taken | Waits | Back


@dataclass(frozen=True)
class Sent:
    """A file, who sends it, and its right outcomes. Words are patterns, compared in half width.

    people: for each person (or event, or warning) in the file what may become of the row; empty where only the whole file may go
    back. back: words of a refusal of the whole file; '' where that is not right. period: the period the file must be taken for.
    said: words that must stand in some finding or waiting line of the file, if any.
    """

    name: str
    situation: int
    department: str
    make: Make
    people: dict[str, tuple[Fate, ...]] = field(default_factory=dict)
    back: str = ""
    period: str = ""
    said: str = ""


TAKEN = (Taken(),)


def yuan(**columns: str) -> tuple[Fate, ...]:
    return (Taken({name: Decimal(value) for name, value in columns.items()}),)
