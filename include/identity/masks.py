"""Who sees how much of a person. One place says it; the macro of the models is rendered from here.

| audience | reads | identity number | name |
|---|---|---|---|
| town | its own workbook and letter, for its own households only | whole | whole |
| bureau | review workbook, county workbook, delivery overview, queue | last four | whole |
| export | ``fangpin export`` and ``explain``, what an auditor or another program reads | last four | first character |
| department, list of the registry | what its contract says it needs | whole to match by, else last four | whole |
| department | what came of its own rows (处理结果) | last four of the number it sent | as it sent it |
| department | measures that name it | nothing | the head's, whole |
| department | suggestions beside a row it gets back; its own cells stand there as it sent them | nothing | nothing |

Whoever may see a part of a number sees the same part, so that two papers laid side by side say no more than one. The last four
tell two people of a household apart, which the first six, the division, cannot within one county. A department gets nothing:
what is left of the number it sent stands in the same line, and with the last four beside it the number would be whole. A list of
the registry has no such line, so the last four may tell two of one name apart there; what came of a row shows of the number what
the row itself has, never what the registry knows beyond it.
"""

from __future__ import annotations

import re

DIGITS_SHOWN = 4
LONGEST_HIDDEN = 8
"""Of something this short not even the end is shown: it would be half of it."""

_PERSON_NAMED = re.compile(r'("person_name":\s*")([^"]+)')
_NUMBER_LIKE = re.compile(r"(?<![0-9A-Za-z])(?:\d{17}[0-9Xx](?:[1-7][1-4](?:[A-Z][0-9])?)?|\d{15})(?![0-9A-Za-z])")


def mask_number(number: str | None) -> str:
    """An identity number for bureau and export: a star for each character but the last four; empty for none."""
    if not number:
        return ""
    shown = DIGITS_SHOWN if len(number) > LONGEST_HIDDEN else 0
    return "*" * (len(number) - shown) + number[len(number) - shown :]


def hide_number(number: str | None) -> str:
    """An identity number for a department: a star for each character."""
    return "*" * len(number or "")


def mask_numbers(text: str) -> str:
    """Text with every identity or disability certificate number in it masked, for whatever leaves a town's own workbook."""
    return _NUMBER_LIKE.sub(lambda found: mask_number(found[0]), text)


def mask_name(name: str) -> str:
    """A name for an export: the first character and one star for each other."""
    return name[:1] + "*" * (len(name) - 1)


def mask_candidates(text: str) -> str:
    """Candidates of the queue, which are JSON, with their names masked for an export; their numbers are masked already."""
    return _PERSON_NAMED.sub(lambda found: f"{found[1]}{mask_name(found[2])}", text)


def macro() -> str:
    """`mask_number` as an expression of the models."""
    return f"""{{# An identity number as a person may see it beside a name: include/identity/masks.py says who sees what. #}}
{{% macro masked_number(number) %}}
    case
        when length({{{{ number }}}}) > {LONGEST_HIDDEN}
            then repeat('*', length({{{{ number }}}}) - {DIGITS_SHOWN}) || right({{{{ number }}}}, {DIGITS_SHOWN})
        else repeat('*', length({{{{ number }}}}))
    end
{{% endmacro %}}
"""
