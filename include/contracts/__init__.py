"""What each department's table holds: one Open Data Contract Standard file a feed, loaded, expanded and checked."""

from include.contracts.headers import clean_header, head_variants
from include.contracts.load import contract, load_contracts
from include.contracts.model import (
    EXPLANATION_SHEET,
    LISTS_SHEET,
    REGISTRY,
    TEMPLATE_SHEETS,
    Column,
    Contract,
    ContractError,
    clean_choice,
    template_name,
)

__all__ = [
    "EXPLANATION_SHEET",
    "LISTS_SHEET",
    "REGISTRY",
    "TEMPLATE_SHEETS",
    "Column",
    "Contract",
    "ContractError",
    "clean_choice",
    "clean_header",
    "contract",
    "head_variants",
    "load_contracts",
    "template_name",
]
