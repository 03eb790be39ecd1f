"""Keys of what was received wake one feed's DAG, of one county where there are several."""

from __future__ import annotations

import pytest

from include.orchestration.assets import raw_asset
from include.orchestration.keys import SCREEN, inbox_key, kind_of
from include.orchestration.partitions import FeedMapper

FEED = "petition__case"


@pytest.mark.parametrize("county", ["", "341825"])
def test_a_key_wakes_its_feed_alone(county: str) -> None:
    key = inbox_key(FEED, "2024-03", county)
    assert key == ("341825|" if county else "") + "petition__case|2024-03" and kind_of(key) == FEED
    mapper = FeedMapper.deserialize(FeedMapper(FEED, county).serialize())
    assert mapper.to_downstream(key) == ["2024-03"]
    assert mapper.to_downstream(inbox_key("health__illness", "2024-03", county)) == []
    assert mapper.to_downstream(inbox_key(FEED, "2024-03", "341821")) == []
    assert kind_of(inbox_key(SCREEN, "woken", county)) == SCREEN


def test_one_county_looks_as_ever() -> None:
    assert (raw_asset(FEED).name, raw_asset(FEED).uri) == ("raw__petition__case", "fangpin://raw/petition__case")
    assert (raw_asset(FEED, "341825").name, raw_asset(FEED, "341825").uri) == (
        "341825__raw__petition__case", "fangpin://341825/raw/petition__case",
    )  # fmt: skip
