"""A contract and its columns as the rest of the code sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from include.contracts.headers import clean_header, clean_text
from include.errors import FangpinError

SQL_TYPES = {"amount": "DECIMAL(18,2)", "area": "DECIMAL(18,2)", "count": "INTEGER", "year": "INTEGER", "level": "INTEGER",
             "date": "DATE", "flag": "BOOLEAN"}  # fmt: skip
KINDS = frozenset({
    "text", "name", "id_number", "certificate_number", "student_number", "town", "village", "villages", "towns", "amount", "area",
    "count", "year", "month", "date", "term", "flag", "level", "choice", "choices", "event_id", "household_id", "phone",
    "warning_id", "answer",
})  # fmt: skip
PERSONAL_KINDS = frozenset({"name", "id_number", "certificate_number", "student_number", "household_id", "phone"})
PERSONAL = frozenset({"personal", "sensitive"})


REGISTRY = "rural_revitalization__registry"
"""The list of 脱贫人口 and 监测对象."""


class ContractError(FangpinError, ValueError):
    """A contract file is wrong; the message names file, field and what to write, in Chinese."""


def number_column(role: str) -> str:
    """The column with the identity number of a role; the person's own has no prefix."""
    return "id_number" if role == "person" else f"{role}_id_number"


def clean_choice(text: object) -> str:
    """A value as it is compared with the writings of a choice: NFKC (Ⅳ = IV), no spaces, upper case."""
    return clean_text(text).upper()


@dataclass(frozen=True)
class Column:
    """One column of a feed. Amounts are stored in 元 (yuan), areas in 亩 (mu), whatever unit the head carries.

    ``example``: what the example row of a template says there; '' where the kind alone says it.
    """

    name: str
    label: str
    aliases: tuple[str, ...]
    kind: str
    unit: str | None
    required: bool
    classification: str
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    choices_open: bool = False
    is_key: bool = False
    header: str = ""
    header_unit: str | None = None
    is_prefilled: bool = False
    is_of_visit: bool = False
    example: str = ""

    @property
    def sql_type(self) -> str:
        """The column's type in ``raw.<feed>``."""
        return SQL_TYPES.get(self.kind, "VARCHAR")

    @property
    def is_personal(self) -> bool:
        """True when values must not leave the warehouse whole (personal or sensitive)."""
        return self.classification in PERSONAL

    @cached_property
    def heads(self) -> frozenset[str]:
        """Every accepted head as ``clean_header`` leaves it; the column's own name is what pushed rows may use."""
        return frozenset(clean_header(text)[0] for text in (self.label, *self.aliases, self.name))

    @cached_property
    def writings(self) -> dict[str, str]:
        """Cleaned writing -> canonical choice; empty for a free column."""
        return {clean_choice(text): canonical for canonical, texts in self.choices.items() for text in (canonical, *texts)}

    def choice_of(self, text: object) -> str | None:
        """The canonical choice a cell means, else None (for kind ``level`` the choice is the level's digit)."""
        return self.writings.get(clean_choice(text))


@dataclass(frozen=True)
class ListCheck:
    """How a list that comes period by period is compared with those before it; see the seed ``list_checks``."""

    repeated_code: str
    equal_share: float
    fewest_rows: int
    resent_after_days: int
    volume_factor: int
    fewest_periods: int
    most_periods: int


@dataclass(frozen=True)
class Contract:
    """One feed: who sends it, when it is due and by which clause, what its rows are about, and its columns.

    ``order``: its place among the feeds. ``claims``: the roles of a row that name somebody (person, head, child …), the subject
    first. ``table_title``, ``grain``: what its table is called, and what one row is, in the models' documents; ``one_row``: the
    same for people, in Chinese.
    ``has_template``: whether somebody fills its table in from scratch. ``registry_columns``: what its department needs of the
    registry, column by column ``whole`` or ``masked``; empty for one that needs none of it.
    """

    feed: str
    order: int
    department: str
    dataset: str
    department_name: str
    title: str
    table_title: str
    grain: str
    one_row: str
    warning_type: str | None
    cause: str | None
    cause_name: str | None
    subject: str | None
    claims: tuple[str, ...]
    clause: str
    cadence: str
    period_kind: str
    period_column: str | None
    due: str
    due_rule: str
    real_time: bool
    event_column: str | None
    row_key: tuple[str, ...]
    title_words: tuple[str, ...]
    home_may_be_elsewhere: bool
    list_check: ListCheck | None
    columns: tuple[Column, ...]
    has_template: bool = True
    registry_columns: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def screens_at_once(self) -> bool:
        """Whether what it brings is screened as soon as it is published: a town waits for it, or everybody is matched with it."""
        return self.real_time or self.feed == REGISTRY

    @property
    def is_event(self) -> bool:
        """Whether its rows are keyed by an event: a later report replaces the earlier one in whatever period it came."""
        return self.period_kind == "event"

    @property
    def amounts(self) -> tuple[str, ...]:
        """Columns that may be approximate in the file and then be settled by a person."""
        return tuple(column.name for column in self.columns if column.kind == "amount")

    @property
    def subject_number(self) -> tuple[str, str] | None:
        """The columns with the subject's number and name; None where nobody is named."""
        return (number_column(self.claims[0]), f"{self.claims[0]}_name") if self.claims else None

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def by_head(self) -> dict[str, Column]:
        """Cleaned head -> column; a head belongs to one column only."""
        return {head: column for column in self.columns for head in column.heads}

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the feed has none."""
        return self._by_name[name]

    def has_column(self, name: str) -> bool:
        return name in self._by_name

    @property
    def clock_column(self) -> str:
        """The column whose day starts the clock of an event feed: its first required date."""
        return next(column.name for column in self.columns if column.kind == "date" and column.required)

    @property
    def required_columns(self) -> tuple[Column, ...]:
        """The columns marked ``*`` in the feed table: present and filled."""
        return tuple(column for column in self.columns if column.required)


EXPLANATION_SHEET, LISTS_SHEET = TEMPLATE_SHEETS = ("填写说明", "模板镇村名录")
"""What a template has besides the sheet to fill in: its explanation and, hidden, the lists of its drop-downs."""


def template_name(contract: Contract) -> str:
    """The file that a department fills in, as it is called in ``<home>/templates`` and in letters; ``''`` where there is none."""
    return f"{contract.title}_模板.xlsx" if contract.has_template else ""
