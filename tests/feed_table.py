"""The feeds as agreed with the departments, written down apart from the contracts; one added later need not be here."""

from __future__ import annotations

from pathlib import Path

import yaml

FEED_TABLE: dict[str, str] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
"""Feed -> its columns in order; ``*`` marks those that must be present and filled."""
