"""The command line's own words: help and faults of use in Chinese, whole at any width.

Typer carries click inside and prints its sentences in English; what is shown here is made anew from the same declarations.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

import typer
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from typer._click.exceptions import (
    BadOptionUsage,
    BadParameter,
    ClickException,
    MissingParameter,
    NoArgsIsHelpError,
    NoSuchOption,
    UsageError,
)
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from include.cli.terminal import errors
from include.site.calendar import is_month

INSTANT = re.compile(r"instant-[0-9]{4}-[0-9]{3,}")
HELP_OPTION = "显示这份说明"
KINDS = {"int": "整数", "float": "数字", "path": "文件", "str": "文字"}
"""What a value is, by the name typer has for its type."""
_PIECE = re.compile(r"\s+|[(《“[]*(?:[\w./*=@~-]+(?<=[!-~])|.)[,。;:、)》”…!?\]]*", re.ASCII)
"""What no line may break: a run of Latin, or one Chinese character, with the marks that belong to it."""


class Wrapped:
    """Chinese text that breaks between characters, before no closing mark and inside no Latin word."""

    def __init__(self, text: str, style: str = "") -> None:
        self.text, self.style = text, style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in broken(self.text, options.max_width):
            yield Text(line, style=self.style, overflow="fold")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(1, min(cell_len(self.text), options.max_width))


def broken(text: str, width: int) -> Iterator[str]:
    """The text in lines of at most that many half-width characters; a Latin word wider than that stands alone."""
    line = ""
    for piece in _PIECE.findall(text):
        if line and cell_len(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = piece.lstrip()
        else:
            line += piece
    yield line.rstrip()


class Command(TyperCommand):
    """A command whose help and faults are told in Chinese."""

    def get_usage(self, ctx: Any) -> str:
        return _usage(self, ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _print_help(self, ctx)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True
        if rest := super().parse_args(ctx, args):
            ctx.fail(f"多出了“{' '.join(rest)}”")
        return rest


class Group(TyperGroup):
    """A command with commands below it, told of in Chinese."""

    def get_usage(self, ctx: Any) -> str:
        return _usage(self, ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _print_help(self, ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            near = get_close_matches(args[0], self.commands, n=1)
            ctx.fail(f"没有命令“{args[0]}”；{f'是不是 {near[0]}？' if near else ''}可用：{'、'.join(self.commands)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        if not ctx._protected_args:
            ctx.fail(f"没有写命令；可用：{'、'.join(self.commands)}")
        return super().invoke(ctx)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """As typer's own, but a fault of use is told by us; it ends with exit code 2."""
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except ClickException as fault:
            if not standalone_mode:
                raise
            _print_fault(fault)
            sys.exit(fault.exit_code)
        except typer.Abort:
            if not standalone_mode:
                raise
            errors.print("已中止")
            sys.exit(1)
        if standalone_mode:
            sys.exit(code if isinstance(code, int) else 0)
        return code


class App(typer.Typer):
    """A typer application all of whose commands speak Chinese."""

    def __init__(self, **given: Any) -> None:
        super().__init__(cls=Group, add_completion=False, pretty_exceptions_enable=False, **given)

    def command(self, name: str | None = None, **given: Any) -> Callable[[Any], Any]:
        return super().command(name, cls=Command, **given)


def _usage(command: TyperCommand | TyperGroup, ctx: Any) -> str:
    pieces = [ctx.command_path, "[选项]", *(_name(param) for param in command.params if isinstance(param, TyperArgument))]
    return " ".join(["用法：", *pieces, *(["命令", "[参数]"] if isinstance(command, TyperGroup) else [])])


def _name(param: Any) -> str:
    """An argument as people call it, or an option with its short form."""
    if isinstance(param, TyperOption):
        return " ".join(sorted(param.opts, key=len))
    text = str(param.metavar or param.name)
    return text if param.required else f"[{text}]"


def _value(param: Any) -> str:
    """What is written behind an option; nothing behind one that is a switch."""
    if not isinstance(param, TyperOption) or param.is_flag:
        return ""
    return str(param.metavar or _kind(param, "值"))


def _kind(param: Any, otherwise: str) -> str:
    return KINDS.get(str(param.bare_type()).lower(), otherwise)


def _print_help(command: TyperCommand | TyperGroup, ctx: Any) -> None:
    console = Console(highlight=False)
    console.print(Wrapped(_usage(command, ctx), "bold"))
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    for text in filter(None, paragraphs):
        console.print()
        console.print(Wrapped("".join(text.splitlines())))
    console.print()
    params = [param for param in command.get_params(ctx) if not getattr(param, "hidden", False)]
    options = [param for param in params if isinstance(param, TyperOption)]
    _print_panel(console, "参数", [(_name(param), _described(param)) for param in params if param not in options])
    _print_panel(console, "选项", [(f"{_name(param)} {_value(param)}".strip(), _described(param)) for param in options])
    if isinstance(command, TyperGroup):
        below = [(name, found) for name in command.list_commands(ctx) if (found := command.get_command(ctx, name))]
        _print_panel(console, "命令", [(name, _first_sentence(found.help or "")) for name, found in below if not found.hidden])


def _print_panel(console: Console, title: str, rows: Sequence[tuple[str, str]]) -> None:
    if not rows:
        return
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), expand=True)
    table.add_column(no_wrap=True, style="cyan", min_width=max(cell_len(name) for name, _ in rows))
    table.add_column(ratio=1, overflow="fold")
    for name, text in rows:
        table.add_row(name, Wrapped(text))
    console.print(Panel(table, title=title, title_align="left", border_style="dim"))


def _first_sentence(text: str) -> str:
    """What a list of commands says of one: the first paragraph, whole."""
    return "".join(inspect.cleandoc(text).split("\n\n")[0].splitlines())


def _described(param: Any) -> str:
    if isinstance(param, TyperOption) and "--help" in param.opts:
        return HELP_OPTION
    if param.required:
        return f"{param.help or ''} [必填]"
    is_telling = param.default not in (None, False) and not callable(param.default)
    return f"{param.help or ''} [默认 {param.default}]" if is_telling else str(param.help or "")


def _print_fault(fault: ClickException) -> None:
    if isinstance(fault, NoArgsIsHelpError):
        return
    errors.print("[red]错误：[/red]", end="")
    errors.print(in_chinese(fault), markup=False)
    ctx = fault.ctx if isinstance(fault, UsageError) else None
    if ctx is not None:
        errors.print(ctx.get_usage(), markup=False)
        errors.print(f"详见：{ctx.command_path} --help", markup=False)


def in_chinese(fault: ClickException) -> str:
    """What is wrong with a command as it was typed, and what to write."""
    if isinstance(fault, MissingParameter):
        return f"缺少{_what(fault)}"
    if isinstance(fault, NoSuchOption):
        near = f"；是不是 {'、'.join(sorted(fault.possibilities))}？" if fault.possibilities else ""
        return f"没有选项“{fault.option_name}”{near}"
    if isinstance(fault, BadOptionUsage):
        is_switch = "does not take" in fault.message
        return f"选项“{fault.option_name}”后面{'不要写值' if is_switch else '要写值'}"
    if isinstance(fault, BadParameter):
        named = _what(fault)
        return f"{named}：{_wanted(fault)}" if named else _wanted(fault)
    return fault.message


def _what(fault: BadParameter) -> str:
    hint = fault.param_hint
    if hint is not None:
        return hint if isinstance(hint, str) else "、".join(hint)
    if fault.param is None:
        return ""
    names: Iterable[str] = fault.param.opts if isinstance(fault.param, TyperOption) else [_name(fault.param).strip("[]")]
    return f"{'选项' if isinstance(fault.param, TyperOption) else '参数'}“{' / '.join(names)}”"


def _wanted(fault: BadParameter) -> str:
    """Our own sentence; where typer could not convert the value (its words are English), what it should have been."""
    if fault.__cause__ is None:
        return fault.message
    return f"值不对；请写{_kind(fault.param, '合适的值')}"


def month_of(text: str | None) -> str | None:
    """A month as it must be typed. Raises BadParameter."""
    if text is not None and not is_month(text):
        raise typer.BadParameter(f"“{text}”不是月份；请写成 2024-03")
    return text


def dispatch_of(text: str | None) -> str | None:
    """A dispatch goes by its month, one that was issued at once by its number. Raises BadParameter."""
    return text if text is None or INSTANT.fullmatch(text) else month_of(text)
