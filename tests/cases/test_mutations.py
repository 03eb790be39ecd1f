"""Good files whose layout is changed at random come out right or go back with words; the long run is ``benchmarks.mutations``."""

from __future__ import annotations

from pathlib import Path

from benchmarks.mutations.changes import CHANGES
from benchmarks.mutations.run import make_layout, run
from include.contracts import load_contracts

FILES, SEED = 60, 17


def test_no_change_of_layout_gives_a_wrong_figure_or_loses_anybody(tmp_path: Path) -> None:
    results = run(SEED, range(FILES), tmp_path, processes=1)
    assert {made.feed for made in results.files} == {contract.feed for contract in load_contracts()}
    assert [(made.index, made.changes, made.verdict.faults[:3]) for made in results.faulty] == []
    assert sum(made.verdict.is_whole for made in results.files) > FILES / 2


def test_every_change_is_made_somewhere_and_a_file_is_made_again_from_its_number() -> None:
    layouts = [make_layout(SEED, index) for index in range(600)]
    assert {name for _, made in layouts for name in made} == set(CHANGES)
    assert make_layout(SEED, 5) == layouts[5]
