"""What a visit found: 是, 否, or 已在监测 (already one of the 监测对象, so there is nothing to register)."""

from __future__ import annotations

import re

from include.checking.kinds.flag import read_flag, ticked_words
from include.checking.kinds.reading import Context, Reading, narrow_text, unreadable

YES, NO, ALREADY_MONITORED = "yes", "no", "already_monitored"
_MONITORED = re.compile(
    r"(?:是|否|不是)?[,，;；。(（:：、]?(?:该户|此户|本户)?(?:已经?|现|原)(?:是|为|在|属|纳入|列为|列入|被?识别为|被?认定为)?"
    r"(?:监测对象|监测户|监测帮扶对象|三类人群|三类监测对象|监测帮扶|监测)(?:户|范围|中|了|管理|名单)*[)）。]?"
)


def read_answer(cell: object, context: Context) -> Reading:
    """yes, no or already_monitored, in any writing that `read_flag` knows and 已在监测, 已是监测对象, 已纳入监测 and the like.

    已纳入 alone is no answer: the town may mean that it has just registered the household, or that it was before.
    """
    text = narrow_text(cell)
    if _MONITORED.fullmatch(text) or [bool(_MONITORED.fullmatch(word)) for word in ticked_words(text)] == [True]:
        return Reading(ALREADY_MONITORED)
    reading = read_flag(cell, context)
    if reading.problem and reading.problem.code == "unknown_value":
        return unreadable("unknown_value", "closed", known="是、否或已在监测")
    return reading if reading.value is None else reading._replace(value=YES if reading.value else NO)
