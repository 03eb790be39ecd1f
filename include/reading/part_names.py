"""A workbook whose parts are not named as usual: with backslashes, in capitals, or with a main part of another name.

Excel follows the links inside an xlsx and opens such a book; calamine and the readers here go by the usual names, so the parts
are put under those. Runs in the reading child only.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import BinaryIO

from include.reading.cell_marks import relations

ROOT_LINKS, BOOK, BOOK_LINKS = "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
USUAL = {name.lower(): name for name in (ROOT_LINKS, BOOK, BOOK_LINKS, "xl/sharedStrings.xml", "xl/styles.xml")}


def in_usual_places(archive: zipfile.ZipFile) -> BinaryIO | None:
    """The same book with its parts under their usual names; None where they have them, or it is no xlsx."""
    entries = {entry.filename: entry for entry in archive.infolist() if not entry.is_dir()}
    main, folder = BOOK, "xl"
    names = {name: name.replace("\\", "/").lstrip("/") for name in entries}
    names = {name: USUAL.get(cleaned.lower(), cleaned) for name, cleaned in names.items()}
    if BOOK not in names.values() and "xl/workbook.bin" not in names.values():
        main = _main_part(archive, next((name for name, usual in names.items() if usual == ROOT_LINKS), None))
        if main not in names.values():
            return None
        folder = posixpath.dirname(main)
        links = posixpath.join(folder, "_rels", posixpath.basename(main) + ".rels")
        names = {name: _moved(usual, main, links, folder) for name, usual in names.items()}
    names |= _named_otherwise(archive, names)
    if all(name == usual for name, usual in names.items()) or len(set(names.values())) < len(names):
        return None
    moved = io.BytesIO()
    with zipfile.ZipFile(moved, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for name, usual in names.items():
            content = archive.read(entries[name])
            if usual in (ROOT_LINKS, BOOK_LINKS):
                content = content.replace(b"\\", b"/")
            if usual == ROOT_LINKS:  # calamine looks there for the main part, and in its own place for all else
                content = content.replace(main.encode(), BOOK.encode())
            elif usual == BOOK_LINKS:
                content = content.replace(f'Target="/{folder}'.encode(), b'Target="/xl' + b"/" * (not folder))
            copy.writestr(usual, content)
    return moved


def _named_otherwise(archive: zipfile.ZipFile, names: dict[str, str]) -> dict[str, str]:
    """Shared texts and styles that lie under another name than the one where readers look for them."""
    links = next((name for name, usual in names.items() if usual == BOOK_LINKS), None)
    found: dict[str, str] = {}
    for kind, target in relations(archive, links) if links else ():
        usual = {"sharedStrings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}.get(kind.rpartition("/")[2])
        part = posixpath.basename(target.replace("\\", "/"))
        if usual and usual not in names.values():
            found |= {
                name: usual for name, now in names.items() if posixpath.dirname(now) == "xl" and posixpath.basename(now) == part
            }
    return found


def _moved(name: str, main: str, links: str, folder: str) -> str:
    """A part's place when the main part's folder becomes ``xl``."""
    if name == main:
        return BOOK
    if name == links:
        return BOOK_LINKS
    if not folder:
        return name if name.startswith(("_rels/", "[Content_Types]", "docProps/")) else f"xl/{name}"
    return f"xl{name.removeprefix(folder)}" if name.startswith(f"{folder}/") else name


def _main_part(archive: zipfile.ZipFile, root_links: str | None) -> str:
    """The workbook's name as the links at the archive's root give it; empty where they give no spreadsheet."""
    links = relations(archive, root_links) if root_links else []
    targets = (target for kind, target in links if kind.endswith("/officeDocument"))
    main = next(targets, "").replace("\\", "/").lstrip("/")
    return "" if main.startswith(("word/", "ppt/")) else posixpath.normpath(main) if main else ""
