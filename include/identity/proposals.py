"""Who a refused identity number may belong to: somebody in the registry whose name, village and surviving digits agree.

Suggestions only, for a person to confirm: the row stays rejected. They name the household and no digit.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from include.identity.masks import hide_number
from include.identity.numbers import LARGEST_EXACT

DAMAGED = frozenset(
    {
        "float_number", "tail_lost", "masked", "length", "cut_short", "characters", "region",
        "birth_date", "future_birth_date", "check_character",
    }
)  # fmt: skip
"""Error codes of a number that still says something about its holder."""

EXACT_DIGITS = 15  # 电子表格只保留 15 位有效数字
LARGEST_FIGURE = 10**20
LEAST_KNOWN_DIGITS = 10
MOST_WRONG_DIGITS = 3
MOST_PROPOSALS = 3
_WILDCARDS = re.compile(r"[?？□■�\ue000-\uf8ff]")
_NOT_NAME = re.compile(r"[^\w?？□■�\ue000-\uf8ff]|_")
_UNKNOWN_DIGIT = "*"


@dataclass(frozen=True)
class RegistryPerson:
    """What a proposal needs to know of a person in the registry in force."""

    person_name: str
    village_code: str | None
    id_number: str
    household_id: str


@dataclass(frozen=True)
class Proposal:
    """A person the row may be about; ``confidence`` between 0 and 1; the number is hidden."""

    household_id: str
    hidden_number: str
    confidence: float
    evidence: str

    def __str__(self) -> str:
        return f"可能是户编号{self.household_id}、证号{self.hidden_number}（把握{self.confidence:.2f}）：{self.evidence}"


def name_key(name: object) -> str:
    """A name for comparing: letters only, so that spaces, dots of minority names and width do not matter."""
    return _NOT_NAME.sub("", unicodedata.normalize("NFKC", name if isinstance(name, str) else "").lower())


def names_agree(left: str, right: str) -> bool:
    """Whether two name keys can be one name; a stand-in for a character a computer lacked is any one character."""
    if left == right:
        return bool(left)
    if len(left) != len(right) or not _WILDCARDS.search(left + right):
        return False
    return all(a == b or _WILDCARDS.match(a) or _WILDCARDS.match(b) for a, b in zip(left, right, strict=True))


def surviving_digits(cell: object) -> str:
    """What is left of a number, * where it is unknown: of a figure only the first fifteen digits are true."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if not 0 <= cell < LARGEST_FIGURE:
            return ""
        if cell < LARGEST_EXACT:
            return str(int(cell))
        mantissa, exponent = f"{cell:.{EXACT_DIGITS - 1}e}".split("e")
        return mantissa.replace(".", "").ljust(int(exponent) + 1, _UNKNOWN_DIGIT)
    text = unicodedata.normalize("NFKC", cell if isinstance(cell, str) else "").upper()
    if re.fullmatch(r"\s*[0-9](?:\.[0-9]+)?E\+?1[5-9]\s*", text):
        mantissa, exponent = text.strip().split("E")
        digits = mantissa.replace(".", "")[:EXACT_DIGITS]
        return digits.ljust(int(exponent.lstrip("+")) + 1, _UNKNOWN_DIGIT)
    text = re.sub(r"[^0-9X*]", "", re.sub(r"\.0+$", "", text.strip()))
    if len(text) == 18 and text.endswith("000"):
        return text[:EXACT_DIGITS] + _UNKNOWN_DIGIT * 3
    return text


def agreement(survivors: str, number: str) -> tuple[int, int]:
    """How many of the known digits stand where the registry's number has them, and how many are known at all.

    Of a number with digits too many or too few, those before and after the gap count.
    """
    known = sum(mark != _UNKNOWN_DIGIT for mark in survivors)
    if len(survivors) == len(number):
        return sum(a == b for a, b in zip(survivors, number, strict=True)), known
    head = _common_prefix(survivors, number)
    tail = _common_prefix(survivors[::-1], number[::-1])
    return min(head + tail, len(survivors), len(number)), max(known, len(number))


def _common_prefix(left: str, right: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


class RegistryIndex:
    """The registry's people by village and by name, for looking up a damaged number."""

    def __init__(self, people: Iterable[RegistryPerson]) -> None:
        self._by_village: dict[str, list[tuple[str, RegistryPerson]]] = defaultdict(list)
        self._by_name: dict[str, list[tuple[str, RegistryPerson]]] = defaultdict(list)
        self.numbers: set[str] = set()
        for person in people:
            self.numbers.add(person.id_number)
            key = name_key(person.person_name)
            self._by_name[key].append((key, person))
            if person.village_code:
                self._by_village[person.village_code].append((key, person))

    def propose(self, cell: object, name: object, village_code: str | None) -> list[Proposal]:
        """Those it may be, most likely first; nobody when neither the name nor enough digits agree."""
        survivors, wanted = surviving_digits(cell), name_key(name)
        near = {person for _, person in (*self._by_village.get(village_code or "", ()), *self._by_name.get(wanted, ()))}
        people = sorted(near, key=lambda person: (person.household_id, person.id_number))
        found = [proposal for person in people if (proposal := weigh(person, survivors, wanted, village_code)) is not None]
        return sorted(found, key=lambda proposal: -proposal.confidence)[:MOST_PROPOSALS]


def weigh(person: RegistryPerson, survivors: str, name: str, village_code: str | None) -> Proposal | None:
    """Name, village and digits weighed: all three agreeing is close to certain, digits alone never enough."""
    same, known = agreement(survivors, person.id_number)
    same_name = names_agree(name, name_key(person.person_name))
    same_village = village_code is not None and person.village_code == village_code
    wrong = known - same
    if known < LEAST_KNOWN_DIGITS or wrong > MOST_WRONG_DIGITS or not (same_name or (same_village and not wrong)):
        return None
    agreed = 0.99 if same_name and same_village else 0.85 if same_name else 0.55
    confidence = round(agreed * (1 - 0.08 * wrong) * min(1.0, 0.7 + 0.02 * known), 2)
    said = [
        "姓名相同" if same_name else "姓名不同",
        "同村" if same_village else "不同村" if village_code and person.village_code else "村不明",
        f"留存的{known}位号码{'全部相符' if not wrong else f'中{same}位相符'}",
    ]
    return Proposal(person.household_id, hide_number(person.id_number), confidence, "、".join(said))


def proposal_text(proposals: Sequence[Proposal]) -> str | None:
    """One line a proposal, for the issue list and the return workbook."""
    return "\n".join(map(str, proposals)) or None
