"""The archive gives back what came, to the last byte, and nobody reads it without the key."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from pathlib import Path

import pyrage
import pytest
from typer.testing import CliRunner

from include.cli.app import app
from include.deliveries.receive import receive_inbox
from include.site import current_site
from include.storage.archive import ArchiveError, archived, encrypt_earlier, keep, open_archived, write_identity, write_original
from include.storage.ledger import login_name
from include.storage.warehouse import connect
from tests.files import person, uninsured_rows, write_xlsx


def kept(content: bytes) -> str:
    return keep(current_site(), io.BytesIO(content))


@pytest.mark.parametrize("content", [b"", person("张三").encode(), os.urandom(3 << 20)], ids=["empty", "short", "long"])
def test_what_is_kept_comes_back_and_is_not_readable_where_it_lies(home: Path, content: bytes) -> None:
    sha256 = kept(content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    path = archived(current_site(), sha256)
    assert not content or content not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with open_archived(current_site(), sha256) as copy:
        assert copy.read() == content
        assert os.fstat(copy.fileno()).st_nlink == 0
    assert [entry for entry in home.rglob("*") if entry.is_file()] == [path]


@pytest.mark.parametrize("damage", ["cut", "changed", "other content", "other key", "gone"])
def test_a_damaged_archive_is_found_out_before_it_is_read(home: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    sha256 = kept(b"first" * 1000)
    path = archived(current_site(), sha256)
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[:-20])
    elif damage == "changed":
        path.write_bytes(content[:-20] + b"x" * 20)
    elif damage == "other content":
        path.write_bytes(archived(current_site(), kept(b"second")).read_bytes())
    elif damage == "other key":
        monkeypatch.setenv("FANGPIN_KEY", "another")
    else:
        path.unlink()
    with pytest.raises(ArchiveError, match="请"):
        open_archived(current_site(), sha256)


def test_what_an_earlier_release_kept_in_the_clear_is_read_and_then_encrypted(home: Path) -> None:
    contents = [person(name).encode() for name in ("张三", "李四")]
    names = [hashlib.sha256(content).hexdigest() for content in contents]
    for name, content in zip(names, contents, strict=True):
        plain = home / "archive" / name[:2] / name
        plain.parent.mkdir(parents=True, exist_ok=True)
        plain.write_bytes(content)
    with open_archived(current_site(), names[0]) as copy:
        assert copy.read() == contents[0]
    assert [encrypt_earlier(current_site(), seconds=0) for _ in range(3)] == [1, 1, 0]
    for name, content in zip(names, contents, strict=True):
        with open_archived(current_site(), name) as copy:
            assert copy.read() == content
    assert not any(content in path.read_bytes() for path in home.rglob("*") if path.is_file() for content in contents)


def test_an_original_is_given_out_once_to_its_owner_and_recorded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "zhang")
    path = write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    content = path.read_bytes()
    (arrival,) = receive_inbox(current_site())
    target = home / "原件.xlsx"
    shown = CliRunner().invoke(app, ["archive", "show", arrival.delivery_id, "-o", str(target)])
    assert shown.exit_code == 0 and target.read_bytes() == content and stat.S_IMODE(target.stat().st_mode) == 0o600
    target.write_bytes(b"mine")
    with pytest.raises(ArchiveError, match="不覆盖"):
        write_original(current_site(), arrival.delivery_id, target)
    with pytest.raises(ArchiveError, match="没有批次"):
        write_original(current_site(), "20240310-9999", home / "x")
    assert target.read_bytes() == b"mine" and not (home / "x").exists()
    with connect(current_site()) as connection:
        lines = connection.execute("select what, delivery_id, exported_by from ledger.exports").fetchall()
    assert lines == [("original", arrival.delivery_id, login_name())]


def test_the_exported_key_alone_opens_the_archive(home: Path) -> None:
    """What pyrage reads is age's own format, so is what the ``age`` program reads."""
    sha256 = kept(b"content")
    write_identity(current_site(), home / "key")
    identity = pyrage.ssh.Identity.from_buffer((home / "key").read_bytes())
    assert pyrage.decrypt(archived(current_site(), sha256).read_bytes(), [identity]) == b"content"
    assert archived(current_site(), sha256).read_bytes().startswith(b"age-encryption.org/v1\n-> ssh-ed25519 ")
