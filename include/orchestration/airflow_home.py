"""What Airflow keeps below one home beside its database: the keys it signs with, and where its parts write their logs."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any

from include.site import Site


def log_file(site: Site, part: str) -> Path:
    """Where a part's output goes."""
    path = site.airflow / "logs" / "service" / f"{part}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def signing_keys(site: Site) -> dict[str, Any]:
    """Signing keys of this home, made once, mode 600."""
    path = site.airflow / "secrets.json"
    if path.exists():
        return dict(json.loads(path.read_text("utf-8")))
    site.airflow.mkdir(parents=True, exist_ok=True)
    made = {
        "jwt": secrets.token_urlsafe(48),
        "fernet": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "session": secrets.token_urlsafe(32),
    }
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as lines:
        json.dump(made, lines)
    return made


def forget_passwords(site: Site) -> None:
    """Remove the passwords that the release before kept readable; its users get new ones."""
    path = site.airflow / "secrets.json"
    kept = signing_keys(site)
    if kept.pop("passwords", None):
        fresh = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as lines:
            json.dump(kept, lines)
        fresh.replace(path)
    for name in ("passwords.json", "passwords_shown"):
        (site.airflow / name).unlink(missing_ok=True)
