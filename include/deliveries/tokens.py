"""A token per department for pushing; only its hash is kept, so a token that is lost is replaced, never looked up."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from include.site import Site


def tokens_file(site: Site) -> Path:
    """Department → SHA-256 of its token, mode 600. A token has 256 random bits, so a plain hash cannot be searched back."""
    return site.push / "tokens.json"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _read(site: Site) -> dict[str, str]:
    path = tokens_file(site)
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def issue_token(site: Site, department: str) -> str:
    """A new token of a department; the one it had is void from now on."""
    token = f"fangpin-{secrets.token_urlsafe(32)}"
    path = tokens_file(site)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as lines:
        json.dump({**_read(site), department: _hash(token)}, lines)
        lines.flush()
        os.fsync(lines.fileno())
    fresh.replace(path)
    return token


def department_of(site: Site, token: str) -> str | None:
    """The department whose token this is; every known hash is compared, in constant time."""
    given, found = _hash(token), None
    for department, kept in _read(site).items():
        if hmac.compare_digest(given, kept):
            found = department
    return found
