"""A home is a rehearsal's or a county's own from its creation, for ever, and nobody else can read it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import pytest

from include.service.doctor import examine
from include.site import Site, current_site
from include.site.home import (
    HomeError,
    is_rehearsal,
    keep_clock,
    make_real,
    make_rehearsal,
    open_home,
    readable_by_others,
    rehearsal_clock,
)


def test_an_empty_folder_becomes_a_rehearsal_and_stays_one(tmp_path: Path) -> None:
    site = Site(tmp_path / "home")
    (site.inbox / "县医保局").mkdir(parents=True)
    make_rehearsal(site)
    make_rehearsal(site)
    assert open_home(site) and is_rehearsal(site)
    with pytest.raises(HomeError, match="不能改作正式使用"):
        make_real(site)


@pytest.mark.parametrize("content", ["inbox/县医保局/名单.xlsx", "warehouse/fangpin.duckdb"])
def test_a_folder_with_content_cannot_become_a_rehearsal(tmp_path: Path, content: str) -> None:
    site = Site(tmp_path)
    (tmp_path / content).parent.mkdir(parents=True)
    (tmp_path / content).write_bytes(b"x")
    with pytest.raises(HomeError, match="不能再变成演练"):
        make_rehearsal(site)
    assert not is_rehearsal(site)


def test_a_real_home_stays_real_even_with_answers_put_into_it(tmp_path: Path) -> None:
    site = Site(tmp_path / "home")
    make_real(site)
    (site.home / "answers.json").write_text("{}")
    assert not open_home(site)
    with pytest.raises(HomeError):
        make_rehearsal(site)


def test_a_home_of_the_release_before_with_answers_is_a_rehearsal(tmp_path: Path) -> None:
    site = Site(tmp_path)
    (tmp_path / "answers.json").write_text("{}")
    assert is_rehearsal(site) and open_home(site)
    (tmp_path / "answers.json").unlink()
    assert is_rehearsal(site)


def test_a_home_nobody_declared_is_the_county_s_own(tmp_path: Path) -> None:
    site = Site(tmp_path / "home")
    assert not open_home(site) and not is_rehearsal(site)


def test_only_a_rehearsal_keeps_its_clock(tmp_path: Path) -> None:
    rehearsal, real = Site(tmp_path / "rehearsal"), Site(tmp_path / "real")
    make_rehearsal(rehearsal)
    make_real(real)
    for site in (rehearsal, real):
        keep_clock(site, datetime(2024, 3, 10, 8))
    assert rehearsal_clock(rehearsal) == datetime(2024, 3, 10, 8)
    assert rehearsal_clock(real) is None
    assert is_rehearsal(rehearsal) and not is_rehearsal(real)


def test_a_home_made_under_an_open_umask_is_private(tmp_path: Path) -> None:
    site = Site(tmp_path / "home")
    site.home.mkdir(mode=0o755)
    make_real(site)
    assert readable_by_others(site) == []
    (site.home / "open.txt").touch()
    (site.home / "open.txt").chmod(0o644)
    assert readable_by_others(site) == [site.home / "open.txt"]


def test_a_damaged_marker_is_no_guess(tmp_path: Path) -> None:
    site = Site(tmp_path)
    (tmp_path / "home.json").write_text("{")
    with pytest.raises(HomeError, match="已损坏"):
        is_rehearsal(site)


AS_ANOTHER = """import os, sys
os.setgid(65534)
os.setuid(65534)
for folder, folders, files in os.walk(sys.argv[1]):
    for name in files:
        open(os.path.join(folder, name), "rb").close()
        print("read", name)
    print("listed", folder)
"""


def test_whatever_umask_a_command_is_given_another_user_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the way to the home is open, so that the home itself must be closed
        monkeypatch.setenv("FANGPIN_HOME", f"{folder}/home")
        monkeypatch.setenv("FANGPIN_KEY_FILE", f"{folder}/key/warehouse.key")
        for command in (["sample", "--month", "2024-03"], ["doctor"]):
            fangpin = [str(Path(sys.executable).with_name("fangpin")), *command]
            done = subprocess.run(fangpin, capture_output=True, text=True, check=False, umask=0)
            assert "Traceback" not in done.stderr
        assert list(Path(folder, "home").rglob("*.xlsx")) and readable_by_others(current_site()) == []
        for below in ("home", "key"):
            told = subprocess.run(
                [sys.executable, "-c", AS_ANOTHER, f"{folder}/{below}"], capture_output=True, text=True, check=True
            )
            assert told.stdout == ""


@pytest.mark.parametrize(
    ("opened", "level"), [(None, "通过"), ("reports", "提示"), (".", "问题")], ids=["closed", "a folder", "the home"]
)
def test_doctor_says_what_is_open_to_others_and_how_to_close_it(home: Path, opened: str | None, level: str) -> None:
    open_home(current_site())
    (home / "reports").mkdir(mode=0o700)
    if opened:
        (home / opened).chmod(0o755)
    (found,) = [finding for finding in examine(current_site()) if finding.what == "权限"]
    assert found.level == level and (opened is None or f"chmod -R go-rwx {home}" in found.text)
