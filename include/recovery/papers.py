"""Files that were given out, and the same written again: workbooks by cells, letters by pages, receipts by words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from include.recovery.compare import Difference

PDFTOPPM = "pdftoppm"
MOST_NAMED = 10
DELIVERY = re.compile(r"(?:\d{8}-\d{6}_回执_.*_)?(\d{8}-[0-9A-Za-z]+)")
_NO_WORDS = re.compile(r"<style>.*?</style>|<[^>]*>|\s", re.DOTALL)


def compare_files(what: str, kept: Path, rebuilt: Path, below: list[str] | None = None) -> Difference:
    """Compare the files below two folders; ``below``: only those in these folders of them.

    A file that differs counts on both sides. Names are said as far as they are of our own making.
    """
    mine, theirs = _files(rebuilt, below), _files(kept, below)
    unlike = [name for name in sorted(mine.keys() & theirs.keys()) if not is_same(theirs[name], mine[name])]
    only_kept, only_rebuilt = sorted(theirs.keys() - mine.keys()), sorted(mine.keys() - theirs.keys())
    said = [_said(name, is_ours=name in mine) for name in (*unlike, *only_kept, *only_rebuilt)]
    note = "、".join(dict.fromkeys(said[:MOST_NAMED])) + ("等" if len(said) > MOST_NAMED else "")
    return Difference(what, len(theirs), len(mine), len(only_kept) + len(unlike), len(only_rebuilt) + len(unlike), note)


def _files(folder: Path, below: list[str] | None) -> dict[str, Path]:
    tops = [folder] if below is None else [folder / name for name in below]
    found: Iterator[Path] = (Path(top, name) for start in tops for top, _, names in os.walk(start) for name in names)
    return {path.relative_to(folder).as_posix(): path for path in found if not path.name.startswith((".", "~$"))}


def _said(name: str, *, is_ours: bool) -> str:
    """Of what went back to a sender only the delivery: the rest of its name is the sender's."""
    folder, _, file = name.rpartition("/")
    delivery = DELIVERY.match(file)
    if delivery:
        return f"批次 {delivery[1]}"
    return name if is_ours else f"{folder} 中的另一份文件"


def is_same(kept: Path, rebuilt: Path) -> bool:
    """Whether two files show the same: the same bytes, words, cells or pages."""
    if kept.read_bytes() == rebuilt.read_bytes():
        return True
    if kept.suffix == ".html":
        return _words(kept) == _words(rebuilt)
    if kept.suffix == ".xlsx":
        try:
            return _cells(kept) == _cells(rebuilt)
        except CalamineError:  # somebody's editor wrote it, or it is damaged
            return False
    return kept.suffix == ".pdf" and _pages(kept, rebuilt.parent) == _pages(rebuilt, rebuilt.parent) != []


def _words(path: Path) -> str:
    """What a page says, however it is set."""
    return _NO_WORDS.sub("", path.read_text("utf-8", "replace"))


def _cells(path: Path) -> list[tuple[object, ...]]:
    with CalamineWorkbook.from_path(path) as book:
        sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
        return [(sheet.name, sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges) for sheet in sheets]


def _pages(path: Path, beside: Path) -> list[bytes]:
    """The pages as pictures, drawn in a private folder; none where this machine has nothing that draws.

    Then other bytes are a difference.
    """
    drawer = shutil.which(PDFTOPPM)
    if not drawer:
        return []
    with tempfile.TemporaryDirectory(dir=beside) as folder:
        done = subprocess.run([drawer, "-r", "60", "-gray", str(path), f"{folder}/page"], capture_output=True, check=False)
        return [page.read_bytes() for page in sorted(Path(folder).iterdir())] if done.returncode == 0 else []


def copy_missing(source: Path, target: Path) -> int:
    """Copy the files that are not there yet, for the owner alone; returns how many."""
    count = 0
    for top, _, names in os.walk(source):
        for name in names:
            path = Path(top, name)
            place = target / path.relative_to(source)
            if place.exists():
                continue
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = place.with_name(f".{place.name}.{os.getpid()}")
            shutil.copyfile(path, fresh)
            fresh.chmod(0o600)
            fresh.replace(place)
            count += 1
    return count
