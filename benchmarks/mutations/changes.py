"""The register of changes of layout, and what several of them do."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.mutations.layout import Layout, Page, Part

Change = Callable[[Layout, random.Random], bool]
CHANGES: dict[str, Change] = {}
DOUBTFUL: set[str] = set()
"""Changes after which a person, too, might ask back."""


def change(name: str, *, is_doubtful: bool = False) -> Callable[[Change], Change]:
    """Registers a change under the name in the table of results."""

    def register(made: Change) -> Change:
        CHANGES[name] = made
        if is_doubtful:
            DOUBTFUL.add(name)
        return made

    return register


def is_one_table(page: Page) -> bool:
    """Whether all rows, two or more, stand under one head with nothing beside it."""
    return len(page.parts) == 1 and page.beside is None and len(page.parts[0].rows) > 1


def split_part(page: Page, chance: random.Random) -> Part:
    """The rows of the page's only part in two parts, each with a head; the second is returned."""
    part = page.parts[0]
    at = chance.randint(1, len(part.rows) - 1)
    second = Part(part.rows[at:], list(part.order), lines=chance.choice([[], [[]]]), cells=part.cells)
    part.rows = part.rows[:at]
    page.parts.append(second)
    return second
