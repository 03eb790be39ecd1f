"""A delivery that cannot be used as a whole goes back to its department with one plain reason."""

from __future__ import annotations


class Refused(Exception):
    """The whole delivery is refused. ``reason`` is Chinese, says where the fault is and what to do; it holds no personal data."""

    def __init__(self, reason_code: str, reason: str) -> None:
        super().__init__(reason)
        self.reason_code = reason_code
        self.reason = reason


class ReadingEnded(Exception):
    """A reading ended before it came to a verdict (killed, out of memory or time): try again, it is not the sender's fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
