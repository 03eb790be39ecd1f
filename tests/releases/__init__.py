"""Homes written by earlier releases: each must open, and go on, with every later one.

A home is kept as ``<release>.tar.xz``: its warehouse decrypted (encrypted bytes cannot be packed), archive and answers as they
were. ``python -m tests.releases HOME RELEASE`` packs one, run with the release that wrote it; people in it are made up.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import duckdb

from include.storage.warehouse import CATALOG, connect

FOLDER = Path(__file__).parent
KEPT = ("archive", "answers.json", "home.json")
WAREHOUSE = "warehouse.duckdb"


def pack(release: str) -> Path:
    """Pack the current FANGPIN_HOME as that release's."""
    from include.site import current_site

    site, target = current_site(), FOLDER / f"{release}.tar.xz"
    plain = site.home / WAREHOUSE
    with connect(site) as connection:
        connection.execute(f"attach '{plain}' as plain")
        connection.execute(f"copy from database {CATALOG} to plain")
        connection.execute("detach plain")
    with tarfile.open(target, "w:xz", preset=9) as packed:
        for name in (*KEPT, WAREHOUSE):
            if (site.home / name).exists():
                packed.add(site.home / name, name, filter=_anonymous)
    plain.unlink()
    return target


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def unpack(release: str, home: Path, key: str) -> None:
    """Lay a release's home out below ``home``, its warehouse encrypted with ``key`` as that release had it."""
    home.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO((FOLDER / f"{release}.tar.xz").read_bytes())) as packed:
        packed.extractall(home, filter="data")
    (home / "warehouse").mkdir()
    plain = home / WAREHOUSE
    with duckdb.connect(config={"allow_unsigned_extensions": False}) as connection:
        load_httpfs(connection)
        connection.execute(f"attach '{plain}' as plain (read_only)")
        connection.execute(f"attach '{home / 'warehouse' / 'fangpin.duckdb'}' as {CATALOG} (encryption_key '{key}')")
        connection.execute(f"copy from database plain to {CATALOG}")
    plain.unlink()


def load_httpfs(connection: duckdb.DuckDBPyConnection) -> None:
    """The extension that writing an encrypted file needs, from the installed package."""
    from importlib import resources

    (extension,) = Path(str(resources.files("duckdb_extension_httpfs"))).glob("extensions/v*/httpfs.duckdb_extension")
    connection.execute(f"load '{extension}'")
