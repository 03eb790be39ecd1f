"""The three lines by which a programmer sees that pushing works: send, ask for the receipt, send what was corrected."""

from __future__ import annotations

import os

MOUNTED_AT = "/fangpin"
LOCAL = "http://127.0.0.1:8080"
ADDRESS, TOKEN, RECEIPT = "$FANGPIN_PUSH", "$FANGPIN_TOKEN", "<delivery_id>"
"""What stands in the lines where a department puts its own."""


def push_address() -> str:
    """Where departments push: the address that the service is known by outside, else this machine's own."""
    return os.environ.get("AIRFLOW__API__BASE_URL", LOCAL).rstrip("/") + MOUNTED_AT


def send_line(feed: str, address: str = ADDRESS, token: str = TOKEN) -> str:
    """Rows as JSON."""
    said = '-H "Content-Type: application/json" --data-binary @rows.json'
    return f'curl -H "Authorization: Bearer {token}" {said} "{address}/feeds/{feed}"'


def ask_line(address: str = ADDRESS, token: str = TOKEN) -> str:
    """What has become of a delivery."""
    return f'curl -H "Authorization: Bearer {token}" "{address}/receipts/{RECEIPT}"'


def correct_line(feed: str, address: str = ADDRESS, token: str = TOKEN) -> str:
    """A corrected table, here as a file."""
    return f'curl -H "Authorization: Bearer {token}" -F "file=@更正.xlsx" "{address}/feeds/{feed}"'
