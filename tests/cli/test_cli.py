"""What the command line says by itself: Chinese, whole at 80 columns, and no bug told as the user's fault."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from rich.cells import cell_len
from typer.core import TyperGroup
from typer.testing import CliRunner

from include.cli import app as cli
from include.cli.words import broken
from include.site import PROJECT, current_site
from include.site.faults import FAULTS
from tests.files import person

ENGLISH = re.compile(
    r"(?i)usage|options?\b|arguments?\b|commands?\b|missing|no such|invalid|try '|show this|required|default|input should|<\w+>"
    r"|unexpected|does not|requires|error\b"
)
"""What typer and click say; names of our own options and tables are Latin too."""
HIDDEN_MONTHS = ("2024-3", "2024-13", "202403", "2023-00", "2024/03", "２０２４-03", "2024-03 ", "")


def commands(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, found in group.commands.items():
        yield from commands(found, (*path, name)) if isinstance(found, TyperGroup) else [(*path, name)]


ROOT = typer.main.get_command(cli.app)
assert isinstance(ROOT, TyperGroup)


def said(*words: str) -> tuple[int, str]:
    """Exit code and everything printed, at 80 columns without a terminal."""
    done = CliRunner().invoke(cli.app, list(words), env={"COLUMNS": "80", "TERMINAL_WIDTH": None})
    return done.exit_code, done.output


@pytest.mark.parametrize("path", commands(ROOT), ids=" ".join)
def test_help_is_chinese_and_whole(path: tuple[str, ...]) -> None:
    code, text = said(*path, "--help")
    assert code == 0 and "用法：" in text and "显示这份说明" in text
    assert not ENGLISH.search(re.sub(r"--\w+", "", text)), text
    assert "…" not in text
    assert max(cell_len(line) for line in text.splitlines()) <= 80


def test_the_list_of_commands_has_the_first_sentence_of_each_whole() -> None:
    flat = re.sub(r"[\s│]", "", said("--help")[1])
    for found in (*ROOT.commands.values(), ROOT):
        first = re.sub(r"\s", "", (found.help or "").split("\n\n")[0])
        assert first and first in flat


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["export"], "缺少参数“表名”"),
        (["sample"], "--month 和 --returns 请给出其中一个"),
        (["mont"], "没有命令“mont”；是不是 month？"),
        (["review", "nothing"], "没有命令“nothing”"),
        (["--now", "2024-03-10T08:00"], "没有写命令"),
        (["up", "--prt", "1"], "没有选项“--prt”；是不是 --port？"),
        (["up", "-z"], "没有选项“-z”"),
        (["up", "--port"], "选项“--port”后面要写值"),
        (["up", "--port", "x"], "选项“--port”：值不对；请写整数"),
        (["up", "--foreground=1"], "选项“--foreground”后面不要写值"),
        (["status", "now", "please"], "多出了“now please”"),
        (["explain"], "请给出一个预警编号"),
    ],
)
def test_wrong_calls_are_told_in_chinese(home: Path, words: list[str], expected: str) -> None:
    code, text = said(*words)
    assert code == 2 and expected in text
    assert not ENGLISH.search(re.sub(r"--\w+", "", text)) and "…" not in text


@pytest.mark.parametrize("text", HIDDEN_MONTHS)
@pytest.mark.parametrize("words", [["month"], ["sample", "--month"], ["export", "warnings", "--dispatch"]], ids=" ".join)
def test_a_wrong_month_is_refused_alike(home: Path, words: list[str], text: str) -> None:
    code, output = said(*words, text)
    assert code == 2 and f"“{text}”不是月份；请写成 2024-03" in output
    assert not home.exists()


def test_a_dispatch_may_be_one_that_was_issued_at_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, error = ended("export", "warnings", "--dispatch", "instant-2024-001", capsys=capsys)
    assert code == 1 and "instant-2024-001 期尚未交办；期次见 fangpin status" in error


def ended(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    """Exit code and error output of the whole program."""
    with pytest.MonkeyPatch.context() as patched, pytest.raises(SystemExit) as end:
        patched.setattr(sys, "argv", ["fangpin", *words])
        cli.main()
    return end.value.code, capsys.readouterr().err


def test_a_bug_is_no_fault_of_the_user_and_tells_no_cell(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = person("张三")

    def broken_export(*_: object, **__: object) -> None:
        raise ValueError(f"could not convert {number}")

    monkeypatch.setattr("include.warnings.export.export", broken_export)
    code, error = ended("export", "deliveries", capsys=capsys)
    kept = current_site().home / FAULTS
    assert code == 2 and "不是您的操作有误" in error and str(kept) in error
    assert "Traceback" not in error and number not in error
    text = kept.read_text("utf-8")
    assert "builtins.ValueError" in text and "broken_export" in text and number not in text
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600 and stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_a_bug_is_told_where_nothing_can_be_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.write_text("a file where the folder should be")
    code, error = ended("export", "deliveries", capsys=capsys)
    assert code == 2 and "没能记下来" in error and "Traceback" not in error


def test_only_the_command_that_needs_it_loads_what_takes_long() -> None:
    script = "import sys, include.cli.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "include.cli.status" in loaded and "include.reports.labels" not in loaded, "the labels read every contract"
    assert not loaded & {"airflow", "dbt", "duckdb", "great_expectations", "httpx", "pandas", "pyarrow", "typst", "xlsxwriter"}


@pytest.mark.parametrize("width", [10, 21, 80])
def test_lines_break_between_characters_and_lose_none(width: int) -> None:
    text = "按时钟走完一年(空的 FANGPIN_HOME):十二个月、四个季度，与“应有的”结果逐项核对[必填]。"
    lines = list(broken(text, width))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= max(width, cell_len("(FANGPIN_HOME):")) for line in lines)
    assert not any(line[0] in ",。;:、)”]" for line in lines)
