"""How a reminder reaches people: always a file (PDF and text), and the county's own channels through Apprise.

``<home>/county/contacts.csv`` (department, name, channel) gives one Apprise URL a line: WeCom, DingTalk, e-mail, webhook. The
URLs hold passwords: they are never printed, logged or recorded; a channel is known by its kind and a short hash.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from pathlib import Path

from include.site import SettingsError, Site

CONTACTS = "contacts.csv"
FILE = "file"
LEADING_GROUP, HEAD = "leading_group", ".head"
CHAT_CHARACTERS = 600  # a WeCom robot takes 2 048 bytes, three to a Chinese character


@dataclass(frozen=True)
class Channel:
    """One address of a recipient; ``key`` is what the ledger records of it."""

    url: str = field(repr=False)

    @property
    def kind(self) -> str:
        return self.url.partition(":")[0]

    @property
    def key(self) -> str:
        return f"{self.kind}:{hashlib.sha256(self.url.encode()).hexdigest()[:8]}"

    def send(self, title: str, text: str, attachment: Path | None) -> bool:
        """Whether the message went out. Long texts go to chats in parts; the PDF goes where files can."""
        from apprise import OverflowMode

        plugin = _instance(self.url)
        attach = [str(attachment)] if attachment and plugin.attachment_support else None
        plugin.overflow_mode = OverflowMode.SPLIT
        if not plugin.attachment_support:
            plugin.body_maxlen = min(plugin.body_maxlen, CHAT_CHARACTERS)
        try:
            return bool(plugin.notify(body=text, title=title, attach=attach))
        except Exception:  # a channel's own fault, whatever it is, must not stop the others; its text may hold the address
            return False


def reminder_folder(site: Site) -> Path:
    """Where every reminder is written, a folder a day."""
    return site.reports / "reminders"


def contacts(site: Site) -> dict[str, list[Channel]]:
    """Recipient → channels; a recipient is a department's key (``.head`` after it for its head), a town's code or leading_group.

    Chinese names of departments and towns are understood. Raises SettingsError for a line that cannot be used.
    """
    path = site.county_file(CONTACTS)
    names = {name: key for key, name in site.county.departments.items()}
    towns = {row["town_name"]: row["town_code"] for row in site.county_rows("divisions.csv")}
    known = {**names, **towns, "领导小组": LEADING_GROUP, LEADING_GROUP: LEADING_GROUP}
    known |= {value: value for value in (*names.values(), *towns.values())}
    found: dict[str, list[Channel]] = {}
    for number, row in enumerate(site.county_rows(CONTACTS), start=2):
        line = f"{path}：第 {number} 行"
        written = (row.get("department") or "").strip()
        base = written.removesuffix(HEAD).removesuffix("负责人")
        if base not in known:
            raise SettingsError(
                f"{line} department 列“{written}”不是本县的部门或镇",
                remedy="请写部门或镇的名称（负责人在后面加 .head），或 领导小组",
            )
        url = (row.get("channel") or "").strip()
        if _instance(url) is None:
            raise SettingsError(f"{line} channel 列不是可用的渠道地址；写法如 wecombot://…、dingtalk://…、mailto://…、jsons://…")
        found.setdefault(known[base] + (HEAD if base != written else ""), []).append(Channel(url))
    return found


def _instance(url: str):  # type: ignore[no-untyped-def]
    """Apprise's plugin for a URL, None when there is none; its log is silenced because it prints addresses."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return apprise.Apprise.instantiate(url, suppress_exceptions=True) if url else None
