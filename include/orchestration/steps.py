"""What runs, step by step: plain functions that the DAGs' tasks call, and the rehearsal of a year too.

Each takes the site and returns keys and counts, never what a cell says. When a step runs, and after which other, is written in
``dags/``; what the bureau is asked and answered, in ``runs``.
"""

from __future__ import annotations

from include.clocks.reminders import describe, undelivered
from include.clocks.reminders import sweep as sweep_once
from include.deliveries.publish import ingest_feed, ingest_small_events
from include.deliveries.receive import receive_inbox, wake_ups
from include.dispatch.instant import dispatch_at_once
from include.dispatch.propose import freeze_anew
from include.errors import FangpinError
from include.orchestration.keys import SCREEN, inbox_key
from include.outcome.tell import tell_of_registrations
from include.screening.screen import complete_tables, has_news, is_screening_due
from include.screening.screen import screen as screen_once
from include.site import Site

PATIENCE_SECONDS = 5.0
"""So long a woken screening waits for what is still being published."""


class Undelivered(FangpinError, RuntimeError):
    """Letters could not be sent; the message says to whom, and what to do."""


def receive(site: Site, *, is_retry: bool = False) -> list[str]:
    """Receive what lies in the inbox and ingest the small events among it; returns the keys that wake whom the rest concerns."""
    arrivals = receive_inbox(site, is_retry=is_retry)
    freeze_anew(site)  # also what an interruption left
    ingested = ingest_small_events(site)
    keys = [inbox_key(feed, period) for feed, period in wake_ups(arrivals, ingested)]
    return [*keys, inbox_key(SCREEN, "woken")] if is_screening_due(site) else keys


def ingest(site: Site, feed: str) -> list[str]:
    """Check and publish what waits of a feed; returns the keys of what ``raw.<feed>`` now holds anew."""
    return ingest_feed(site, feed)


def screen(site: Site, *, is_woken: bool = False) -> list[str]:
    """Screen, issue what does not wait for the month, and return the dispatches that wait for the bureau's approval.

    ``is_woken``: because something came, not for a month; then only if nobody has screened it yet.
    """
    if not is_woken or has_news(site, PATIENCE_SECONDS):
        screen_once(site, is_prompt=is_woken)
    return dispatch_at_once(site)  # also what an interrupted screening left


def complete(site: Site) -> None:
    """Bring the tables that a woken screening left up to its cut-off."""
    complete_tables(site)


def sweep(site: Site) -> dict[str, int]:
    """Tell departments what came of registered households; then who is late with what: write and send what is to be said today.

    Returns how many of each. Raises Undelivered, and what telling raises, but only after the reminders.
    """
    try:
        told = len(tell_of_registrations(site))
    finally:
        result = sweep_once(site)
    if problem := undelivered(result):
        raise Undelivered(problem)
    return describe(result) | {"outcomes_told": told}
