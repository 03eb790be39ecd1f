"""Asset names, said once: what a DAG produces and what wakes another."""

from __future__ import annotations

from airflow.sdk import Asset, AssetWatcher

from include.orchestration.watch import InboxTrigger

FILES = Asset(name="inbox_files", uri="fangpin://inbox/files", watchers=[AssetWatcher(name="inbox", trigger=InboxTrigger())])
"""Complete files lie in the inbox; the triggerer watches it."""

INBOX = Asset(name="inbox", uri="fangpin://inbox")
"""Deliveries were received; partition key ``<feed>|<period>``; ``screen|woken`` when there is something to screen."""

RISK = Asset(name="risk_warnings", uri="fangpin://risk/warnings")
"""The risk tables were screened anew."""

DISPATCHES = Asset(name="dispatches", uri="fangpin://dispatches")
"""A dispatch was issued; partition key is its id."""

PROPOSALS = Asset(name="proposals", uri="fangpin://proposals")
"""An instant dispatch waits for approval; partition key is its id."""


def raw_asset(feed: str, county: str = "") -> Asset:
    """The table ``raw.<feed>``; partition key is the period, of an event feed the delivery's id."""
    return Asset(name=f"{dag_prefix(county)}raw__{feed}", uri="/".join(filter(None, ("fangpin:/", county, "raw", feed))))


def dag_prefix(county: str = "") -> str:
    """What stands before a DAG's or an asset's name where several counties share one Airflow; nothing for one county alone."""
    return f"{county}__" if county else ""
