"""The feeds' tables as departments keep them, and the parcels (files) they are sent in.

A Row holds what the department means, in plain values; `shown` holds cells that are written some other way than plainly, and
`fate` what must become of the row. The columns are written down here from the county's table of feeds, not taken from the contracts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from include.sample.divisions import Place

ACCEPTED, REJECTED, DUPLICATE, WAITING, ROUTING = "accepted", "rejected", "duplicate", "waiting", "routing"


@dataclass(frozen=True)
class Column:
    """One column: key, the Chinese head, what its cells are (kind), the unit of amounts."""

    key: str
    label: str
    kind: str
    unit: str | None = None


@dataclass(frozen=True)
class Feed:
    """A feed's table: who sends it, what people call it, its columns in the usual order."""

    key: str
    title: str
    columns: tuple[Column, ...]
    row_key: tuple[str, ...]
    subject: str

    @property
    def department(self) -> str:
        return self.key.split("__")[0]

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)


def _columns(text: str) -> tuple[Column, ...]:
    """Reads lines of `key kind head [unit]`."""
    return tuple(Column(*(lambda p: (p[0], p[2], p[1], p[3] if len(p) > 3 else None))(line.split())) for line in text.strip().splitlines())


_PERSON = "person_name name 姓名\nid_number id 身份证号\ntown_name town 乡镇\nvillage_name village 行政村\n"
_HEAD = "head_name name 户主姓名\nhead_id_number id 户主身份证号\ntown_name town 乡镇\nvillage_name village 行政村\n"
_PLACE = "town_name town 乡镇\nvillage_name village 行政村\n"
_COSTS = """total_cost_yuan amount 医疗总费用(元) 元
basic_insurance_yuan amount 基本医保报销(元) 元
serious_illness_yuan amount 大病保险报销(元) 元
medical_aid_yuan amount 医疗救助(元) 元
self_pay_yuan amount 个人自付费用(元) 元
"""

FEEDS: dict[str, Feed] = {
    feed.key: feed
    for feed in (
        Feed(
            "medical_insurance__uninsured",
            "未参加基本医疗保险人员名单",
            _columns(_PERSON + "person_category choice 人员类别\ninsured_year year 参保年度\nuninsured_reason text 未参保原因\nphone text 联系电话"),
            ("id_number", "insured_year"),
            "person",
        ),
        Feed(
            "medical_insurance__self_pay_monitored",
            "监测对象累计自付费用情况表",
            _columns(_PERSON + "statistics_year year 统计年度\nas_of_month month 统计截止月份\n" + _COSTS),
            ("id_number", "statistics_year"),
            "person",
        ),
        Feed(
            "medical_insurance__self_pay_high",
            "个人自付费用超3万元人员名单",
            _columns(
                _PERSON + "person_category choice 人员类别\nstatistics_year year 统计年度\nas_of_month month 统计截止月份\n" + _COSTS
            ),
            ("id_number", "statistics_year"),
            "person",
        ),
        Feed(
            "health__epidemic_event",
            "重大突发公共卫生事件和疫情信息",
            _columns(
                "event_id text 事件编号\nevent_name text 事件名称\nevent_type text 事件类型\nevent_level text 事件级别\noccurred_date date 发生日期\n"
                "reported_date date 报告日期\ntown_name towns 乡镇\nvillage_name villages 行政村\nhousehold_count count 波及户数\n"
                "person_count count 波及人数\nevent_description text 事件描述"
            ),
            ("event_id",),
            "area",
        ),
        Feed(
            "education__dropout",
            "控辍保学失学辍学学生信息表",
            _columns(
                "term term 学期\nchild_name name 学生姓名\nchild_id_number id 学生身份证号\nstudent_number text 学籍号\nschool_name text 学校\n"
                "school_stage choice 学段\ngrade text 年级\nattendance_status choice 失学辍学情况\nabsence_date date 失学日期\n"
                "absence_reason text 原因\nguardian_name name 监护人姓名\nguardian_id_number id 监护人身份证号\n" + _PLACE + "phone text 联系电话"
            ),
            ("child_id_number", "term"),
            "person",
        ),
        Feed(
            "housing__renovation_plan",
            "农村危房改造计划农户名单",
            _columns(
                "plan_year year 改造年度\n" + _HEAD + "house_grade choice 房屋鉴定等级\nrenovation_method text 改造方式\nhousehold_category text 农户类型"
            ),
            ("head_id_number", "plan_year"),
            "household",
        ),
        Feed(
            "housing__hazard",
            "住房安全隐患农户名单",
            _columns(_HEAD + "hazard_type text 隐患类型\nhouse_grade choice 房屋鉴定等级\nfound_date date 发现日期"),
            ("head_id_number", "hazard_type"),
            "household",
        ),
        Feed(
            "water__drinking_water",
            "农村饮水安全问题农户台账",
            _columns(_HEAD + "water_problem choice 饮水问题类型\nfound_date date 发现日期\naffected_count count 影响人数"),
            ("head_id_number",),
            "household",
        ),
        Feed(
            "civil_affairs__new_low_income",
            "新增低收入人口名单",
            _columns(
                "person_name name 姓名\nid_number id 身份证号\nhead_name name 户主姓名\nhead_id_number id 户主身份证号\n"
                + _PLACE
                + "low_income_type choice 低收入类型\nresidence_type choice 城乡类别\nrecognised_date date 认定日期\ncovered_count count 保障人口"
            ),
            ("id_number", "low_income_type"),
            "household",
        ),
        Feed(
            "rural_revitalization__income_risk",
            "收入变化风险农户排查表",
            _columns(
                "income_year year 年度\nhousehold_id text 户编号\n"
                + _HEAD
                + "member_count count 家庭人口\nincome_yuan amount 本年人均纯收入(元) 元\nprevious_income_yuan amount 上年人均纯收入(元) 元\n"
                "earlier_income_yuan amount 前年人均纯收入(元) 元\nrigid_spending_yuan amount 家庭刚性支出(元) 元\nrisk_situation choice 风险情形"
            ),
            ("head_id_number", "income_year"),
            "household",
        ),
        Feed(
            "human_resources__unemployed",
            "脱贫劳动力未就业人员名单",
            _columns(
                _PERSON + "person_category choice 人员类别\nhas_labour_ability choice 劳动能力\nhas_job_intention choice 就业意愿\n"
                "employment_status choice 当年就业状态\nlast_employment_end_date date 最近就业截止日期"
            ),
            ("id_number",),
            "person",
        ),
        Feed(
            "disabled_federation__new_certificate",
            "新办残疾人证人员信息",
            _columns(
                "person_name name 姓名\nid_number id 身份证号\ncertificate_number text 残疾人证号\ndisability_category choice 残疾类别\n"
                "disability_level level 残疾等级\nissued_date date 发证日期\n"
                + _PLACE
                + "is_short_of_labour choice 是否缺少劳动力\npoverty_risk choice 返贫致贫风险"
            ),
            ("id_number", "certificate_number"),
            "person",
        ),
        Feed(
            "water__industry_loss",
            "农业产业受损农户信息",
            _columns(
                _HEAD + "industry_type text 产业类型\nloss_reason text 损失原因\naffected_area_mu area 受灾面积(亩) 亩\nloss_yuan amount 经济损失(元) 元\n"
                "occurred_date date 发生日期"
            ),
            ("head_id_number", "industry_type", "occurred_date"),
            "household",
        ),
        Feed(
            "emergency__disaster_area",
            "启动救灾应急响应地区灾情信息",
            _columns(
                "disaster_id text 灾害编号\ndisaster_name text 灾害名称\ndisaster_type text 灾害种类\nresponse_level text 响应级别\n"
                "started_date date 启动时间\ntown_name towns 乡镇\nvillage_name villages 行政村\naffected_count count 受灾人口\n"
                "direct_loss_yuan amount 直接经济损失(万元) 万元"
            ),
            ("disaster_id", "town_name"),
            "area",
        ),
        Feed(
            "emergency__disaster_household",
            "救助后基本生活仍有困难受灾农户",
            _columns(
                "disaster_id text 灾害编号\n" + _HEAD + "damage_description text 受灾情况\nrelief_yuan amount 已获救助(元) 元\n"
                "is_still_in_difficulty choice 救助后是否仍有困难\nassessed_date date 核定日期"
            ),
            ("head_id_number", "disaster_id"),
            "household",
        ),
        Feed(
            "public_security__incident",
            "案事件致人伤亡或财产重大损失人员信息",
            _columns(
                "incident_id text 案事件编号\nincident_category choice 类别\noccurred_date date 发生日期\n"
                + _PERSON
                + "consequence choice 后果\nproperty_loss_yuan amount 财产损失(元) 元"
            ),
            ("id_number", "incident_id"),
            "person",
        ),
        Feed(
            "petition__case",
            "信访反映基本生活困难人员信息",
            _columns(
                "case_id text 信访编号\naccepted_date date 受理日期\n"
                + _PERSON
                + "appeal_content text 诉求内容\nincome_yuan amount 人均纯收入(元) 元\nis_in_difficulty choice 基本生活是否困难"
            ),
            ("id_number", "case_id"),
            "person",
        ),
    )
}


@dataclass(eq=False, slots=True)
class Row:
    """One row a clerk wrote: what it means, how it looks, and what must become of it."""

    values: dict[str, Any]
    place: Place
    shown: dict[str, Any] = field(default_factory=dict)
    fate: str = ACCEPTED
    fault_column: str | None = None
    why: str | None = None
    kind: str = ""
    is_superseded: bool = False
    row_number: int = 0

    def again(self, **changes: Any) -> Row:
        """A copy in another file, or further down in this one."""
        return replace(self, **{"shown": dict(self.shown), "values": dict(self.values), "row_number": 0, **changes})


@dataclass(eq=False)
class Sheet:
    """One sheet as it will look: title lines above, the table, lines below.

    `labels` renames heads; `units` gives amounts another unit (万元), `unit_line` says it once above the table and leaves it out of
    the heads; `groups` puts a second row of heads on top; `order` moves columns; `extra` are columns nobody asked for.
    """

    name: str
    rows: list[Row]
    titles: list[str] = field(default_factory=list)
    unit_line: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    dates: str = "mixed"
    months: str = "2024-02"
    repeat_head_every: int = 0
    blank_every: int = 0
    has_total: bool = False
    foot: list[str] = field(default_factory=list)
    is_hidden: bool = False
    is_read: bool = True
    note: str = ""


@dataclass(eq=False)
class Parcel:
    """One file: sender, feed, period, form and what must become of it (status)."""

    feed: str | None
    period: str | None
    file_name: str
    sheets: list[Sheet]
    modified: datetime
    form: str = "xlsx"
    encoding: str = "utf-8"
    delimiter: str = ","
    status: str = "published"
    department: str = ""
    why: str | None = None
    copy_of: Parcel | None = None
    kind: str = ""

    def __post_init__(self) -> None:
        if not self.department and self.feed:
            self.department = self.feed.split("__")[0]

    @property
    def rows(self) -> list[Row]:
        """The rows a reader is meant to read: not those of hidden sheets or sheets of other months."""
        return [row for sheet in self.sheets if sheet.is_read for row in sheet.rows]
