"""What the bureau answers to the newest proposal, as a test gives it in this process."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from include.dispatch.approve import Answer
from include.dispatch.propose import newest_proposal
from include.site import current_site
from include.storage.warehouse import connect


def approval(dispatch_id: str, **changed: Any) -> Answer:
    """An approval of the newest proposal, or what is ``changed`` of it."""
    with connect(current_site()) as connection:
        proposal = newest_proposal(connection, dispatch_id)
    assert proposal is not None
    return replace(Answer("approved", "bureau", datetime(2024, 3, 10, 9), proposal.asked), **changed)
