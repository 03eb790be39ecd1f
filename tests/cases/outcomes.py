"""The one table of how files go wrong (DOMAIN.md, section 5) and what becomes of each.

``test_outcomes.py`` runs every case through the reader and the row checks; ``docs/for-departments-annex.md`` is written from it.
The row a case is about is the last of its file; the rows before it are good and must be accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tests.cases.makers import (
    CERTIFICATE,
    DROPOUT,
    LOSS,
    NUMBER,
    NUMBER_X,
    PETITION,
    REGISTRY,
    RETURNED,
    UNINSURED,
    WATER,
    Make,
    csv,
    error_xlsx,
    half,
    html,
    locked,
    locked_xls,
    number,
    ods,
    raw,
    table,
    without,
    wps_xlsx,
    xls,
    xlsx,
    zipped,
)

ACCEPTED, ROW, FILE, WAITS, SKIPPED = "接收并规范化", "整行退回", "整份退回", "待人工核定", "跳过并登记"

SECTIONS = {
    1: "身份证号按数字存放",
    2: "身份证号的写法",
    3: "身份证号栏填了别的号码",
    4: "标题、合计、落款等行",
    5: "多张工作表、隐藏、合并单元格",
    6: "文件格式",
    7: "CSV 文本",
    8: "姓名",
    9: "日期、金额与类别",
    10: "公式与错误值",
    11: "重复报送、报错",
    12: "乡镇和村",
    13: "前后不一致的数据",
    14: "各镇交回的核查表",
}


@dataclass(frozen=True)
class Case:
    """One way a file goes wrong.

    ``looks``: what it looks like, for a clerk. ``code``: reason, finding or skip code ('' when there is none). ``sees``: what the
    department is told; where there is a code these words stand in the real message. ``values``: what is expected in the last
    accepted row. ``proof``: file and words of the test that shows an outcome which is decided after the row checks.
    """

    name: str
    section: int
    looks: str
    make: Make | None
    outcome: str
    code: str
    sees: str
    department: str = "medical_insurance"
    column: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    repaired: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    accepted: int = 2
    duplicates: int = 0
    proof: tuple[str, str] | None = None


def _uninsured(*changes: dict[str, Any], good: int = 2) -> list[list[Any]]:
    return table(UNINSURED, *changes, good=good)


def _loss(*changes: dict[str, Any]) -> list[list[Any]]:
    return table(LOSS, *changes)


def _number_case(name: str, section: int, looks: str, cell: Any, outcome: str, code: str, sees: str, value: str = NUMBER) -> Case:
    """The identity number written in some way, in an otherwise good row."""
    make = xlsx(_uninsured({"身份证号": cell}))
    if outcome == ACCEPTED:
        return Case(
            name, section, looks, make, outcome, code, sees, accepted=3, values={"id_number": value}, repaired=("id_number",)
        )
    return Case(name, section, looks, make, outcome, code, sees, column="id_number")


def _loss_case(name: str, section: int, looks: str, change: dict[str, Any], sees: str, **expected: Any) -> Case:
    """A row of the industry losses that is read as ``expected['values']``."""
    return Case(name, section, looks, xlsx(_loss(change)), ACCEPTED, "", sees, "water", accepted=3, **expected)


WIDE = "".join(chr(ord(character) + 0xFEE0) for character in NUMBER)
HEAD = [list(UNINSURED)]
GOOD = _uninsured(good=3)[1:]
OLD_BORN = number(33, "19490101")
FIFTEEN = OLD_BORN[:6] + OLD_BORN[8:17]

CASES: tuple[Case, ...] = (
    # 1
    _number_case(
        "number_stored_as_number",
        1,
        "身份证号列是“数字”或“常规”格式，显示成 3.41825E+17",
        3.41825197001e17,
        ROW,
        "float_number",
        "请把该列设为文本格式后重新填写",
    ),
    _number_case(
        "number_in_scientific_text", 1, "文本里就写着 3.41825E+17", "3.41825E+17", ROW, "float_number", "已经丢失，无法恢复"
    ),
    _number_case(
        "tail_000", 1, "转存后号码末尾变成 000,看上去仍是 18 位", "341825197001020000", ROW, "tail_lost", "号码以 000 结尾"
    ),
    # 2
    _number_case("full_width", 2, "全角数字 １２３…", WIDE, ACCEPTED, "", "改为半角后接收"),
    _number_case("lower_x", 2, "末位小写 x", NUMBER_X.lower(), ACCEPTED, "", "改为大写 X 后接收", NUMBER_X),
    _number_case("full_width_x", 2, "末位全角 Ｘ", NUMBER_X[:17] + "Ｘ", ACCEPTED, "", "改为 X 后接收", NUMBER_X),
    _number_case("cyrillic_x", 2, "末位是形似 X 的俄文 Х", NUMBER_X[:17] + "Х", ACCEPTED, "", "改为 X 后接收", NUMBER_X),
    _number_case("times_sign", 2, "末位是乘号 ×", NUMBER_X[:17] + "×", ACCEPTED, "", "改为 X 后接收", NUMBER_X),
    _number_case("apostrophe", 2, "号码前有半角单引号", "'" + NUMBER, ACCEPTED, "", "去掉引号后接收"),
    _number_case(
        "inner_spaces",
        2,
        "号码中间、前后有空格或制表符",
        f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}\t",
        ACCEPTED,
        "",
        "去掉空格后接收",
    ),
    _number_case("invisible", 2, "从网页粘贴带来的不换行空格、零宽字符", f"\u00a0{NUMBER}\u200b", ACCEPTED, "", "去掉后接收"),
    _number_case(
        "wrong_check",
        2,
        "号码抄错一位",
        NUMBER[:17] + ("1" if NUMBER[17] != "1" else "2"),
        ROW,
        "check_character",
        "末位校验码不符",
    ),
    _number_case(
        "impossible_birth", 2, "号码里的出生日期不存在(2 月 30 日)", "341825197002300011", ROW, "birth_date", "出生日期不存在"
    ),
    # 3
    _number_case("student_number", 3, "学籍号:G 加身份证号", "G" + NUMBER, ACCEPTED, "", "去掉 G 后接收"),
    _number_case("fifteen_digits", 3, "15 位旧身份证号", FIFTEEN, ACCEPTED, "", "升为 18 位后接收", OLD_BORN),
    _number_case("certificate_in_id", 3, "20 位残疾人证号(补办的 22 位)", NUMBER + "41B1", ACCEPTED, "", "取前 18 位后接收"),
    _number_case("phone_in_id", 3, "手机号码", "13812345678", ROW, "phone_number", "填的是手机号码"),
    _number_case("masked", 3, "打了星号的号码", NUMBER[:6] + "********" + NUMBER[14:], ROW, "masked", "请填写完整号码"),
    _number_case("too_short", 3, "少了一位", NUMBER[:17], ROW, "length", "号码位数不对"),
    # 4
    Case(
        "around_the_table",
        4,
        "上方有标题、填报单位和日期行，下方有合计、说明和落款",
        xlsx(
            [
                ["2024年3月未参加基本医疗保险人员名单"],
                ["填报单位:县医保局", "", "", "填报日期:2024年3月8日"],
                [],
                *_uninsured(good=2),
                ["合计", "2人"],
                ["注:以上数据截至2月底"],
                ["填表人:赵一", "", "审核人:孙三"],
            ]
        ),
        SKIPPED,
        "total",
        "合计行",
        skipped=("title", "blank", "header", "note", "signature"),
    ),
    Case(
        "two_row_head",
        4,
        "两行合并表头(“户主”下分“姓名”“身份证号”)",
        xlsx(
            [
                ["户主", "", "乡镇", "行政村", "饮水问题类型", "发现日期"],
                ["姓名", "身份证号", "", "", "", ""],
                *([row[0], row[1], *row[2:]] for row in table(WATER)[1:]),
            ],
            merged=("A1:B1",),
        ),
        ACCEPTED,
        "",
        "合并成一行表头后接收",
        "water",
        values={"water_problem": "水质"},
    ),
    Case(
        "head_on_each_page", 4, "每页重复表头", xlsx([*HEAD, GOOD[0], *HEAD, GOOD[1]]), SKIPPED, "repeated_header", "重复的表头"
    ),
    Case(
        "blank_rows",
        4,
        "中间夹着空行、只有序号的行",
        xlsx([["序号", *HEAD[0]], [1, *GOOD[0]], [], [2], [3, *GOOD[1]]]),
        SKIPPED,
        "blank",
        "空行",
    ),
    Case(
        "columns_in_any_order",
        4,
        "列的顺序不同、多出几列、列名写法不同",
        xlsx(
            [
                ["备注栏", "村(社区)", "公民身份号码", "姓名", "所在乡镇", "人员类型", "年度"],
                *([["x", row[3], row[1], row[0], row[2], row[4], row[5]] for row in GOOD[:2]]),
            ]
        ),
        ACCEPTED,
        "",
        "按列名对应后接收，多出的列不读取",
        values={"village_name": "华丰村委会"},
    ),
    Case(
        "missing_column",
        4,
        "缺了必需的一列",
        xlsx(without(_uninsured(), "人员类别")),
        FILE,
        "missing_column",
        "请补上缺少的列后重新报送",
    ),
    Case(
        "missing_cell",
        4,
        "必填的格没有填",
        xlsx(_uninsured({"人员类别": ""})),
        ROW,
        "missing",
        "此列必填，没有填写",
        column="person_category",
    ),
    Case(
        "zero_report",
        4,
        "本月没有要报的：一张空表（只有表头），或写“本月无”",
        xlsx([*HEAD, ["本月无"]], "未参保零报告.xlsx"),
        SKIPPED,
        "zero_report",
        "零报告",
        accepted=0,
    ),
    Case("no_head", 4, "没有表头，只有名单", xlsx(GOOD), FILE, "unknown_table", "没有找到表头"),
    Case(
        "two_tables",
        4,
        "一张工作表上下放了两种表",
        xlsx([*_uninsured(), [], *table(WATER)]),
        FILE,
        "two_tables",
        "请把两张表分成两个工作表或两个文件后重新报送",
    ),
    # 5
    Case(
        "hidden_sheet",
        5,
        "有隐藏的工作表",
        xlsx(_uninsured(), more={"底稿": _uninsured()}, hidden=("底稿",)),
        SKIPPED,
        "hidden_sheet",
        "隐藏的工作表，未读取",
    ),
    Case(
        "several_months",
        5,
        "一个工作簿里每月一张工作表，还没删去上月的",
        xlsx([["2024年3月未参保名单"], *_uninsured()], sheet="3月", more={"2月": [["2024年2月未参保名单"], *_uninsured()]}),
        SKIPPED,
        "other_period_sheet",
        "不是本批次的 2024-03,未读取",
    ),
    Case(
        "head_on_row_three",
        5,
        "表头在第 3 行",
        xlsx([["未参保人员名单"], ["县医保局"], *_uninsured()]),
        ACCEPTED,
        "",
        "找到表头后照常接收",
    ),
    Case("hidden_rows", 5, "有隐藏的行", xlsx(_uninsured({}), hidden_rows=(3,)), ACCEPTED, "", "隐藏的行照样读取", accepted=3),
    Case(
        "wps_dimension",
        5,
        "WPS 导出的工作簿，文件里自称只有 A1 一格",
        wps_xlsx(_uninsured({})),
        ACCEPTED,
        "",
        "照常全部读取",
        accepted=3,
    ),
    Case(
        "mixed_feeds",
        5,
        "一份工作簿里混有两种数据",
        xlsx(table(WATER), sheet="饮水", more={"受损": _loss()}),
        FILE,
        "mixed_feeds",
        "请每种数据单独存成一个文件后重新报送",
        "water",
    ),
    Case(
        "merged_town",
        5,
        "乡镇、行政村几行合并成一格(xlsx)",
        xlsx([*HEAD, GOOD[0], *([*row[:2], "", "", *row[4:]] for row in GOOD[1:])], merged=("C2:C4", "D2:D4")),
        ACCEPTED,
        "",
        "合并区域内各行都按这一格填写",
        accepted=3,
        values={"village_name": "华丰村委会"},
        repaired=("town_name", "village_name"),
    ),
    Case(
        "merged_town_xls",
        5,
        "乡镇、行政村几行合并成一格(xls)",
        xls([*HEAD, *GOOD], merged=((1, 3, 2, 2), (1, 3, 3, 3))),
        ACCEPTED,
        "",
        "合并区域内各行都按这一格填写",
        accepted=3,
        values={"town_code": "341825100"},
        repaired=("town_name", "village_name"),
    ),
    Case(
        "merged_town_ods",
        5,
        "乡镇、行政村几行合并成一格(ods)",
        ods([*HEAD, *GOOD], merged=((1, 3, 2), (1, 3, 3))),
        ACCEPTED,
        "",
        "合并区域内各行都按这一格填写",
        accepted=3,
        values={"village_code": "341825100202"},
        repaired=("town_name", "village_name"),
    ),
    Case(
        "merged_name",
        5,
        "姓名、身份证号等几行合并成一格",
        xlsx([*HEAD, *GOOD[:2], ["", "", *GOOD[2][2:]]], merged=("A3:A4", "B3:B4")),
        ROW,
        "merged_cell",
        "请取消合并，逐行填写",
        column="person_name",
    ),
    # 6
    Case("xls", 6, "老版本 .xls 或 WPS 的 .et", xls(_uninsured({}), "名单.et"), ACCEPTED, "", "照常接收", accepted=3),
    Case("ods", 6, "开放文档 .ods", ods(_uninsured({})), ACCEPTED, "", "照常接收", accepted=3),
    Case(
        "xlsx_named_xls",
        6,
        "扩展名与内容不符(内容是 xlsx,名叫 .xls)",
        xlsx(_uninsured({}), "名单.xls"),
        ACCEPTED,
        "",
        "按内容照常接收",
        accepted=3,
    ),
    Case(
        "html_named_xls",
        6,
        "业务系统导出的 .xls,内容其实是网页",
        html(_uninsured(), "导出.xls"),
        FILE,
        "not_a_table",
        "内容是网页(HTML)",
    ),
    Case(
        "csv_named_xls",
        6,
        "名叫 .xls,内容其实是 CSV 文本",
        csv(_uninsured(), "导出.xls"),
        FILE,
        "not_a_table",
        "内容却是文本(CSV)",
    ),
    Case("password", 6, "设了打开密码(xlsx)", locked(_uninsured()), FILE, "password", "请在 Excel 或 WPS 中取消打开密码"),
    Case("password_xls", 6, "设了打开密码(xls)", locked_xls(_uninsured()), FILE, "password", "设有打开密码"),
    Case("broken", 6, "文件没有传完或已损坏", half(xlsx(_uninsured())), FILE, "damaged", "已损坏或没有传完"),
    Case("empty", 6, "0 字节的空文件", raw(b"", "名单.xlsx"), FILE, "empty_file", "0 字节"),
    Case("pdf", 6, "PDF、图片、Word", raw(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "名单.xlsx"), FILE, "not_a_table", "不是表格文件"),
    Case("zipped", 6, "压缩包", zipped(), FILE, "not_a_table", "请解压后，把其中的表格文件逐个报送"),
    # 7
    Case(
        "csv_gb18030",
        7,
        "GB18030(简体中文 Excel 另存的)CSV,含生僻字",
        csv(_uninsured({"姓名": "王䶮"})),
        ACCEPTED,
        "",
        "照常接收",
        accepted=3,
        values={"person_name": "王䶮"},
    ),
    Case("csv_utf8", 7, "UTF-8 CSV,不带 BOM", csv(_uninsured({}), encoding="utf-8"), ACCEPTED, "", "照常接收", accepted=3),
    Case("csv_utf8_bom", 7, "UTF-8 CSV,带 BOM", csv(_uninsured({}), encoding="utf-8-sig"), ACCEPTED, "", "照常接收", accepted=3),
    Case("csv_semicolon", 7, "以分号分隔", csv(_uninsured({}), delimiter=";"), ACCEPTED, "", "照常接收", accepted=3),
    Case(
        "csv_tab",
        7,
        "以制表符分隔的 .txt、.csv",
        csv(_uninsured({}), "名单.txt", encoding="utf-16", delimiter="\t"),
        ACCEPTED,
        "",
        "照常接收",
        accepted=3,
    ),
    Case(
        "csv_shifted",
        7,
        "金额写成 1,234.50 又没有加引号，后面的列都错了一格",
        csv(_loss({"经济损失(元)": "15,234.50"})),
        ROW,
        "columns_shifted",
        "各列已错位",
        "water",
    ),
    Case(
        "csv_shifted_blank_end",
        7,
        "同上，末列空白",
        csv(
            [
                [*row[:8], row[8] if place < 3 else ""]
                for place, row in enumerate(_loss({"经济损失(元)": "2024-03-01", "受灾面积(亩)": "15,234.50"}))
            ]
        ),
        ROW,
        "columns_shifted",
        "请检查格内的逗号",
        "water",
    ),
    Case(
        "csv_end_marks",
        7,
        "每行末尾多一个逗号",
        csv([row if place == 0 else [*row, ""] for place, row in enumerate(_loss({}))]),
        ACCEPTED,
        "",
        "照常接收",
        "water",
        accepted=3,
    ),
    Case(
        "csv_comma_in_text",
        7,
        "文字里有英文逗号又没有加引号",
        csv(_uninsured({"未参保原因": "外出,务工"})),
        ROW,
        "columns_shifted",
        "去掉或给该格加英文引号",
    ),
    Case(
        "csv_quoted",
        7,
        '金额 "1,234.50" 加了英文引号',
        csv(_loss({"经济损失(元)": '"15,234.50"'})),
        ACCEPTED,
        "",
        "按 15234.50 元接收",
        "water",
        accepted=3,
        values={"loss_yuan": Decimal("15234.50")},
    ),
    # 8
    Case(
        "name_spaces",
        8,
        "姓名中间有空格(张　三)",
        xlsx(_uninsured({"姓名": "王　五"})),
        ACCEPTED,
        "",
        "去掉空格后接收",
        accepted=3,
        values={"person_name": "王五"},
    ),
    Case(
        "name_dots",
        8,
        "少数民族姓名的间隔点写法不一(阿·买,阿.买,阿•买)",
        xlsx(_uninsured({"姓名": "阿依•买买提"})),
        ACCEPTED,
        "",
        "统一为“·”后接收",
        accepted=3,
        values={"person_name": "阿依·买买提"},
    ),
    Case(
        "name_damaged",
        8,
        "生僻字变成 ? 或 □",
        xlsx(_uninsured({"姓名": "王□"})),
        ACCEPTED,
        "name_damaged",
        "姓名中有无法显示的字",
        accepted=3,
    ),
    Case(
        "name_private_use",
        8,
        "姓名用了自造字",
        xlsx(_uninsured({"姓名": "王\ue123"})),
        ACCEPTED,
        "name_private_use",
        "请改用标准汉字",
        accepted=3,
    ),
    Case(
        "name_is_number",
        8,
        "姓名栏填了数字",
        xlsx(_uninsured({"姓名": "341825197"})),
        ROW,
        "not_a_name",
        "请核对是否错列",
        column="person_name",
    ),
    # 9
    *(
        _loss_case(f"date_{place}", 9, looks, {"发生日期": cell}, sees, values={"occurred_date": value}, repaired=repaired)
        for place, (looks, cell, sees, value, repaired) in enumerate(
            (
                ("日期单元格，或日期变成序号 45292", 45292, "按 2024-01-01 接收", date(2024, 1, 1), ()),
                ("2024.1.5", "2024.1.5", "按 2024-01-05 接收", date(2024, 1, 5), ()),
                ("20240105", "20240105", "按 2024-01-05 接收", date(2024, 1, 5), ()),
                ("2024/1/5", "2024/1/5", "按 2024-01-05 接收", date(2024, 1, 5), ()),
                ("2024年1月（没有写日）", "2024年1月", "按 1 日接收，并注明", date(2024, 1, 1), ("occurred_date",)),
                ("1月5日（没有写年）", "1月5日", "按所属期的年份接收，并注明", date(2024, 1, 5), ("occurred_date",)),
            )
        )
    ),
    Case(
        "date_impossible",
        9,
        "2024-02-30 等不存在的日期",
        xlsx(_loss({"发生日期": "2024-02-30"})),
        ROW,
        "impossible_date",
        "日期不存在",
        "water",
        column="occurred_date",
    ),
    _loss_case(
        "amount_wan", 9, "3.2万、3.2万元", {"经济损失(元)": "3.2万"}, "按 32000 元接收", values={"loss_yuan": Decimal("32000.00")}
    ),
    _loss_case(
        "amount_comma", 9, "1,234.50", {"经济损失(元)": "1,234.50"}, "按 1234.50 元接收", values={"loss_yuan": Decimal("1234.50")}
    ),
    Case(
        "amount_head_wan",
        9,
        "表头写“经济损失(万元)”，格里填 1.5",
        xlsx([[*list(LOSS)[:7], "经济损失(万元)", "发生日期"], *([*row[:7], 1.5, row[8]] for row in _loss()[1:])]),
        ACCEPTED,
        "",
        "换算成 15000 元接收",
        "water",
        values={"loss_yuan": Decimal("15000.00")},
    ),
    Case(
        "amount_title_wan",
        9,
        "表格上方写“单位:万元”",
        xlsx(
            [
                ["农业产业受损农户信息"],
                ["单位:万元"],
                [*list(LOSS)[:7], "经济损失", "发生日期"],
                *([*row[:7], 1.5, row[8]] for row in _loss()[1:]),
            ]
        ),
        ACCEPTED,
        "",
        "换算成元接收",
        "water",
        values={"loss_yuan": Decimal("15000.00")},
    ),
    Case(
        "amount_approximate",
        9,
        "约3万、3万左右、2-3万",
        xlsx(_loss({"经济损失(元)": "约3万"})),
        WAITS,
        "approximate_amount",
        "金额不是确数",
        "water",
        column="loss_yuan",
        accepted=3,
    ),
    Case(
        "amount_dash",
        9,
        "必填的金额填了“/”或“-”",
        xlsx(_loss({"经济损失(元)": "/"})),
        ROW,
        "missing",
        "此列必填，没有填写",
        "water",
        column="loss_yuan",
    ),
    Case(
        "optional_dash",
        9,
        "选填的栏填了“/”或“-”",
        xlsx(_loss({"受灾面积(亩)": "/"})),
        ACCEPTED,
        "",
        "按空白接收",
        "water",
        accepted=3,
        values={"affected_area_mu": None},
    ),
    Case(
        "risk_none",
        9,
        "返贫致贫风险填“无”",
        xlsx(table(CERTIFICATE, {"返贫致贫风险": "无"})),
        ACCEPTED,
        "",
        "按“低”接收",
        "disabled_federation",
        accepted=3,
        values={"poverty_risk": "低"},
    ),
    Case(
        "unknown_choice",
        9,
        "类别填了表外的词",
        xlsx(_uninsured({"人员类别": "其他类"})),
        ROW,
        "unknown_value",
        "填写的内容不在可选范围内",
        column="person_category",
    ),
    # 10
    *(
        Case(
            f"error_{kind}",
            10,
            f"公式出错，格里是 #N/A({kind})",
            make,
            ROW,
            "formula_error",
            "公式没有算出结果",
            column="insured_year",
        )
        for kind, make in (
            ("xlsx", error_xlsx(_uninsured({"参保年度": "=NA()"}))),
            ("xls", xls(_uninsured({"参保年度": "#N/A"}))),
            ("ods", ods(_uninsured({"参保年度": "#N/A"}))),
        )
    ),
    Case(
        "uncalculated",
        10,
        "由程序生成、没有保存结果的公式",
        xlsx(_uninsured({"参保年度": "=2000+24"})),
        ROW,
        "formula_error",
        "请改为填写数值或文字",
        column="insured_year",
    ),
    Case(
        "error_optional",
        10,
        "选填的栏里是 #N/A",
        xls(_uninsured({"未参保原因": "#N/A"})),
        ACCEPTED,
        "formula_error",
        "此格按空白处理",
        accepted=3,
    ),
    Case(
        "injection",
        10,
        "文字以 = + - @ 开头",
        csv(_uninsured({"未参保原因": "=1+1"})),
        ACCEPTED,
        "",
        "只作文字，不会当公式执行",
        accepted=3,
        values={"uninsured_reason": "=1+1"},
    ),
    # 11
    Case(
        "same_file",
        11,
        "同一份文件再报一次(改了文件名也算)",
        None,
        SKIPPED,
        "duplicate",
        "登记为重复报送，不再处理",
        proof=("tests/deliveries/test_publish.py", "def test_the_same_file_under_another_name_adds_nothing"),
    ),
    Case(
        "corrected_file",
        11,
        "改了几行的更正表",
        None,
        ACCEPTED,
        "",
        "相同的行不重复计，改过的行以后报的为准，漏掉的行保留并提示",
        proof=("tests/deliveries/test_publish.py", "def test_a_later_file_changes_adds_and_keeps_rows"),
    ),
    Case(
        "last_months_list",
        11,
        "又报了上月的名单",
        None,
        ACCEPTED,
        "",
        "照收，并提示县乡村振兴局核对是否误报",
        proof=("dbt_project/models/intermediate/findings/int_findings.yml", "- name: findings_of_lists_sent_again"),
    ),
    Case(
        "same_row",
        11,
        "一份表里同一行写了两遍",
        xlsx(_uninsured({}, {})),
        ACCEPTED,
        "",
        "只收一行，登记为重复",
        accepted=3,
        duplicates=1,
    ),
    Case(
        "conflict",
        11,
        "同一个人写了两行，内容不同",
        xlsx(_loss({}, {"经济损失(元)": "18000"})),
        WAITS,
        "conflict",
        "是同一对象",
        "water",
        accepted=4,
    ),
    Case(
        "other_feed",
        11,
        "把别的部门的表放进了本部门的文件夹",
        xlsx(table(CERTIFICATE)),
        FILE,
        "wrong_department",
        "请核对后放入“县残联”文件夹",
    ),
    Case(
        "other_county",
        11,
        "报成了别的县的数据(超过一半的行)",
        xlsx(table(UNINSURED | {"乡镇": "绩溪县临溪镇", "行政村": "临溪村"}, good=3)),
        FILE,
        "other_county",
        "请核对是否报错了县",
    ),
    Case(
        "other_county_row",
        11,
        "个别行是别的县的",
        xlsx(_uninsured({"乡镇": "绩溪县临溪镇", "行政村": "临溪村"})),
        ROW,
        "other_county",
        "所写地址属于其他县",
        column="town_name",
    ),
    # 12
    *(
        Case(
            f"village_{place}",
            12,
            looks,
            xlsx(_uninsured({"行政村": cell})),
            ACCEPTED,
            "",
            "对应到标准村名后接收",
            accepted=3,
            values={"village_code": "341825100202", "village_name": "华丰村委会"},
        )
        for place, (looks, cell) in enumerate(
            (
                ("只写“华丰”", "华丰"),
                ("写全称“华丰村村民委员会”", "华丰村村民委员会"),
                ("连镇名一起写“旌阳镇华丰村”", "旌阳镇华丰村"),
                ("带组“华丰村三组”", "华丰村三组"),
                ("写村的代码", "341825100202"),
            )
        )
    ),
    Case(
        "village_before_merger",
        12,
        "撤并以前的村名(县里已登记)",
        xlsx(_uninsured({"行政村": "旧丰村"})),
        ACCEPTED,
        "",
        "对应到现在的村后接收",
        accepted=3,
        values={"village_code": "341825100202"},
    ),
    Case(
        "wrong_town",
        12,
        "村对，镇写错",
        xlsx(_uninsured({"乡镇": "三溪镇"})),
        ACCEPTED,
        "town_corrected",
        "已按村所在的镇归属",
        accepted=3,
        values={"town_code": "341825100"},
    ),
    Case(
        "village_unknown",
        12,
        "镇对，村名查不到",
        xlsx(_uninsured({"行政村": "乌有村"})),
        ACCEPTED,
        "village_unknown",
        "只归属到镇",
        accepted=3,
        values={"town_code": "341825100", "village_code": None},
    ),
    Case(
        "place_unknown",
        12,
        "镇、村都查不到",
        xlsx(_uninsured({"乡镇": "乌有镇", "行政村": "乌有村"})),
        ACCEPTED,
        "place_unknown",
        "无法归属",
        accepted=3,
        values={"town_code": None},
    ),
    Case(
        "two_addresses",
        12,
        "同时有户籍地和居住地，两处不同",
        xlsx(
            [
                ["姓名", "身份证号", "居住地乡镇", "居住地行政村", "户籍地乡镇", "户籍地行政村", "人员类别", "参保年度"],
                *([row[0], row[1], "三溪镇", "路西村", row[2], row[3], *row[4:6]] for row in _uninsured({})[1:]),
            ]
        ),
        ACCEPTED,
        "address_differs",
        "按户籍地的镇、村归属",
        accepted=3,
        values={"village_code": "341825100202"},
    ),
    Case(
        "child_elsewhere",
        12,
        "在本县读书、户籍在外县的学生",
        xlsx(table(DROPOUT, {"乡镇": "绩溪县临溪镇", "行政村": "临溪村"})),
        ACCEPTED,
        "",
        "接收，注明户籍不在本县，不作预警",
        "education",
        accepted=3,
        values={"home_elsewhere": True},
    ),
    Case(
        "number_missing",
        12,
        "没有身份证号，而该栏是必填的",
        xlsx(_uninsured({"身份证号": ""})),
        ROW,
        "missing",
        "此列必填，没有填写",
        column="id_number",
    ),
    Case(
        "no_number",
        12,
        "没有身份证号，只有姓名和村（该栏可不填的表）",
        xlsx(table(PETITION, {"信访编号": "XF2024-09"})),
        ACCEPTED,
        "",
        "接收，按姓名和村核对；对不上或有几人相符的由县乡村振兴局核定",
        "petition",
        accepted=3,
        values={"id_number": None},
    ),
    # 13
    Case(
        "amount_falls",
        13,
        "本年累计金额比上期少",
        None,
        ACCEPTED,
        "",
        "照收，并提示县乡村振兴局核对",
        proof=("dbt_project/models/intermediate/findings/int_findings.yml", "- name: findings_of_self_pay_figures"),
    ),
    Case(
        "two_households",
        13,
        "一个人在名册里属于两户",
        xlsx(table(REGISTRY, {}, {"户编号": "H0010"})),
        ACCEPTED,
        "",
        "两行都接收，以最近识别的一户为准，并提示核对",
        "rural_revitalization",
        accepted=4,
        proof=("dbt_project/models/intermediate/identity/int_registry_persons.yml", "person_in_two_households_ranks"),
    ),
    Case(
        "dead_or_moved",
        13,
        "名册中已死亡、迁出的人",
        None,
        ACCEPTED,
        "",
        "照收，并提示核对",
        proof=("dbt_project/models/intermediate/findings/int_findings.yml", "- name: findings_of_the_registry"),
    ),
    # 14
    Case(
        "returned_reordered",
        14,
        "列的顺序变了，删了选填的列",
        xlsx(without([row[::-1] for row in table(RETURNED, {})], "核查人2"), "核查反馈.xlsx"),
        ACCEPTED,
        "",
        "按列名对应后接收",
        "town",
        accepted=3,
        values={"is_true": True, "meets_criteria": False},
    ),
    Case(
        "returned_without_column",
        14,
        "删了“审核人”等必填的列",
        xlsx(without(table(RETURNED, {}), "审核人"), "核查反馈.xlsx"),
        FILE,
        "missing_column",
        "缺少“审核人”列",
        "town",
    ),
    Case(
        "warning_number_overtyped",
        14,
        "预警编号被改动",
        xlsx(table(RETURNED, {"预警编号": "1号"}), "核查反馈.xlsx"),
        ROW,
        "warning_number",
        "请从交办的核查表中原样复制",
        "town",
        column="warning_id",
    ),
    Case(
        "another_towns_row",
        14,
        "表里有交办给别的镇的预警",
        xlsx(table(RETURNED, {"预警编号": "W0123456789AC"}), "核查反馈.xlsx"),
        ROW,
        "other_town",
        "由三溪镇核查上报",
        "town",
        column="warning_id",
    ),
    Case(
        "free_text_answer",
        14,
        "是否属实填“属实,已纳入”",
        xlsx(table(RETURNED, {"是否属实": "属实,已纳入"}), "核查反馈.xlsx"),
        ACCEPTED,
        "",
        "按“是”接收",
        "town",
        accepted=3,
        values={"is_true": True},
    ),
    Case(
        "answer_unclear",
        14,
        "是否属实填了看不出是或否的话",
        xlsx(table(RETURNED, {"是否属实": "待定"}), "核查反馈.xlsx"),
        ROW,
        "unknown_value",
        "可填：是或否",
        "town",
        column="is_true",
    ),
    Case(
        "unfilled_rows",
        14,
        "有的户还没有填(只有系统填好的灰色栏)",
        xlsx(table(RETURNED, dict.fromkeys(list(RETURNED)[5:], "") | {"预警编号": "W0123456789AC"}), "核查反馈.xlsx"),
        SKIPPED,
        "unfilled",
        "尚未填写核查内容，待填写后再报",
        "town",
    ),
    Case(
        "nothing_filled",
        14,
        "整张表都还没有填",
        xlsx(table(RETURNED | dict.fromkeys(list(RETURNED)[5:], "")), "核查反馈.xlsx"),
        FILE,
        "nothing_filled",
        "都还没有填写",
        "town",
    ),
)
