"""Every file that was received, byte for byte and encrypted: kept by its content's hash, checked against it before it is read.

The format is age's. The key is an SSH key derived from the warehouse's, so whoever has that key opens the archive with the plain
``age`` too (see docs/adr/0008-encrypted-archive.md). Content in the clear exists only in files without a name.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from include.errors import FangpinError
from include.site import Site
from include.storage import ledger
from include.storage.files import sync_folder
from include.storage.names import short_name
from include.storage.warehouse import connect, encryption_key

SUFFIX = ".age"
ENVELOPE = ".from.age"
PURPOSE = b"fangpin archive"
BLOCK = 1 << 20
ENCRYPTING_SECONDS = 5.0
LEFTOVER_SECONDS = 3600.0
PLAIN_NAME = re.compile(r"[0-9a-f]{64}")


class ArchiveError(FangpinError, ValueError):
    """What was kept cannot be given out; the message says why and what to do."""


class _Hashing:
    """A file read for somebody else, and the hash of what was read."""

    def __init__(self, content: BinaryIO) -> None:
        self.content, self.digest = content, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self.content.read(size)
        self.digest.update(block)
        return block


def unnamed_file(site: Site) -> BinaryIO:
    """A private temporary file in the home that has no name: it is gone with the process, however that ends."""
    folder = site.home / "work"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return tempfile.TemporaryFile(dir=folder)  # type: ignore[return-value]


def keep(site: Site, content: BinaryIO) -> str:
    """Put a file's content into the archive, synced to the disk; returns its SHA-256."""
    site.archive.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = site.archive / f".{os.getpid()}.part"
    content.seek(0)
    source = _Hashing(content)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as kept:
        pyrage.encrypt_io(source, kept, [_recipient(encryption_key(site))])
        kept.flush()
        os.fsync(kept.fileno())
    sha256 = source.digest.hexdigest()
    _put(fresh, archived(site, sha256))
    return sha256


def _put(fresh: Path, place: Path) -> None:
    is_new = not place.parent.exists()
    place.parent.mkdir(exist_ok=True, mode=0o700)
    fresh.replace(place)
    sync_folder(place.parent)
    if is_new:
        sync_folder(place.parent.parent)


def keep_envelope(site: Site, sha256: str, mark: str, envelope: Mapping[str, str]) -> None:
    """Put beside archived content where it lay in the inbox and when it came, encrypted as it is: names may be people's.

    The ledger says the same of every delivery it knows; this is for a ledger that was lost or is older than the archive.
    """
    place = archived(site, sha256).with_name(f"{sha256}.{mark}{ENVELOPE}")
    fresh = site.archive / f".{os.getpid()}.part"
    sealed = pyrage.encrypt(json.dumps(envelope, ensure_ascii=False).encode(), [_recipient(encryption_key(site))])
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as kept:
        kept.write(sealed)
    fresh.replace(place)


def open_envelope(site: Site, place: Path) -> dict[str, str]:
    """What an envelope says. Raises ArchiveError when it is damaged or encrypted with another key."""
    try:
        return dict(json.loads(pyrage.decrypt(place.read_bytes(), [_identity(encryption_key(site))])))
    except (pyrage.DecryptError, ValueError):
        raise ArchiveError(f"打不开存档 {place.name}：密钥不对或文件已损坏", remedy="请核对密钥，或从备份恢复该文件") from None


def archived_names(site: Site) -> tuple[set[str], dict[Path, tuple[str, str]]]:
    """The hashes of all that is archived, and each envelope with its content's hash and its mark."""
    contents: set[str] = set()
    envelopes: dict[Path, tuple[str, str]] = {}
    for folder in os.scandir(site.archive) if site.archive.exists() else ():
        for entry in os.scandir(folder.path) if folder.is_dir(follow_symlinks=False) else ():
            sha256, _, rest = entry.name.partition(".")
            if rest.endswith(ENVELOPE.removeprefix(".")) and rest != ENVELOPE.removeprefix("."):
                envelopes[Path(entry.path)] = sha256, rest.partition(".")[0]
            elif f".{rest}" == SUFFIX or not rest:
                contents.add(sha256)
    return contents, envelopes


def archived(site: Site, sha256: str) -> Path:
    """Where content of that hash is kept."""
    return site.archive / sha256[:2] / f"{sha256}{SUFFIX}"


def open_archived(site: Site, sha256: str) -> BinaryIO:
    """The content of that hash in the clear, in a file without a name, at its beginning.

    Raises ArchiveError when it is not there, damaged, or encrypted with another key.
    """
    path = archived(site, sha256)
    copy = unnamed_file(site)
    try:
        if path.exists():
            with path.open("rb") as kept:
                pyrage.decrypt_io(kept, copy, [_identity(encryption_key(site))])
        else:
            with path.with_suffix("").open("rb") as plain:  # of the release before archives were encrypted
                shutil.copyfileobj(plain, copy, BLOCK)
        if _sha256(copy) != sha256:
            raise ArchiveError(f"存档 {path.name} 已损坏，与登记的 SHA-256 不符", remedy="请从备份恢复该文件")
        copy.seek(0)
    except FileNotFoundError:
        copy.close()
        raise ArchiveError(f"存档中没有 {path.name}", remedy=f"请从备份恢复 {site.archive}") from None
    except (pyrage.DecryptError, OSError) as error:
        copy.close()
        if isinstance(error, OSError) and error.errno is not None:  # the machine's own; a damaged block has no number
            raise
        raise ArchiveError(f"打不开存档 {path.name}：密钥不对或文件已损坏", remedy="请核对密钥，或从备份恢复该文件") from None
    except BaseException:
        copy.close()
        raise
    return copy


def _sha256(content: BinaryIO) -> str:
    content.seek(0)
    digest = hashlib.sha256()
    for block in iter(lambda: content.read(BLOCK), b""):
        digest.update(block)
    return digest.hexdigest()


def encrypt_earlier(site: Site, seconds: float = ENCRYPTING_SECONDS) -> int:
    """Encrypt what the release before this one kept in the clear, for so long and the rest the next time; returns how many."""
    until, count = time.monotonic() + seconds, 0
    for plain in _plain_files(site):
        with plain.open("rb") as content:
            sha256 = keep(site, content)
        if sha256 != plain.name:  # damaged where it lay: it stays what it is and is found out when it is read
            _put(archived(site, sha256), archived(site, plain.name))
        plain.unlink()
        count += 1
        if time.monotonic() > until:
            break
    return count


def _plain_files(site: Site) -> Iterator[Path]:
    """What lies in the archive unencrypted; what a killed process left half written is removed on the way."""
    if not site.archive.exists():
        return
    for folder in os.scandir(site.archive):
        if folder.name.endswith(".part") and time.time() - folder.stat().st_mtime > LEFTOVER_SECONDS:
            Path(folder.path).unlink(missing_ok=True)
        elif folder.is_dir(follow_symlinks=False):
            yield from [Path(entry.path) for entry in os.scandir(folder.path) if PLAIN_NAME.fullmatch(entry.name)]


def write_original(site: Site, delivery_id: str, target: Path | None = None) -> Path:
    """Write a delivery's file out as it came, for its owner alone, and record who asked; returns where it is.

    Raises ArchiveError for an unknown delivery, one whose content was never read, a target that exists, or a damaged archive.
    """
    file_name, sha256 = _archived_as(site, delivery_id)
    target = target or site.reports / "原件" / f"{delivery_id}_{short_name(file_name)}"
    with open_archived(site, sha256) as content, _new_file(target) as out:
        with connect(site) as connection:  # before it is out: nobody gets it unrecorded
            ledger.record_export(connection, site.now(), "original", 1, delivery=delivery_id, is_masked=False)
        shutil.copyfileobj(content, out, BLOCK)
    return target


def _archived_as(site: Site, delivery_id: str) -> tuple[str, str]:
    with connect(site) as connection:
        ledger.create_tables(connection)
        found = connection.execute(
            "select file_name, sha256 from ledger.deliveries where delivery_id = ?", [delivery_id]
        ).fetchone()
    if found is None:
        raise ArchiveError(f"没有批次“{delivery_id}”", remedy="批次号见 fangpin export deliveries")
    if not found[1]:
        raise ArchiveError(f"批次 {delivery_id} 的内容没有读出，存档中没有原件", remedy=f"请到 {site.home / 'set_aside'} 中查看")
    return found


def write_identity(site: Site, target: Path) -> None:
    """Write the archive's key in OpenSSH's format, with which ``age -d -i`` opens every archived file. Raises ArchiveError."""
    key = _private_key(encryption_key(site))
    with _new_file(target) as out:
        out.write(key)


def _new_file(target: Path) -> BinaryIO:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
    except FileExistsError:
        raise ArchiveError(f"{target} 已存在，不覆盖", remedy="请用 -o 另指一个文件") from None
    except OSError as error:
        raise ArchiveError(f"不能写入 {target}（{error.strerror}）", remedy="请用 -o 另指一个文件") from None


@lru_cache(maxsize=4)
def _private_key(key: str) -> bytes:
    return _derived(key).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def _derived(key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(HKDF(SHA256(), 32, None, PURPOSE).derive(key.encode()))


@lru_cache(maxsize=4)
def _identity(key: str) -> pyrage.ssh.Identity:
    return pyrage.ssh.Identity.from_buffer(_private_key(key))


@lru_cache(maxsize=4)
def _recipient(key: str) -> pyrage.ssh.Recipient:
    public = _derived(key).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return pyrage.ssh.Recipient.from_str(public.decode())
