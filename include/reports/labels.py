"""The county's words: every code and column name of the warehouse as people read it. One glossary for all reports."""

from __future__ import annotations

import csv
import re
from datetime import date

from include.contracts import ContractError, contract, load_contracts
from include.site import PROJECT


def seed_rows(path: str) -> list[dict[str, str]]:
    """The lines of a seed of the dbt project, which says codes and words once for the models and for people."""
    with (PROJECT / "dbt_project" / "seeds" / path).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


WARNING_TYPES: dict[str, str] = {
    "illness": "因病返贫致贫预警",
    "epidemic": "因疫返贫致贫预警",
    "schooling": "因学返贫致贫预警",
    "housing": "住房安全隐患预警",
    "water": "饮水安全情况预警",
    "low_income": "低收入人口预警",
    "employment_income": "就业不稳及收入下降预警",
    "disability": "因残返贫致贫预警",
    "industry": "产业受损预警",
    "disaster": "因灾返贫致贫预警",
    "petition": "信访情况预警",
}
CAUSES: dict[str, str] = {each.cause: each.cause_name or "" for each in load_contracts() if each.cause}
SUBJECTS: dict[str, str] = {"person": "个人", "household": "户", "area": "区域"}
IDENTITIES: dict[str, str] = {"matched": "在防贫名单内", "new": "一般农户", "unresolved": "身份待核"}
LISTINGS: dict[str, str] = {"issued": "本次新交办", "continuing": "此前已交办", "monitoring": "动态监测"}
IDENTITY_METHODS: dict[str, str] = {
    "number": "证号相符",
    "former_number": "与此人以前的证号相符",
    "name_village": "姓名和村相符且唯一",
    "confirmed": "人工核定",
    "household_number": "户编号相符",
}
LISTED: dict[str, str] = {"issued": "已交办", "continuing": "持续", "monitoring": "动态监测", "found": "区域核查发现"}
STATES: dict[str, str] = {row["state"]: row["label"] for row in seed_rows("states/warning_states.csv")}
EVENTS: dict[str, str] = {row["event"]: row["label"] for row in seed_rows("states/warning_events.csv")}
OUTCOMES: dict[str, str] = {
    "signal": "形成预警信号",
    "information": "信息参考",
    "no_signal": "未达预警标准",
    "waiting": "待人工核定",
    "routing": "待落实到镇",
}
DELIVERY_STATUSES: dict[str, str] = {
    "published": "已入库",
    "refused": "整份退回",
    "duplicate": "重复文件",
    "zero_report": "零报告",
    "set_aside": "已搁置",
}
SKIPPED_KINDS: dict[str, str] = {
    "title": "标题",
    "unit_line": "计量单位",
    "header": "表头",
    "repeated_header": "重复的表头",
    "total": "合计",
    "note": "说明或页码",
    "signature": "落款",
    "blank": "空行",
    "zero_report": "零报告",
    "unfilled": "尚未填写",
    "hidden_sheet": "隐藏的工作表",
    "empty_sheet": "空白工作表",
    "other_period_sheet": "其他时期的工作表",
    "example": "示例行",
    "picture": "图片",
}
QUEUE_REASONS: dict[str, str] = {
    "identity_unresolved": "身份待核",
    "unroutable": "不能落实到镇",
    "approximate_amount": "金额不能确定",
    "conflict": "同一对象数据不一致",
    "answer_qualified": "回答后面又说“但……”",
    "multiple_disability_level_3": "多重残疾三级，残疾类别待核",
}
MARKS: dict[str, str] = {
    "身份待核": "部门数据没有有效身份证号，或不能确定是防贫名单中的哪一个人。请入户时核实身份，把结果写入“核查情况”。",
    "可先电话核实": "部门写明已在别处参保、参军等。可先打电话核实，情况属实的不必为此专门入户，把结果写入“核查情况”。",
    "数据不全": "部门数据缺少部分数字，预警事实只依据已有数据。请入户时补充核实。",
    "风险已消除": "该户在防贫名单中登记为风险已消除的监测对象。请重点核实是否再次出现风险。",
    "已即时交办": "此前已作即时交办，列在这里供汇总。已反馈的不必重复核查。",
    "部门已撤回": "报送部门已撤回原数据。尚未核查的，可在“核查情况”中注明“部门撤回”。",
}
COLUMNS: dict[str, str] = {
    "warning_id": "预警编号",
    "warning_type": "预警类型",
    "cause": "预警原因",
    "county_code": "县代码",
    "town_code": "镇代码",
    "town_name": "镇",
    "village_code": "村代码",
    "village_name": "行政村",
    "household_id": "户编号",
    "subject": "对象类别",
    "qualifier": "年度或事件",
    "identity": "身份认定",
    "identity_method": "认定方法",
    "person_name": "姓名",
    "id_number": "身份证号",
    "head_name": "户主姓名",
    "registry_status": "名单登记情况",
    "registry_date": "名单日期",
    "occurred_on": "发生日期",
    "first_signalled_on": "首次预警日期",
    "last_signalled_on": "最近预警日期",
    "last_received_at": "最近收到时间",
    "amount_yuan": "金额(元)",
    "evidence": "预警事实",
    "rule_id": "规则编号",
    "clause": "依据条款",
    "feeds": "数据来源",
    "signal_count": "信号数",
    "marks": "标注",
    "candidates": "可能的对象",
    "status": "状态",
    "listing": "交办情况",
    "dispatch_id": "交办批次",
    "issued_at": "交办时间",
    "statistics_year": "统计年度",
    "as_of_month": "截至月份",
    "total_cost_yuan": "医疗总费用(元)",
    "basic_insurance_yuan": "基本医保报销(元)",
    "serious_illness_yuan": "大病保险报销(元)",
    "medical_aid_yuan": "医疗救助(元)",
    "self_pay_yuan": "个人自付费用(元)",
    "is_warning": "是否列入预警",
    "delivery_id": "报送编号",
    "file_name": "文件名",
    "department": "部门",
    "feed": "数据表",
    "period": "所属期",
    "received_at": "收到时间",
    "row_count": "收到行数",
    "accepted_count": "采用",
    "rejected_count": "退回",
    "duplicate_count": "重复",
    "reason": "原因",
    "reason_code": "原因代码",
    "proposals": "系统建议",
    "severity": "程度",
    "finding": "疑点",
    "finding_code": "疑点代码",
    "sheet": "工作表",
    "row_number": "行号",
    "column_name": "栏目",
}

_CHINESE_QUARTERS = {"1": "一", "2": "二", "3": "三", "4": "四"}
_TERMS = {"spring": "春季学期", "autumn": "秋季学期"}


def type_name(warning_type: str) -> str:
    """The notice's name of a warning type, with 预警 at its end."""
    return WARNING_TYPES.get(warning_type, warning_type)


def short_type_name(warning_type: str) -> str:
    """The type without the word 预警, for narrow columns."""
    return type_name(warning_type).removesuffix("预警")


def feed_title(feed: str) -> str:
    """The Chinese title of a feed from its contract; the key itself for a feed no contract knows."""
    try:
        return contract(feed).title
    except ContractError:
        return feed


def column_label(feed: str, column_name: str) -> str:
    """What a feed's column is called in the department's table."""
    try:
        return contract(feed).column(column_name).label
    except (ContractError, KeyError):
        return COLUMNS.get(column_name, column_name)


def period_text(period: str) -> str:
    """A period key as people write it: 2024-03 → 2024年3月, 2024-Q1 → 2024年第一季度, 2024-spring → 2024年春季学期."""
    if match := re.fullmatch(r"(\d{4})-(\d{2})", period):
        return f"{match[1]}年{int(match[2])}月"
    if match := re.fullmatch(r"(\d{4})-Q([1-4])", period):
        return f"{match[1]}年第{_CHINESE_QUARTERS[match[2]]}季度"
    if match := re.fullmatch(r"(\d{4})-(spring|autumn)", period):
        return f"{match[1]}年{_TERMS[match[2]]}"
    if re.fullmatch(r"\d{4}", period):
        return f"{period}年"
    return period


def date_text(day: date) -> str:
    """2024年3月11日: no leading zeros, as official documents write it."""
    return f"{day.year}年{day.month}月{day.day}日"
