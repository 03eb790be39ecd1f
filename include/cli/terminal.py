"""Where commands speak: results on standard output, what went wrong beside it, and how far long work is."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Spoken(Console):
    """A console that leaves a sentence whole, so that a path in it can be copied, and keeps tables within its width."""

    def print(self, *objects: Any, **options: Any) -> None:
        """As `rich.console.Console.print`; what is only text is not broken into lines."""
        options.setdefault("soft_wrap", all(isinstance(part, str) for part in objects))
        super().print(*objects, **options)


console = Spoken(highlight=False, width=None if sys.stdout.isatty() else 200)
errors = Spoken(stderr=True, highlight=False)


class Steps:
    """Progress of long work: bars on a terminal, one line a step elsewhere."""

    def __init__(self) -> None:
        self._bars = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console, disable=not console.is_terminal,
        )  # fmt: skip
        self._tasks: dict[str, Any] = {}
        self._said: dict[str, tuple[int, int]] = {}

    def __enter__(self) -> Steps:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def report(self, step: str, done: int, total: int) -> None:
        """Tell how far a step is; ``total`` may still grow."""
        if console.is_terminal:
            if step not in self._tasks:
                self._tasks[step] = self._bars.add_task(step, total=total)
            self._bars.update(self._tasks[step], completed=done, total=total)
        elif self._said.get(step) != (done, total):
            self._said[step] = (done, total)
            console.print(f"{datetime.now():%H:%M:%S} {step} {done}/{total}")


def print_seconds(seconds: dict[str, float]) -> None:
    """How long each step took."""
    console.print("用时：" + "，".join(f"{step} {taken:.0f} 秒" for step, taken in seconds.items()))
