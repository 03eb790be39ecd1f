"""One switch for every trick that buys speed by reaching into a library or the operating system (docs/adr/0015-fences.md).

With ``FANGPIN_PLAIN=1`` they are all off: the work is slower and its results are the same.
"""

from __future__ import annotations

import os

SWITCH = "FANGPIN_PLAIN"


def is_plain() -> bool:
    """Whether the tricks are switched off."""
    return os.environ.get(SWITCH, "") not in ("", "0")
