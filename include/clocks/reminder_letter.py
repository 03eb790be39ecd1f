"""The words of a reminder: 催报函, 催办函, 交办提醒, 告知提醒, 逾期情况报告.

They hold counts, names of feeds and dates, never a person.
"""

from __future__ import annotations

from datetime import date, datetime

from include.clocks.channels import HEAD, LEADING_GROUP
from include.clocks.duties import OUTCOME, STATES, Duty
from include.clocks.escalation import DEMANDS, REPORT, Reminder, Rules
from include.reports.labels import date_text
from include.reports.letter import Letter
from include.reports.notice import bureau_name
from include.site import Site
from include.site.home import rehearsal_mark


def letter_of(site: Site, rules: Rules, now: datetime, number: int, recipient: str, kind: str, mine: list[Reminder]) -> Letter:
    """The words of one reminder: what is owed, since when, what to do."""
    county, today = site.county, now.date()
    opening = f"按照{county.notice}文件要求，"
    dues = [_sentence(reminder.duty, today, is_owner=kind != REPORT) for reminder in mine]
    numbered = [("body", f"{position}．{text}" if len(dues) > 1 else text) for position, text in enumerate(dues, start=1)]
    if kind == REPORT:
        title = ("关于防止返贫动态监测", "逾期事项的报告")
        opening += f"截至{_moment_text(now)}，下列事项已经逾期，经催办仍未完成，现予报告，请协调督促。"
        closing = "完成后系统自动销号，不再催办。"
    elif kind == "催报函":
        title = ("关于催报防止返贫动态监测", "部门筛查预警数据的函")
        opening += f"截至{_moment_text(now)}，你单位下列数据没有按时报送："
        closing = (
            "请接函后立即报送。没有数据的，请报零报告（空表，或写明“本月无”）；已退回的，请按退回表所列原因改正后重新报送。"
            "没有报送不等于没有数据。"
        )
    elif kind == "催办函":
        title = ("关于催办防止返贫动态监测", "入户核查和帮扶措施的函")
        opening += f"截至{_moment_text(now)}，你镇下列事项尚未完成："
        closing = "请立即组织镇村干部逐户办理，填好反馈表，经审核后报备案。名单见原交办工作簿，本函不含个人信息。"
    elif kind == DEMANDS[OUTCOME]:
        title = ("关于防止返贫动态监测", "处理结果告知时限的提醒")
        opening += f"截至{_moment_text(now)}，下列纳入监测的户，处理结果还没有告知有关部门："
        closing = "处理结果由每天的巡查写出；没有写出的，请数据组看 sweep 流程，或运行 fangpin sweep。"
    else:
        title = ("关于防止返贫动态监测", "月度交办时限的提醒")
        opening += f"截至{_moment_text(now)}，月度预警信息尚未交办各镇："
        closing = "请尽快整合比对、批准并交办；数据未到齐的，先交办已有的，迟到的进入下一期。"
    return Letter(
        mark=rehearsal_mark(site),
        bureau=bureau_name(county),
        number=letter_number(site, now.year, number),
        title=title,
        addressee=f"{recipient_name(site, rules, recipient)}：",
        paragraphs=(("body", opening), *numbered, ("body", closing)),
        attachment="",
        date=date_text(today),
    )


def _sentence(duty: Duty, today: date, *, is_owner: bool) -> str:
    assert duty.due_on is not None
    days = (today - duty.due_on).days
    when = f"已逾期{days}日" if days > 0 else "今日到期" if days == 0 else f"还有{-days}日"
    who = "" if is_owner else f"{duty.owner_name}："
    day = date_text(duty.due_on)
    if duty.clock == "feed":
        state = {"silent": "从未报送", "not_due": "尚未报送", "missing": "尚未报送"}.get(duty.state, STATES[duty.state])
        return f"{who}《{duty.title}》{duty.period_text}，应于{day}前报送，{when}，{state}。"
    if duty.clock == "verify":
        text = f"{duty.period_text}交办的预警{duty.total}件，应于{day}前完成入户核查并反馈，{when}，还有{duty.open}件没有反馈。"
        return who + text
    if duty.clock == "measure":
        decided = date_text(date.fromisoformat(duty.period))
        return f"{who}{decided}反馈符合监测条件的{duty.total}件，应于{day}前制定帮扶措施，{when}，还有{duty.open}件没有报来。"
    if duty.clock == OUTCOME:
        began = date_text(date.fromisoformat(duty.period))
        return f"{who}{began}纳入监测的{duty.total}件，应于{day}前把处理结果告知有关部门，{when}，还有{duty.open}件没有告知。"
    waits = "已整合比对，正等候批准" if duty.state == "waiting" else "尚未交办"
    return f"{who}{duty.period_text}预警信息应于{day}前交办各镇，{when}，{waits}。"


def recipient_name(site: Site, rules: Rules, recipient: str) -> str:
    """Whom a letter is addressed to."""
    base = recipient.removesuffix(HEAD)
    if base == LEADING_GROUP:
        return rules.leading_group
    towns = {row["town_code"]: f"{row['town_name']}人民政府" for row in site.county_rows("divisions.csv")}
    name = site.county.departments.get(base) or towns.get(base, base)
    return f"{name}主要负责人" if base != recipient else name


def letter_number(site: Site, year: int, serial: int) -> str:
    """The number of a year's letter, as the bureau writes it."""
    return f"{site.county.name[:1]}防贫催〔{year}〕{serial}号"


def _moment_text(now: datetime) -> str:
    return f"{date_text(now.date())}{now.hour}时"
