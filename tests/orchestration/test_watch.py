"""The watcher's own loop on a real folder: nothing unfinished wakes anybody, and nothing finished is overlooked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from include.deliveries.inbox import inbox_files, settled
from include.orchestration import watch
from include.orchestration.watch import InboxTrigger
from include.reading.formats import UNFINISHED_SUFFIXES
from include.site import current_site

LOOK = 0.05


@pytest.fixture
def inbox(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(watch, "LOOK_SECONDS", LOOK)
    folder = home / "inbox" / "县医保局"
    folder.mkdir(parents=True)
    return folder


def watched(scene: Callable[[list[int]], Awaitable[None]]) -> list[int]:
    """Play a scene beside the trigger's own loop; returns how many files each of its events told of, also given to the scene."""
    told: list[int] = []

    async def listen() -> None:
        nonlocal told
        async for event in InboxTrigger().run():
            told += [event.payload["files"]]

    async def play() -> None:
        listener = asyncio.create_task(listen())
        try:
            await asyncio.wait_for(scene(told), 30)
        finally:
            listener.cancel()

    asyncio.run(play())
    return told


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(LOOK / 5)


@pytest.mark.parametrize("pause", [LOOK / 2, 20 * LOOK], ids=["slowly growing", "pausing"])
def test_a_file_still_being_copied_wakes_nobody(inbox: Path, pause: float) -> None:
    async def scene(told: list[int]) -> None:
        with (inbox / "名单.xlsx").open("wb") as copy:
            for _ in range(round(20 * LOOK / pause) + 2):
                copy.write(b"0123456789")
                copy.flush()
                await asyncio.sleep(pause)
                assert told == []
            assert await asyncio.to_thread(lambda: settled(current_site(), inbox_files(current_site()))) == []
        await until(lambda: bool(told))

    assert watched(scene) == [1]


def test_a_file_that_grows_by_fits_wakes_only_when_it_has_stood_still(inbox: Path) -> None:
    """A copy from another machine holds no handle here: only its size and time tell."""

    async def scene(told: list[int]) -> None:
        for _ in range(40):
            with (inbox / "名单.csv").open("ab") as copy:
                copy.write(b"0123456789")
            await asyncio.sleep(LOOK / 2)
            assert told == []
        await until(lambda: bool(told))

    assert watched(scene) == [1]


@pytest.mark.parametrize(
    "name", ["~$名单.xlsx", ".名单.xlsx", *(f"名单.xlsx{suffix}" for suffix in UNFINISHED_SUFFIXES), "名单.PART"]
)
def test_a_temporary_name_is_left_until_it_is_renamed(inbox: Path, name: str) -> None:
    async def scene(told: list[int]) -> None:
        (inbox / name).write_bytes(b"0123456789")
        await asyncio.sleep(10 * LOOK)
        assert told == [] and inbox_files(current_site()) == []
        (inbox / name).rename(inbox / "名单.xlsx")
        await until(lambda: bool(told))

    assert watched(scene) == [1]


def test_many_files_at_once_are_all_found(inbox: Path) -> None:
    """Files come from four sides while each wake-up empties what is ready, as receiving does."""
    taken: set[str] = set()

    def drop(number: int) -> None:
        (inbox / f"{number:03d}.csv").write_bytes(b"0123456789")

    def drain() -> None:
        for path, _ in settled(current_site(), inbox_files(current_site())):
            taken.add(path.name)
            path.unlink()

    async def scene(told: list[int]) -> None:
        with ThreadPoolExecutor(4) as senders:
            sent = [senders.submit(drop, number) for number in range(200)]
            heard = 0
            while len(taken) < 200:
                await until(lambda heard=heard: len(told) > heard)
                heard = len(told)
                await asyncio.to_thread(drain)
            assert all(each.done() for each in sent)

    assert watched(scene)
    assert len(taken) == 200 and inbox_files(current_site()) == []


def test_a_wake_up_that_was_lost_comes_again_and_a_new_watcher_knows_the_old_files(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "FIRST_REPEAT_SECONDS", 4 * LOOK)
    (inbox / "名单.csv").write_bytes(b"0123456789")

    async def scene(told: list[int]) -> None:
        await until(lambda: len(told) >= 3)

    for _ in range(2):
        assert set(watched(scene)) == {1}
