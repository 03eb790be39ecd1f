"""How rows look that are no data: totals, signatures, notes, page numbers, units, column numbers.

Texts come as ``table.plain`` gives them: half width, without spaces.
"""

from __future__ import annotations

import re

UNIT_CELL = re.compile(r"\(?(?:单位:)?(亿元|万元|千元|百元|元|亩|公顷|人|户|口|个|个月|月|岁|平方米|名|件)(?:/.{1,3})?\)?")
COUNTING = [str(number) for number in range(1, 100)]
STEMS = "甲乙丙丁戊己庚辛壬癸"

_SIGNED = (
    "填表|制表|填报|审核|审批|审定|复核|校对|校核|经办|报送|上报|统计|汇总|核查|打印|导出|单位|部门|科室|分管|主要|主管|联系|盖章|签字|签章|公章|"
    "负责|村级|镇级|乡镇|县级"
)
_SIGNS = "人员|人|负责人|领导|单位名称|单位|部门|名称|日期|时间|电话|方式|签字|签名|签章|盖章|公章|意见"
SIGNATURE = re.compile(
    rf"\(?(?:(?:(?:{_SIGNED})(?:{_SIGNS})*|日期|电话|数据来源)(?:\(.{{0,8}}?\))*:.*"
    rf"|(?:填表|制表|填报|审核|复核|经办|报送|汇总)(?:人员|人|单位|日期|时间|负责人)+(?:\(.{{0,8}}?\))*|(?:单位)?负责人(?:签字|签名)?(?:\(.{{0,8}}?\))?"
    rf"|分管领导|主要领导|(?:单位|部门)?\(?(?:盖章|公章|签章)\)?)",
)
TOTAL = re.compile(
    r"(?:(?:本页|本表|全县|全镇|全乡|全村|本月|本期|本季度?|本年|总|以上)?(?:合计|总计|小计|共计|累计|总数)"
    r"|[一-龥]{1,10}(?:小计|合计))(?:数|:|\(.{0,10}\)|\d+|[人户个件条名起次])*"
)
COUNT_TEXT = re.compile(r"共?\d{1,7}(?:\.0+)?[人户个件条名起次]?")
NOTE = re.compile(
    r"\(?[※*]*(?:备注|附注|注意事项|注意|注释|注解|注|(?:填表|填报|填写|数据|特别|情况|指标)?说明|附)(?:\(?\d{1,2}\)?)?[:、.,\d].*|(?:填表|填报|填写)说明"
)
NOTE_GOES_ON = re.compile(
    r"(?:\(?\d{1,2}\)|\d{1,2}[.、,:)]|[一二三四五六七八九十]{1,2}[、.]|\(?[一二三四五六七八九十]{1,2}\)|[①-⑳]).*"
)
PAGE = re.compile(r"(?:第?\d{1,4}页.{0,10}|第\d{1,4}页|共\d{1,4}页.{0,10}|[-—]+\d{1,4}[-—]+|[Pp]age\d{1,4}.{0,8})")
LONE_NUMBER = re.compile(r"\d{1,4}(?:\.0)?")
DAY_LINE = re.compile(r"20\d\d[年./-]\d{1,2}[月./-]\d{1,2}(?:日|00:00:00)?$")
SENDER_LINE = re.compile(r"[一-龥]{2,20}(?:局|人民政府|办公室|联合会|委员会|残联|卫健委)(?:\(.{0,8}\))?")

_EXAMPLE = r"(?:填写|填报|填表|录入)?(?:示例|样例|范例|示范|举例|例如|例子|例)(?:行|数据)?[一二三\d]{0,2}"
_MARK = rf"[(\[【<《]?{_EXAMPLE}[)\]】>》]?"
EXAMPLE_NOTE = re.compile(rf"{_MARK}[:,.。;!]?(?:(?:请|勿|可|仅供).{{0,12}})?")
"""What a remark beside a row says that only shows how to fill in."""
EXAMPLE = re.compile(
    rf"{EXAMPLE_NOTE.pattern}|{_MARK}[:、,-].*|[(\[【<]?(?:示例|样例|范例).*|.{{1,12}}[(\[【<]{_EXAMPLE}[)\]】>]|[(\[【<]{_EXAMPLE}[)\]】>].*"
)
"""The same where a row begins, or where a name or number stands: 示例, (例), 例:张三, 张三(示例), 示例张三 …"""


def is_column_numbers(texts: list[str]) -> bool:
    """Whether the texts of a row number the columns: 1 2 3 4, or 甲 乙 1 2 3."""
    numbers = [text.strip("()栏").removesuffix(".0") for text in texts if text not in {"栏次", "序号"} and text not in STEMS]
    return len(texts) >= 4 and len(numbers) >= 2 and all(number in COUNTING for number in numbers) and (
        [int(number) for number in numbers] == list(range(int(numbers[0]), int(numbers[0]) + len(numbers)))
    )  # fmt: skip
