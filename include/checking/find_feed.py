"""Which feed a table is: the contract with the most matched required columns; title and file name help where columns tie.

Of two contracts with the same matched columns the one that lacks fewer goes first, then the only one that has a column of its own
in the head, then the one that title or file name tell; only a tie is refused (``FEEDS.md``, "Recognition").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from include.checking.match_columns import ADDRESS_HEADS, PLACES, is_at_home
from include.checking.reasons import refused
from include.checking.sent import Candidate, Sent, heads_of, in_sheet, quoted
from include.checking.table import holds_people
from include.contracts import Contract
from include.reading.refusal import Refused

REGULAR = frozenset({"month", "quarter", "half_year", "year"})


def choose_contract(candidate: Candidate, sent: Sent) -> None:
    """Leaves with a table its contract, or why it has none."""
    try:
        candidate.contract = _contract_of(candidate, sent)
    except Refused as refusal:
        candidate.refusal = refusal


def one_contract(found: list[Candidate], sent: Sent) -> Contract:
    """The one feed that the tables of a file are. Raises Refused: the tables' own refusal, mixed_feeds."""
    feeds = list({candidate.contract.feed: candidate.contract for candidate in found if candidate.contract}.values())
    if not feeds:
        worst = next((candidate for candidate in found if holds_people(candidate.table.rows)), found[0])
        raise worst.refusal or AssertionError("a table without feed has a refusal")
    if len(feeds) > 1:
        parts = (f"{in_sheet(candidate.sheet)}是《{candidate.contract.title}》" for candidate in found if candidate.contract)
        raise refused("mixed_feeds", file=sent.file_name, parts="；".join(parts))
    return feeds[0]


def feed_of_zero_report(texts: list[str], sent: Sent) -> Contract:
    """The feed it names, else the department's only feed, else its only one with a due date.

    Raises Refused (zero_report_without_feed).
    """
    named = _named(sent.own, [sent.stem, *texts])
    regular = [contract for contract in sent.own if contract.cadence in REGULAR]
    for choice in (named, sent.own, regular):
        if len(choice) == 1:
            return choice[0]
    raise refused("zero_report_without_feed", file=sent.file_name, titles=sent.own_titles)


class _Fit:
    """How well a table's labels fit a contract. ``matched`` are the labels that name a required column."""

    def __init__(self, contract: Contract, labels: set[str]) -> None:
        self.contract = contract
        found = {column.name: labels & column.heads for column in contract.required_columns}
        self.matched = {min(heads) for heads in found.values() if heads}
        in_address = PLACES if labels & ADDRESS_HEADS and is_at_home(contract) else ()
        self.missing = [
            column.label for column in contract.required_columns if not found[column.name] and column.name not in in_address
        ]

    @property
    def is_whole(self) -> bool:
        return not self.missing

    def covers(self, other: _Fit) -> bool:
        """The same columns are matched and fewer are missing: 自付(监测对象) against the same with 人员类别."""
        return other.matched <= self.matched and set(self.missing) < set(other.missing)

    @property
    def is_half(self) -> bool:
        return len(self.matched) >= max(2, len(self.missing))


def _contract_of(candidate: Candidate, sent: Sent) -> Contract:
    table, sheet = candidate.table, candidate.sheet
    labels = {head.label for head in table.heads}
    at = f"文件“{sent.file_name}”{in_sheet(sheet)}第 {table.header_rows[0]} 行的表头"
    fits = [_Fit(contract, labels) for contract in sent.contracts]
    own = [fit for fit in fits if fit.contract.department == sent.department]
    most = max((len(fit.matched) for fit in own), default=0)
    other = max((fit for fit in fits if fit not in own), key=lambda fit: len(fit.matched), default=None)
    if other and other.is_half and len(other.matched) > most and not any(fit.is_whole for fit in own):
        raise refused(
            "wrong_department",
            file=sent.file_name,
            sheet=in_sheet(sheet),
            other=other.contract.department_name,
            title=other.contract.title,
            sender=sent.sender,
        )
    best = [fit for fit in own if len(fit.matched) == most and fit.is_half]
    if not best:
        raise refused("unknown_table", "heads", at=at, present=heads_of(table), sender=sent.sender, titles=sent.own_titles)
    best = [fit for fit in best if not any(other.covers(fit) for other in best)]
    chosen = [fit.contract for fit in best]
    if len(chosen) > 1:
        alone = [one for one in chosen if labels & _heads_of_one(one, chosen)]
        chosen = alone if len(alone) == 1 else chosen
    if len(chosen) > 1:
        chosen = _named(chosen, [sent.stem, sheet.name, *table.titles])
    if len(chosen) != 1:
        titles = "、".join(f"《{fit.contract.title}》" for fit in best)
        lacking = "，".join(f"《{fit.contract.title}》还缺{quoted(fit.missing)}" for fit in best if fit.missing)
        raise refused("ambiguous", at=at, titles=titles, present=heads_of(table), lacking=f";{lacking}" if lacking else "")
    contract = chosen[0]
    if missing := _Fit(contract, labels).missing:
        raise refused("missing_column", at=at, missing=quoted(missing), title=contract.title, present=heads_of(table))
    return contract


def _heads_of_one(contract: Contract, tied: Sequence[Contract]) -> set[str]:
    """Heads that only this one of the contracts has."""
    others = {head for other in tied if other is not contract for head in other.by_head}
    return set(contract.by_head) - others


def _named(contracts: Sequence[Contract], texts: Sequence[str]) -> list[Contract]:
    """The contracts whose title, or one of whose title words, occurs in the texts."""
    whole = "\n".join(re.sub(r"\s+", "", text) for text in texts)
    return [contract for contract in contracts if any(word in whole for word in (contract.title, *contract.title_words))]
