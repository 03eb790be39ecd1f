"""What kind of home a command works in: real work is never approved by the command, a rehearsal never becomes real."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from include.cli.app import app
from include.service.airflow import Airflow
from include.site import current_site
from include.site.home import HomeError, is_rehearsal, rehearsal_clock


def fangpin(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(("options", "kind"), [((), False), (("--rehearsal",), True)])
def test_init_makes_the_home_and_says_what_comes_next(home: Path, options: tuple[str, ...], kind: bool) -> None:
    said = fangpin("init", *options)
    assert is_rehearsal(current_site()) is kind
    assert (home / "inbox" / "县医保局").is_dir() and (home / "inbox" / "各镇").is_dir()
    assert ("--approve-as bureau" in said) is kind and ("fangpin up" in said) is not kind
    fangpin("init", *options)
    with pytest.raises(HomeError):
        fangpin("init", *(() if options else ("--rehearsal",)))


def test_the_command_approves_only_in_a_rehearsal(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: Airflow) -> Airflow:
        raise AssertionError("nothing is started")

    monkeypatch.setattr(Airflow, "__enter__", start)
    fangpin("init")
    with pytest.raises(HomeError, match="只能用于演练用的目录"):
        fangpin("month", "2024-03", "--approve-as", "bureau")
    with pytest.raises(AssertionError, match="nothing is started"):
        fangpin("month", "2024-03")


MONTH_AT_NINE = ("month", "2024-03", "--approve-as", "bureau", "--now", "2024-03-10T09:00:00")


def test_a_month_of_a_rehearsal_keeps_its_clock(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Airflow, "start", lambda _: None)
    monkeypatch.setattr("include.service.month._ingest", lambda *_: 1 / 0)
    fangpin("init", "--rehearsal")
    with pytest.raises(ZeroDivisionError):
        fangpin(*MONTH_AT_NINE)
    clock = rehearsal_clock(current_site())
    assert clock is not None and clock.isoformat() == "2024-03-10T09:00:00" == os.environ["FANGPIN_NOW"]


def test_a_month_that_was_refused_leaves_the_clock_of_the_one_that_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Airflow, "start", lambda _: 1 / 0)
    fangpin("init", "--rehearsal")
    with pytest.raises(ZeroDivisionError):
        fangpin(*MONTH_AT_NINE)
    assert rehearsal_clock(current_site()) is None


@pytest.mark.parametrize("command", [("sample", "--month", "2024-03"), ("rehearse",)])
def test_made_up_files_do_not_come_into_a_real_home(home: Path, command: tuple[str, ...]) -> None:
    fangpin("init")
    (home / "inbox" / "县医保局" / "真.csv").write_text("a", "utf-8")
    with pytest.raises(HomeError, match="不是演练用的目录"):
        fangpin(*command)
    assert [path.name for path in home.rglob("*.csv")] == ["真.csv"]


@pytest.mark.parametrize("command", ["sample", "rehearse"])
def test_towns_do_not_answer_in_a_real_home(home: Path, command: str) -> None:
    fangpin("init")
    with pytest.raises(HomeError, match="演练用的目录"):
        fangpin(command, "--returns", "2024-03")
    assert not any((home / "inbox" / "各镇").rglob("*"))


@pytest.mark.parametrize("options", [(), ("--month", "2024-03", "--returns", "2024-03")])
def test_a_sample_is_of_a_month_or_of_returns(home: Path, options: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, ["sample", *options])
    assert done.exit_code == 2 and not home.exists()
