"""Keys of what was received, by which one step tells the next: ``<feed>|<period>``, and ``screen|woken``.

Where several counties share one Airflow the county's code stands in front. Nothing here loads Airflow: the year's rehearsal
reads these keys too.
"""

from __future__ import annotations

SEPARATOR = "|"
SCREEN = "screen"


def inbox_key(kind: str, period: str, county: str = "") -> str:
    """The key of what was received: a feed and its period, or ``SCREEN``."""
    return SEPARATOR.join(filter(None, (county, kind, period)))


def kind_of(key: str) -> str:
    """The feed of such a key, or ``SCREEN``."""
    return key.split(SEPARATOR)[-2]
