"""The base of every error whose words a user can act on."""

from __future__ import annotations


class FangpinError(Exception):
    """What a user can set right: one sentence says what is wrong, where, and what to do. Any other error is a bug of ours."""
