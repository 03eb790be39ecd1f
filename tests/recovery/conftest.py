"""A small home that was never screened: a few seconds to make, and to compute again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from include.cli import app as cli
from include.site.home import PRIVATE_UMASK
from tests.deliveries.test_receive import ingest
from tests.files import registry_rows, uninsured_rows, write_xlsx


def run(*words: str) -> tuple[int, str]:
    """Exit code and everything printed by a command, whose files are as private as the entry point makes them."""
    before = os.umask(PRIVATE_UMASK)
    try:
        done = CliRunner().invoke(cli.app, list(words), env={"COLUMNS": "200"})
    finally:
        os.umask(before)
    return done.exit_code, done.output + (str(done.exception) if done.exception else "")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a registry, a list of which a row went back, and a file refused; copied by whoever changes it."""
    folder = tmp_path_factory.mktemp("recovery")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FANGPIN_HOME", str(folder / "home"))
        patch.setenv("FANGPIN_KEY", "key")
        patch.setenv("FANGPIN_NOW", "2024-03-05T08:00:00")
        inbox = folder / "home" / "inbox"
        write_xlsx(inbox / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三", "李四", "王五"))
        people = uninsured_rows("张三", "李四")
        write_xlsx(inbox / "县医保局" / "未参保2024年3月.xlsx", *people, ("孙八", "12345", *people[1][2:]))
        write_xlsx(inbox / "县医保局" / "坏.xlsx", ("商品", "数量", "单价"), ("大米", 3, 2.5))
        ingest()
        yield folder / "home"


@pytest.fixture
def small(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That home, to be changed."""
    from tests.recovery.homes import copy_of

    monkeypatch.setenv("FANGPIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FANGPIN_KEY", "key")
    monkeypatch.setenv("FANGPIN_NOW", "2024-03-06T08:00:00")
    return copy_of(made, tmp_path / "home")
