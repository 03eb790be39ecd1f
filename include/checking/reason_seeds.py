"""The seeds that are written from the catalogue of reasons; ``fangpin contracts render`` writes them anew.

They stand below ``seeds/generated``, in a folder of their own, beside those that the contracts render.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from include.checking.reasons import reasons

SEEDS = Path("dbt_project/seeds/generated/reasons")


def render(root: Path) -> list[Path]:
    """Write the seeds that differ; their paths, below ``root``."""
    changed = differences(root)
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(rendered()[path], "utf-8")
    return changed


def differences(root: Path) -> list[Path]:
    """Seeds below ``root`` that are not what the catalogue says, or are missing."""
    return [path for path, text in rendered().items() if not (root / path).exists() or (root / path).read_text("utf-8") != text]


def rendered() -> dict[Path, str]:
    """Each seed by its path below the project's root."""
    kinds = ((each.code, each.finding) for each in reasons().values() if each.finding)
    screening = ((each.code, each.screening) for each in reasons().values() if each.screening)
    return {
        SEEDS / "finding_kinds.csv": _csv(
            "finding_code,severity,column_name,finding",
            ((code, kind.severity, kind.column, kind.text) for code, kind in kinds),
        ),
        SEEDS / "screening_reasons.csv": _csv(
            "reason_code,outcome,reason", ((code, each.outcome, each.reason) for code, each in screening)
        ),
    }


def _csv(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(head.split(","))
    writer.writerows(rows)
    return written.getvalue()
