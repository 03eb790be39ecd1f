"""Yes or no."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

from include.checking.kinds.reading import Context, Reading, narrow_text, qualified, unreadable, without_value

_YES = frozenset({
    "是", "有", "对", "√", "✓", "✔", "☑", "Y", "YES", "T", "TRUE", "1", "1.0", "真", "属实", "符合", "是的", "有的",
    "符合条件", "仍有", "存在", "需要", "仍是",
})  # fmt: skip
_NO = frozenset({
    "否", "无", "不", "不是", "没有", "没", "×", "X", "✗", "✘", "☒", "╳", "✕",
    "□", "☐", "▢", "N", "NO", "F", "FALSE", "0", "0.0", "假",
    "未", "非", "不属实", "不符合", "不符合条件", "不存在", "不需要",
})  # fmt: skip
_WORD = "([^☑√✓✔■☒□☐▢(),;、/]+)"
_TICKED_BEFORE, _TICKED_BEHIND = re.compile(f"[☑√✓✔■☒]{_WORD}"), re.compile(f"{_WORD}[☑√✓✔■☒]")
_BOX = re.compile("[□☐▢]")
_ANSWERS = (("没有", False), *((word, False) for word in "不无未非"), ("仍有", True), ("有", True), ("是", True))


def read_flag(cell: object, context: Context) -> Reading:
    """是/否, 有/无, √/×, ☑/□, Y/N, 1/0, and the column's own words （有劳动能力, 不缺少劳动力, 仍有困难） as a truth value.

    An answer that is taken back in the same breath (否，但…) waits for a person.
    """
    if isinstance(cell, bool):
        return Reading(cell)
    if isinstance(cell, (date, time, timedelta)):
        return _unknown()
    text = narrow_text(cell).upper()
    if text in _YES or text in _NO:  # 无 is an answer here and no blank
        return Reading(text in _YES)
    if (blank := without_value(text)) is not None:
        return blank
    label = context.column.label
    if len(text) > 1 and _BOX.search(text):  # □是 ☑否: the one that is ticked
        ticked = {_yes_or_no(word, label) for word in ticked_words(text)}
        return Reading(ticked.pop()) if len(ticked) == 1 and None not in ticked else _unknown()
    if (answer := _yes_or_no(text, label)) is not None:
        return Reading(answer)
    if (with_but := re.match(r"(.+?)[,，;；。(（:：、.]*(?:但|不过|然而|可是|只是)", text)) is not None:
        answer = _yes_or_no(with_but[1], label)
        return _unknown() if answer is None else Reading(answer, None, qualified("是" if answer else "否"))
    first, *others = re.split(r"[,，;；。(（:：、]", text)
    answer = _yes_or_no(first, label)
    if answer is None or any(_yes_or_no(other.rstrip(")）"), label) is (not answer) for other in others):
        return _unknown()
    return Reading(answer)


def ticked_words(text: str) -> list[str]:
    """The words whose box is ticked, where each stands behind its box or each before it."""
    pattern = _TICKED_BEFORE if re.match("[☑√✓✔■☒□☐▢]", text) else _TICKED_BEHIND
    return list(pattern.findall(text))


def _yes_or_no(text: str, label: str) -> bool | None:
    """The answer in a plain word, or in the words of the column's own question (不缺少劳动力 under 是否缺少劳动力).

    有劳动力 under 是否缺少劳动力 is no yes: behind 有 or 无 the question must stand from its first word on.
    """
    if text in _YES:
        return True
    if text in _NO:
        return False
    question = label.split("是否")[-1].removeprefix("仍").removeprefix("有")
    for prefix, answer in _ANSWERS:
        rest = text.removeprefix(prefix)
        if rest != text and len(rest) >= 2 and _abridges(rest, question) and ("是否" not in label or rest[0] == question[0]):
            return answer
    return True if "是否" in label and len(text) >= 2 and text[0] == question[0] and _abridges(text, question) else None


def _abridges(text: str, whole: str) -> bool:
    """Whether the characters of a text stand in the whole in the same order."""
    rest = iter(whole)
    return all(character in rest for character in text)


def _unknown() -> Reading:
    return unreadable("unknown_value", "closed", known="是或否（有或无）")
