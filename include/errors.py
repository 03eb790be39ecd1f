"""The base of every error whose words a user can act on."""

from __future__ import annotations


class FangpinError(Exception):
    """What a user can set right; any other error is a bug of ours and is not shown as the user's fault.

    ``what`` is wrong, ``where`` (a file, a line, a setting) and the ``remedy``, in Chinese, without a person's number or a cell's
    text. They make one sentence: 何处：何事；请怎样办.
    """

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(f"{f'{where}：' if where else ''}{what}{f'；{remedy}' if remedy else ''}")
