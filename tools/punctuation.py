"""Chinese text has full-width punctuation: finds half-width marks in it, and repairs them.

``python tools/punctuation.py --check`` lists what is half-width and ends with 1; ``--fix`` repairs it. Paths may follow.

Looked at is what people read: the prose of .md, comments and descriptions of .yml and .yaml, the text columns of the seeds,
comments and string literals of .py and .sql. Left alone is what programs compare: code, regular expressions, keys, what a literal
is compared with, heads with a unit in brackets, 损失(元), clauses, 第二条(一), which other programs read, aliases and choices of
the contracts, what tests put in, what is rendered from elsewhere (render it again), the files of the rehearsal county.
"""

from __future__ import annotations

import ast
import csv
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
FULL = str.maketrans(",;:?!()", "，；：？！（）")
HAN = r"\u4e00-\u9fff"
LATIN_TO_HAN = 2
"""More letters than so many times the Chinese characters: the text is English."""
FIELD, CODE = "\ufffc", "\ufffb"
"""Stand for each character of a field of an f-string; of code, of a link's target, of a quote."""
HOLE = FIELD + CODE

_MARK = re.compile(
    rf"(?<=[{HAN}”’）》】…])[,;:?!](?! )|(?<=[{HAN}]\*\*)[,;:?!](?! )|[,;:?!](?=[{HAN}“‘（《【])"
    rf"|(?<=[{HOLE}])[,;:?!](?=[{HOLE}]|$)|(?<=[{HOLE}])[,;](?=\w)",
    re.MULTILINE,
)
_PAIR = re.compile(r"\(([^()]*)\)")
_HAN = re.compile(f"[{HAN}]")
_UNIT = re.compile(rf"\s*(?:单位[:：]?)?(?:元|万元|亿元|亩|公顷|人|人次|户|岁|月|%|个|分)(?:/[{HAN}])?\s*")
_NUMBERED = re.compile(r"[一二三四五六七八九十]+|\d+")
_REGEX_LIKE = re.compile(rf"[{HAN}]\|[{HAN}]|" r"\\[dswbDSWBpnu.]|\(\?[:=!<P]|\[\^|\.\*|\)\?|\]\+")

RENDERED = re.compile(r"rendered by `fangpin contracts render`; do not edit")
SKIPPED = (
    "docs/for-departments-annex.md",
    "docs/push.md",
    "docs/month.svg",
    "include/rehearsal/county/",
    "benchmarks/mutations/",
    "tests/cases/",
    "dbt_project/seeds/generated/",
    "tests/releases/",
)
PROSE_KEYS = {
    "description", "purpose", "usage", "limitations", "dataGranularityDescription", "says", "why", "note", "name", "due", "when",
}  # fmt: skip
PROSE_COLUMNS = {"finding", "reason", "note", "clause_text", "label"}
COMPARING = {
    "startswith", "endswith", "split", "rsplit", "partition", "rpartition", "replace", "removeprefix", "removesuffix", "strip",
    "find", "index", "count", "get", "sub", "match", "search", "fullmatch", "compile", "findall", "finditer",
}  # fmt: skip
"""Methods whose text arguments are looked for."""

CODED = "监测对象"
"""What stands before brackets that belong to a value other programs read: 监测对象(脱贫不稳定户)."""

Span = tuple[int, int]


def repaired(text: str) -> str:
    """A piece of prose with full-width marks where Chinese stands beside them; code in it is HOLE already."""
    if not _HAN.search(text):
        return text
    before = ""
    while text != before:
        before = text
        text = _PAIR.sub(_bracketed, _MARK.sub(lambda found: found[0].translate(FULL), text))
    return text


def _bracketed(pair: re.Match[str]) -> str:
    """A pair of brackets: full-width with or beside Chinese, but for units and numbered clauses; an inner pair comes first."""
    before, inside = pair.string[: pair.start()], pair[1]
    is_head = before[-1:] == FIELD and not inside.strip(FIELD)  # label(unit), both from elsewhere
    is_clause = before[-1:] in ("条", "款", "章") and _NUMBERED.fullmatch(inside)
    if not inside or is_head or is_clause or _UNIT.fullmatch(inside) or before.endswith(CODED):
        return pair[0]
    is_chinese = _HAN.search(inside) or re.search(f"[{HAN}”》）{CODE}]$", before)
    return f"（{inside}）" if is_chinese else pair[0]


def prose_of(path: Path, text: str) -> Iterator[Span]:
    """Where prose stands in a file, as offsets."""
    kinds = {".md": _md, ".py": _py, ".sql": _sql, ".yml": _yaml, ".yaml": _yaml, ".csv": _csv}
    yield from kinds[path.suffix](path, text)


def _md(path: Path, text: str) -> Iterator[Span]:
    """Paragraph by paragraph; of a block of code its comments; nothing of what is rendered."""
    at = begin = 0
    is_fenced = is_rendered = False
    for line in [*text.splitlines(keepends=True), ""]:
        is_fence = line.lstrip().startswith("```")
        is_rendered = is_rendered or RENDERED.search(line) is not None
        if is_fence or is_fenced or is_rendered or not line.strip():
            yield begin, at
            begin = at + len(line)
        if is_fenced and not is_fence and "# " in line:
            yield at + line.find("# "), begin
        is_fenced ^= is_fence
        is_rendered = is_rendered and "end of what is rendered" not in line
        at += len(line)


def _py(path: Path, text: str) -> Iterator[Span]:
    starts = _line_starts(text)
    compared, asserted = _compared(text, starts, is_test="tests" in path.parts)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in (tokenize.COMMENT, tokenize.STRING):
            continue
        span = starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1]
        if token.type == tokenize.COMMENT or (_is_prose(token) and not _within(span, compared)):
            is_docstring = token.line.lstrip().startswith('"""')
            if token.type == tokenize.COMMENT or is_docstring or "tests" not in path.parts or _within(span, asserted):
                yield span


def _is_prose(token: tokenize.TokenInfo) -> bool:
    """A literal that is neither raw nor bytes nor a regular expression nor a formula of a workbook."""
    is_code = re.match(r"""(?i)f?r|b|\w?["']=""", token.string)
    return not is_code and not _REGEX_LIKE.search(token.string.replace("\\n", ""))


def _compared(text: str, starts: list[int], *, is_test: bool) -> tuple[list[Span], list[Span]]:
    """Where literals are compared with something, and, in tests, where they are what is expected."""
    compared: list[Span] = []
    asserted: list[Span] = []

    def span(node: ast.expr) -> Span:
        return _offset(text, starts, node.lineno, node.col_offset), _offset(text, starts, node.end_lineno, node.end_col_offset)

    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Dict):
            compared += [span(key) for key in node.keys if key is not None]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) != "Annotated":
            compared.append(span(node.slice))
        elif isinstance(node, ast.Set):
            compared += [span(item) for item in node.elts]
        elif isinstance(node, ast.Compare):
            into = asserted if is_test else compared
            into += [span(side) for side in (node.left, *node.comparators) if isinstance(side, ast.Constant | ast.JoinedStr)]
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name in COMPARING or ast.unparse(node.func) in ("frozenset", "set"):
                compared += [span(given) for given in node.args]
            asserted += [span(given.value) for given in node.keywords if given.arg == "match"]
    return compared, asserted


def _sql(path: Path, text: str) -> Iterator[Span]:
    if RENDERED.search(text):
        return
    for found in re.finditer(r"--[^\n]*|\{#.*?#\}|'(?:[^'\n]|'')*'", text, re.DOTALL):
        if not found[0].startswith("'") or not (re.search(r"[()\[\]|^$*]", found[0]) or _is_compared(text, found.start())):
            yield found.span()


def _is_compared(text: str, at: int) -> bool:
    return re.search(r"(?:[=<>]|\bin \(|\blike|contains\([^()]*,)\s*$", text[max(0, at - 80) : at]) is not None


def _yaml(path: Path, text: str) -> Iterator[Span]:
    """Comments; values of keys that are prose; in unit tests of the models what they expect."""
    if text.startswith("#") and RENDERED.search(text.split("\n", 1)[0]):
        return
    tree = yaml.compose(text, yaml.SafeLoader)
    values = [part for span in _scalars(tree, ()) for part in _cells(text, span) if _HAN.search(text[slice(*part)])]
    rendered = [found.span() for found in re.finditer(r"(?s)# rendered by `fangpin.*?# end of what is rendered", text)]
    yield from (span for span in values if not _within(span, rendered))
    covered = [(node.start_mark.index, node.end_mark.index) for node in _nodes(tree)]
    for found in re.finditer(r"(?m)(?:^|(?<= ))#[^\n]*$", text):
        if not _within(found.span(), covered):
            yield found.span()


def _cells(text: str, span: Span) -> Iterator[Span]:
    """A value whole; of rows of csv, which unit tests expect, the cells, so that what parts them stays."""
    piece = text[slice(*span)]
    if not piece.startswith("|"):
        yield span
        return
    for cell in re.finditer(r'"(?:[^"\n]|"")*"|[^,\n"]+', piece):
        yield span[0] + cell.start(), span[0] + cell.end()


def _nodes(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from (*_nodes(key), *_nodes(value))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _nodes(item)


def _scalars(node: yaml.Node | None, path: tuple[str, ...]) -> Iterator[Span]:
    if isinstance(node, yaml.ScalarNode):
        if path and (path[-1] in PROSE_KEYS or "expect" in path) and not {"given", "choices", "aliases"} & set(path):
            yield node.start_mark.index, node.end_mark.index
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(value, (*path, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item, path)


def _csv(path: Path, text: str) -> Iterator[Span]:
    """Text columns of a seed, cell by cell."""
    head = next(csv.reader(io.StringIO(text)))
    wanted = [at for at, name in enumerate(head) if name in PROSE_COLUMNS]
    at = text.find("\n") + 1
    for line in text[at:].splitlines(keepends=True):
        cells = list(re.finditer(r'(?:^|(?<=,))(?:"(?:[^"]|"")*"|[^,\n]*)', line))
        yield from ((at + cells[index].start(), at + cells[index].end()) for index in wanted if index < len(cells))
        at += len(line)


def _line_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\n", text))]


def _offset(text: str, starts: list[int], line: int | None, byte: int | None) -> int:
    """Offset in characters of a place the syntax tree gives in bytes of a line."""
    begin = starts[(line or 1) - 1]
    row = text[begin : text.find("\n", begin) if "\n" in text[begin:] else len(text)]
    return begin + len(row.encode()[: byte or 0].decode())


def _within(span: Span, others: Iterable[Span]) -> bool:
    return any(begin <= span[0] and span[1] <= end for begin, end in others)


def _masked(path: Path, piece: str) -> str:
    """The piece with what is no prose in it replaced by as many holes."""

    def hole(pattern: str, with_: str = CODE) -> None:
        nonlocal piece
        piece = re.sub(pattern, lambda found: with_ * len(found[0]), piece)

    if path.suffix == ".py" and re.match("(?i)f", piece):
        hole(r"\{\{|\}\}|\{(?:[^{}]|\{[^{}]*\})*\}", FIELD)
    if path.suffix == ".md" or piece.startswith(("#", '"""', "--", "{#")):
        hole(r"`+[^`\n]+`+|(?<=\])\([^()\n]*\)|https?://\S+|<!--.*?-->")
    if path.suffix == ".py" and not piece.startswith("#"):
        hole(r"""^[a-zA-Z]?(?:\"\"\"|"|')|(?:\"\"\"|"|')$""")
    if path.suffix == ".sql":
        hole(r"\{\{.*?\}\}")
    hole(r"\[/?[a-z ]+\]")  # Rich's marks
    return piece


def _is_english(piece: str) -> bool:
    """Comments and docstrings in English with a Chinese word here and there keep their marks."""
    return len(re.findall("[A-Za-z]", piece)) > LATIN_TO_HAN * len(_HAN.findall(piece))


def repair(path: Path, text: str) -> str:
    """The file's text with its prose repaired; ``path`` is below the project's root."""
    done = list(text)
    for begin, end in prose_of(path, text):
        piece = _masked(path, text[begin:end])
        if _is_english(piece):
            continue
        for at, mark in enumerate(repaired(piece)):
            if mark not in HOLE:
                done[begin + at] = mark
    return "".join(done)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """Every file to be looked at below the paths, by its path below the root."""
    for path in paths:
        for found in sorted(path.rglob("*")) if path.is_dir() else [path]:
            below = found.absolute().relative_to(ROOT)  # a link in an environment leads elsewhere
            is_ours = not any(part.startswith(".") or part in ("data", "target", "build") for part in below.parts)
            is_read = found.suffix in (".md", ".py", ".sql", ".yml", ".yaml") or (
                found.suffix == ".csv" and "seeds" in below.parts
            )
            if is_ours and is_read and not str(below).startswith(SKIPPED):
                yield below


def main(arguments: list[str]) -> int:
    """Exit code: 1 when something is half-width and was not repaired."""
    is_fix = "--fix" in arguments
    paths = [Path(each) for each in arguments if not each.startswith("--")] or [ROOT]
    counts: Counter[str] = Counter()
    for path in files(paths):
        text = (ROOT / path).read_text("utf-8")
        done = repair(path, text)
        if done == text:
            continue
        changed = [at for at, (old, new) in enumerate(zip(text, done, strict=True)) if old != new]
        counts["/".join(path.parts[:2]) if len(path.parts) > 2 else path.parts[0]] += len(changed)
        if is_fix:
            (ROOT / path).write_text(done, "utf-8")
        elif "--counts" not in arguments:
            for number in sorted({text.count("\n", 0, at) for at in changed}):
                print(f"{path}:{number + 1}:{text.splitlines()[number].strip()}")
    for folder, count in sorted(counts.items()):
        print(f"{folder}：{count} 处{'已改' if is_fix else '半角标点'}")
    return 0 if is_fix else bool(counts)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
