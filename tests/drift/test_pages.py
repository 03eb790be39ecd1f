"""What our pages say of the house is so: every place they name exists, and the rooms are those of the floors."""

from __future__ import annotations

import re
import tomllib

import pytest

from include.site import PROJECT
from tests.drift.pages import links_in, places_in, rows_of

PAGES = ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md", "include/README.md", "docs/add-a-feed.md"]
PAGES += sorted(str(path.relative_to(PROJECT)) for path in (PROJECT / "docs" / "adr").glob("*.md"))
LAYERS = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]["layers"]


def text_of(page: str) -> str:
    return (PROJECT / page).read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_place_a_page_names_exists(page: str) -> None:
    text = text_of(page)
    assert [place for place in places_in(text) if not (PROJECT / place).exists()] == []
    assert [link for link in links_in(text) if not (PROJECT / page).parent.joinpath(link).exists()] == []


def test_the_page_of_the_rooms_lists_every_room_floor_by_floor() -> None:
    rooms = [row[1].strip("`").removesuffix(".py") for row in rows_of(text_of("include/README.md"))]
    floors = [re.split(r"\s*\|\s*", layer) for layer in LAYERS]
    assert rooms == [room for floor in floors for room in floor]
    here = {path.parent.name for path in (PROJECT / "include").glob("*/__init__.py")}
    assert here == set(rooms) - {"errors", "plain"}


def test_the_floors_are_drawn_as_they_are() -> None:
    drawn = re.findall(r"(?m)^ ?\d+ (\w+)", text_of("docs/architecture.md"))
    assert drawn == [layer.split(" | ")[0] for layer in LAYERS]


def test_each_of_the_ten_questions_is_answered_by_one_file() -> None:
    answers = rows_of(text_of("docs/architecture.md").split("## 十个问题")[1])
    assert len(answers) == 10
    assert [row for row in answers if len(places_in(row[1])) != 1 or not (PROJECT / places_in(row[1])[0]).is_file()] == []
