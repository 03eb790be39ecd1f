"""Reading our own pages: tables and the places they name."""

from __future__ import annotations

import re

PLACE = re.compile(
    r"`((?:include|dags|dbt_project|expectations|docs|tests|tools|benchmarks|\.ci)/[^`\s<>*…]*|[A-Za-z_]+\.(?:md|toml)|Makefile)`"
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def rows_of(text: str) -> list[list[str]]:
    """The rows of a table, cell by cell, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def places_in(text: str) -> list[str]:
    """Files and folders a text names as code, below the project's root."""
    return PLACE.findall(text)


def links_in(text: str) -> list[str]:
    """Targets of links to files of ours."""
    return [target for target in LINK.findall(text) if "://" not in target]
