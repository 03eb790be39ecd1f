"""Who is late with what: summed up by who owes it, or duty by duty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from include.clocks.cycle import Window, late
from include.clocks.duties import OUTCOME, STATES, Duty
from include.site import Site
from include.site.calendar import gap_warning

MOST_OWNERS = 8
"""As many as leave the status on one screen."""


def print_overdue(console: Console, found: Sequence[Duty], window: Window) -> None:
    """One line for each office that is behind, the one longest behind first; how much more there is is said below."""
    today = window.until.date()
    behind: dict[tuple[str, str], list[Duty]] = {}
    for duty in found:
        if duty.is_overdue or window.came_late(duty):
            behind.setdefault((duty.owner, duty.owner_name), []).append(duty)
    if not behind:
        console.print("没有逾期未办的事，本期也没有迟报")
        return
    ordered = sorted(behind.items(), key=lambda item: (_is_all_there(item[1]), -_longest(item[1], today), item[0]))
    table = Table(title="逾期与迟报（期限已过、尚未办的；本期迟来的）")
    for name in ("责任单位", "逾期未办", "最久", "最久的一项", "本期迟报"):
        table.add_column(name)
    for (_, name), mine in ordered[:MOST_OWNERS]:
        table.add_row(name, *_summed_up(mine, window))
    console.print(table)
    more = len(ordered) - MOST_OWNERS
    console.print((f"另有 {more} 个单位；" if more > 0 else "") + "逐项见 fangpin status --all")


def _is_all_there(duties: Sequence[Duty]) -> bool:
    return not any(duty.is_overdue for duty in duties)


def _longest(duties: Sequence[Duty], today: date) -> int:
    """Days of what is still owed; of what came late only where nothing is."""
    owed = [duty for duty in duties if duty.is_overdue] or duties
    return max(duty.days_late(today) for duty in owed)


def _summed_up(mine: Sequence[Duty], window: Window) -> tuple[str, str, str, str]:
    today = window.until.date()
    owed = sorted((duty for duty in mine if duty.is_overdue), key=lambda duty: -duty.days_late(today))
    came = late(mine, window)
    first = ("-", "-", "-")
    if owed:
        first = (f"{len(owed)} 项", f"{owed[0].days_late(today)} 天", f"{owed[0].title} {owed[0].period_text}")
    events = sum(duty.late for duty in came)
    return *first, f"{events} 次，最多 {max(duty.days_late(today) for duty in came)} 天" if came else "-"


def print_duties(console: Console, found: Sequence[Duty], window: Window, reminded: dict[tuple[str, str, str, str], str]) -> None:
    """Each duty: the newest of every kind, and whatever is overdue or came late since the month before."""
    today = window.until.date()
    due = [duty for duty in found if duty.due_on is None or duty.due_on <= today or duty.came_at]
    newest = {(duty.feed, duty.owner): duty for duty in due}
    table = Table(title="时限情况")
    for name in ("责任单位", "事项", "期次", "截止", "收到", "情况", "已催办"):
        table.add_column(name)
    for duty in due:
        if duty.is_overdue or window.came_late(duty) or newest[duty.feed, duty.owner] is duty:
            came = f"{duty.came_at:%Y-%m-%d %H:%M}" if duty.came_at else "-"
            said = reminded.get((duty.clock, duty.owner, duty.feed, duty.period), "-")
            table.add_row(
                duty.owner_name, duty.title, duty.period_text or "-", str(duty.due_on or "-"), came, state_text(duty, today), said
            )
    console.print(table)


def state_text(duty: Duty, today: date) -> str:
    """How a duty stands, with the days it is or was late."""
    days = duty.days_late(today)
    if duty.due_on is None and duty.state == "silent":
        return "从未报送" if duty.clock == "feed" else "按事件报送，尚无"
    if duty.clock in ("verify", "measure"):
        text = f"{duty.total} 件，未反馈 {duty.open} 件" if duty.open else f"{duty.total} 件已全部反馈"
        return text + (f"，逾期 {days} 天" if days else "")
    if duty.clock == OUTCOME:
        text = f"{duty.total} 件，未告知 {duty.open} 件" if duty.open else f"{duty.total} 件已全部告知"
        return text + (f"，逾期 {days} 天" if days else "")
    words = "逾期未交办" if duty.clock == "issue" and duty.is_overdue else STATES[duty.state]
    return words + (f"，{days} 天" if days else "")


def print_gap(console: Console, site: Site, today: date, *, is_whole: bool) -> None:
    """A year whose days off nobody knows; the remedy is long and stands in ``fangpin doctor`` too."""
    if warning := gap_warning(site, today):
        text = warning if is_whole else f"{warning.partition('；')[0]}；详见 fangpin doctor"
        console.print(f"[yellow]提示[/yellow] 节假日：{escape(text)}")
