"""One home for all the checks of a test file: opening the context anew for each would take longer than the checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def checked_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A FANGPIN_HOME of the test file's own, on 10 March 2024."""
    home = tmp_path_factory.mktemp("quality")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FANGPIN_HOME", str(home))
        patch.setenv("FANGPIN_NOW", "2024-03-10T08:00:00")
        yield home
