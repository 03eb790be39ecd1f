"""The feeds' tables as departments keep them, and the parcels (files) they are sent in.

A Row holds what the department means, in plain values; `shown` holds cells that are written some other way than plainly, and
`fate` what must become of the row. The columns are written down here from the county's table of feeds, not read from the
contracts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from include.rehearsal.county.divisions import Place

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
    """A feed's table: whom its rows are about (person, household, area) and its columns in the usual order."""

    key: str
    subject: str
    columns: list[Column]

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)


# Columns, one a line: key, kind of cell, head, unit of amounts. @name stands for a group of columns that several tables share.
GROUPS = {
    "@place": """
        town_name town 乡镇
        village_name village 行政村""",
    "@person": """
        person_name name 姓名
        id_number id 身份证号""",
    "@head": """
        head_name name 户主姓名
        head_id_number id 户主身份证号""",
    "@costs": """
        statistics_year year 统计年度
        as_of_month month 统计截止月份
        total_cost_yuan amount 医疗总费用(元) 元
        basic_insurance_yuan amount 基本医保报销(元) 元
        serious_illness_yuan amount 大病保险报销(元) 元
        medical_aid_yuan amount 医疗救助(元) 元
        self_pay_yuan amount 个人自付费用(元) 元""",
}
TABLES = """
medical_insurance__uninsured person
    @person
    @place
    person_category choice 人员类别
    insured_year year 参保年度
    uninsured_reason text 未参保原因
    phone text 联系电话
medical_insurance__self_pay_monitored person
    @person
    @place
    @costs
medical_insurance__self_pay_high person
    @person
    @place
    person_category choice 人员类别
    @costs
health__epidemic_event area
    event_id text 事件编号
    event_name text 事件名称
    event_type text 事件类型
    event_level text 事件级别
    occurred_date date 发生日期
    reported_date date 报告日期
    town_name towns 乡镇
    village_name villages 行政村
    household_count count 波及户数
    person_count count 波及人数
    event_description text 事件描述
education__dropout person
    term term 学期
    child_name name 学生姓名
    child_id_number id 学生身份证号
    student_number text 学籍号
    school_name text 学校
    school_stage choice 学段
    grade text 年级
    attendance_status choice 失学辍学情况
    absence_date date 失学日期
    absence_reason text 原因
    guardian_name name 监护人姓名
    guardian_id_number id 监护人身份证号
    @place
    phone text 联系电话
housing__renovation_plan household
    plan_year year 改造年度
    @head
    @place
    house_grade choice 房屋鉴定等级
    renovation_method text 改造方式
    household_category text 农户类型
housing__hazard household
    @head
    @place
    hazard_type text 隐患类型
    house_grade choice 房屋鉴定等级
    found_date date 发现日期
water__drinking_water household
    @head
    @place
    water_problem choice 饮水问题类型
    found_date date 发现日期
    affected_count count 影响人数
civil_affairs__new_low_income household
    @person
    @head
    @place
    low_income_type choice 低收入类型
    residence_type choice 城乡类别
    recognised_date date 认定日期
    covered_count count 保障人口
rural_revitalization__income_risk household
    income_year year 年度
    household_id text 户编号
    @head
    @place
    member_count count 家庭人口
    income_yuan amount 本年人均纯收入(元) 元
    previous_income_yuan amount 上年人均纯收入(元) 元
    earlier_income_yuan amount 前年人均纯收入(元) 元
    rigid_spending_yuan amount 家庭刚性支出(元) 元
    risk_situation choice 风险情形
human_resources__unemployed person
    @person
    @place
    person_category choice 人员类别
    has_labour_ability choice 劳动能力
    has_job_intention choice 就业意愿
    employment_status choice 当年就业状态
    last_employment_end_date date 最近就业截止日期
disabled_federation__new_certificate person
    @person
    certificate_number text 残疾人证号
    disability_category choice 残疾类别
    disability_level level 残疾等级
    issued_date date 发证日期
    @place
    is_short_of_labour choice 是否缺少劳动力
    poverty_risk choice 返贫致贫风险
water__industry_loss household
    @head
    @place
    industry_type text 产业类型
    loss_reason text 损失原因
    affected_area_mu area 受灾面积(亩) 亩
    loss_yuan amount 经济损失(元) 元
    occurred_date date 发生日期
emergency__disaster_area area
    disaster_id text 灾害编号
    disaster_name text 灾害名称
    disaster_type text 灾害种类
    response_level text 响应级别
    started_date date 启动时间
    town_name towns 乡镇
    village_name villages 行政村
    affected_count count 受灾人口
    direct_loss_yuan amount 直接经济损失(万元) 万元
emergency__disaster_household household
    disaster_id text 灾害编号
    @head
    @place
    damage_description text 受灾情况
    relief_yuan amount 已获救助(元) 元
    is_still_in_difficulty choice 救助后是否仍有困难
    assessed_date date 核定日期
public_security__incident person
    incident_id text 案事件编号
    incident_category choice 类别
    occurred_date date 发生日期
    @person
    @place
    consequence choice 后果
    property_loss_yuan amount 财产损失(元) 元
petition__case person
    case_id text 信访编号
    accepted_date date 受理日期
    @person
    @place
    appeal_content text 诉求内容
    income_yuan amount 人均纯收入(元) 元
    is_in_difficulty choice 基本生活是否困难
"""


def _read_tables(text: str) -> dict[str, Feed]:
    """Feeds by key from the text above: a line without indent names a feed and its subject, the others its columns."""
    for name, group in GROUPS.items():
        text = text.replace(f"    {name}", group.strip("\n"))
    feeds: dict[str, Feed] = {}
    columns: list[Column] = []
    for line in text.strip().splitlines():
        words = line.split()
        if not line.startswith(" "):
            columns = []
            feeds[words[0]] = Feed(words[0], words[1], columns)
        else:
            columns.append(Column(words[0], words[2], words[1], words[3] if len(words) > 3 else None))
    return feeds


FEEDS = _read_tables(TABLES)


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

    `labels` renames heads; `units` gives amounts another unit (万元), `unit_line` says it once above the table and leaves it
    out of the heads; `groups` puts a second row of heads on top; `order` moves columns; `extra` are columns nobody asked for;
    `note` is a line such as 本月无 in place of rows.
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
    has_heads: bool = True
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
