"""The letter that sends a town its warnings, in the form of GB/T 9704-2012, as PDF. It holds counts only, never a person.

The county's own 仿宋_GB2312 and 方正小标宋简体 in ``<home>/county/fonts`` are used first, then what the machine has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import typst

from include.reports.labels import WARNING_TYPES, date_text, type_name
from include.reports.notice import Notice, bureau_name, notice_of, split_listing
from include.site import County

FONT_CHAINS: dict[str, tuple[str, ...]] = {
    "仿宋_GB2312": (
        "FangSong_GB2312",
        "仿宋_GB2312",
        "FangSong",
        "仿宋",
        "STFangsong",
        "华文仿宋",
        "FZFangSong-Z02",
        "FZFangSong-Z02S",
        "方正仿宋_GBK",
        "方正仿宋简体",
        "CESI_FS_GB2312",
        "AR PL UMing CN",
        "AR PL SungtiL GB",
        "Noto Serif CJK SC",
        "Source Han Serif SC",
        "SimSun",
        "宋体",
        "WenQuanYi Zen Hei",
        "WenQuanYi Micro Hei",
        "Noto Sans CJK SC",
        "Source Han Sans SC",
        "Droid Sans Fallback",
    ),
    "方正小标宋简体": (
        "FZXiaoBiaoSong-B05S",
        "方正小标宋简体",
        "FZXiaoBiaoSong-B05",
        "方正小标宋_GBK",
        "CESI_XBS_GB2312",
        "STZhongsong",
        "华文中宋",
        "Noto Serif CJK SC",
        "Source Han Serif SC",
        "AR PL UMing CN",
        "SimSun",
        "宋体",
        "WenQuanYi Zen Hei",
        "Noto Sans CJK SC",
        "Droid Sans Fallback",
    ),
    "黑体": (
        "SimHei",
        "黑体",
        "STHeiti",
        "华文黑体",
        "CESI_HT_GB2312",
        "Noto Sans CJK SC",
        "Source Han Sans SC",
        "WenQuanYi Zen Hei",
        "WenQuanYi Micro Hei",
        "Droid Sans Fallback",
    ),
    "楷体_GB2312": (
        "KaiTi_GB2312",
        "楷体_GB2312",
        "KaiTi",
        "楷体",
        "STKaiti",
        "华文楷体",
        "CESI_KT_GB2312",
        "AR PL UKai CN",
        "AR PL KaitiM GB",
    ),
    "宋体": ("SimSun", "宋体", "STSong", "华文宋体", "CESI_SS_GB2312", "Noto Serif CJK SC", "AR PL UMing CN"),
}
TRUE_FONTS: dict[str, frozenset[str]] = {
    "仿宋_GB2312": frozenset({"FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "CESI_FS_GB2312"}),
    "方正小标宋简体": frozenset(
        {"FZXiaoBiaoSong-B05S", "方正小标宋简体", "FZXiaoBiaoSong-B05", "方正小标宋_GBK", "CESI_XBS_GB2312"}
    ),
}
FONT_REMEDY = "请把仿宋_GB2312、方正小标宋简体的字体文件放入 county/fonts 后重新生成"

# A4; top 37 mm, left 28 mm, text block 156 × 225 mm; 22 lines of 28 characters of 3号 (16 pt).
TEMPLATE = """\
#let body-font = ({body_font})
#let title-font = ({title_font})
#let black-font = ({black_font})
#let kai-font = ({kai_font})
#let song-font = ({song_font})
#let red = rgb("#d7000f")
#set document(title: {title}, author: {bureau}, date: none)
#set page(
  paper: "a4",
  margin: (top: 37mm, left: 28mm, right: 26mm, bottom: 35mm),
  header-ascent: 14mm,
  header: align(center, text(font: black-font, size: 16pt, tracking: 0pt, {rehearsal})),
  footer-descent: 7mm,
  footer: context {{
    set text(font: song-font, size: 14pt, tracking: 0pt)
    let number = [— #counter(page).display() —]
    if calc.odd(counter(page).get().first()) {{ align(right, [#number#h(1em)]) }} else {{ align(left, [#h(1em)#number]) }}
  }},
)
#set text(font: body-font, size: 16pt, tracking: -0.2pt, lang: "zh", region: "cn", cjk-latin-spacing: none)
#set text(top-edge: 0.88em, bottom-edge: -0.12em, costs: (widow: 0%, orphan: 0%))
#set par(leading: 12.99pt, spacing: 12.99pt, justify: true, first-line-indent: (amount: 2em, all: true))
#let flush(content) = par(first-line-indent: 0pt, content)
#let blank = block(height: 16pt, width: 100%, spacing: 12.99pt)
#let heading-1(content) = par(text(font: black-font, content))
#let heading-2(content) = text(font: kai-font, {kai_weight}content)

#v(35mm)
#align(center, text(font: title-font, size: {head_size}pt, fill: red, weight: {title_weight}, tracking: 2pt, {bureau}))
#v(16mm)
#align(center, {number})
#v(4mm - 12.99pt)
#line(length: 100%, stroke: 1.4pt + red)
#blank
#blank
#{{
  set par(leading: 16pt, justify: false, first-line-indent: 0pt)
  align(center, text(font: title-font, size: 22pt, weight: {title_weight}, tracking: 0pt, [{title_lines}]))
}}
#blank
#flush({addressee})

{body}

#blank
{attachment}
#block(breakable: false, width: 100%, above: 42pt)[
  #set par(first-line-indent: 0pt, justify: false)
  #align(right)[#box[#align(center)[#{bureau} #linebreak() #{date}]]#h(4em)]
]
#context [#metadata(counter(page).final().first())<pages>]
"""


@dataclass(frozen=True)
class Letter:
    """What one letter says, before it is set in type."""

    bureau: str
    number: str
    title: tuple[str, ...]
    addressee: str
    paragraphs: tuple[tuple[str, str], ...]
    attachment: str
    date: str
    mark: str

    @property
    def subject(self) -> str:
        """The title in one line, as a message bears it."""
        return f"【{self.mark}】" * bool(self.mark) + "".join(self.title)

    @property
    def disclaimer(self) -> str:
        """What stands at the head of every page of a rehearsal's letter."""
        return f"{self.mark}：本函只供{self.mark}，不具效力" if self.mark else ""

    @property
    def text(self) -> str:
        """The letter as plain text, line by line."""
        middle = [text for _, text in self.paragraphs]
        return "\n".join(
            [
                *([self.disclaimer] if self.mark else []),
                self.bureau,
                self.number,
                "".join(self.title),
                self.addressee,
                *middle,
                *([f"附件：{self.attachment}"] if self.attachment else []),
                self.bureau,
                self.date,
            ]
        )


class LetterPress:
    """One compiler and one look at the fonts, for as many letters as there are towns."""

    def __init__(self, font_folder: Path | None = None) -> None:
        folders = [str(font_folder)] if font_folder and font_folder.is_dir() else []
        self.families = frozenset(
            typst.Fonts(include_system_fonts=True, include_embedded_fonts=True, font_paths=folders).families()
        )
        self._compiler = typst.Compiler(font_paths=folders)

    def chain(self, wanted: str) -> tuple[str, ...]:
        """The fonts of the machine that can stand for the wanted one, best first."""
        found = tuple(name for name in FONT_CHAINS[wanted] if name in self.families)
        if not found and wanted != "仿宋_GB2312":
            return self.chain("仿宋_GB2312")
        return found

    @property
    def notes(self) -> tuple[str, ...]:
        """What the bureau should know about the fonts; empty when the letter looks as the standard wants it."""
        if not self.chain("仿宋_GB2312"):
            return (f"本机没有中文字体，交办函中的汉字显示不出来；{FONT_REMEDY}",)
        missing = [wanted for wanted, true in TRUE_FONTS.items() if not true & self.families]
        if not missing:
            return ()
        used = "、".join(dict.fromkeys(self.chain(wanted)[0] for wanted in missing))
        return (f"缺少{'、'.join(missing)}字体，交办函暂用 {used}；{FONT_REMEDY}",)

    def source(self, letter: Letter) -> str:
        """The letter in Typst's language, for this machine's fonts."""
        has_kai = any(name in self.families for name in FONT_CHAINS["楷体_GB2312"])
        title_is_true = bool(TRUE_FONTS["方正小标宋简体"] & self.families)
        fonts = {
            wanted: "".join(f"{_quote(name)}, " for name in self.chain(wanted) or ("Libertinus Serif",)) for wanted in FONT_CHAINS
        }
        return TEMPLATE.format(
            body_font=fonts["仿宋_GB2312"],
            title_font=fonts["方正小标宋简体"],
            black_font=fonts["黑体"],
            kai_font=fonts["楷体_GB2312"],
            song_font=fonts["宋体"],
            kai_weight="" if has_kai else 'weight: "semibold", ',
            title_weight='"regular"' if title_is_true else '"bold"',
            head_size=min(54, int(430 / max(len(letter.bureau), 1))),
            rehearsal=_quote(letter.disclaimer),
            bureau=_quote(letter.bureau),
            number=_quote(letter.number),
            title=_quote("".join(letter.title)),
            title_lines=" #linebreak() ".join(f"#{_quote(line)}" for line in letter.title),
            addressee=_quote(letter.addressee),
            body="\n\n".join(_paragraph(style, text) for style, text in letter.paragraphs),
            attachment=_attachment(letter.attachment),
            date=_quote(letter.date),
        )

    def print(self, path: Path, letter: Letter) -> None:
        """Write the PDF; the same letter gives the same bytes."""
        self.set(path, self.source(letter))

    def set(self, path: Path, source: str, data: Mapping[str, object] | None = None) -> None:
        """Write what is set from a source in Typst's language; it reads the data as JSON from ``sys.inputs.data``."""
        inputs = {"data": json.dumps(data, ensure_ascii=False)} if data is not None else {}
        # Tags for reading aloud make hundreds of pages of tables five times as large and twice as slow; those are for paper.
        pdf, _ = self._compiler.compile_with_warnings(source.encode(), format="pdf", sys_inputs=inputs, pdf_tags=data is None)
        assert isinstance(pdf, bytes)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.part")
        unfinished.write_bytes(pdf)
        unfinished.replace(path)


@lru_cache(maxsize=4)
def letter_press(font_folder: Path | None = None) -> LetterPress:
    """The press for a font folder; made once in a process."""
    return LetterPress(font_folder)


def write_letter(
    path: Path,
    *,
    mark: str,
    county: County,
    town_name: str,
    dispatch: Mapping[str, Any],
    warnings: pd.DataFrame,
    attachment: str | None = None,
    font_folder: Path | None = None,
) -> tuple[str, ...]:
    """Write a town's letter and return what should be said about it (missing fonts); arguments as for ``write_town_workbook``.

    ``attachment``: what the workbook that goes with it is called. ``font_folder``: the county's own fonts.
    """
    press = letter_press(font_folder)
    press.print(
        path,
        letter_of(mark=mark, county=county, town_name=town_name, dispatch=dispatch, warnings=warnings, attachment=attachment),
    )
    return press.notes


def letter_of(
    *,
    mark: str,
    county: County,
    town_name: str,
    dispatch: Mapping[str, Any],
    warnings: pd.DataFrame,
    attachment: str | None = None,
) -> Letter:
    """The words of a town's letter: how many warnings, of which types, in which villages, and by when."""
    notice = notice_of(dispatch, county)
    issued, continuing = split_listing(warnings)
    if notice.is_instant:
        title = ("关于即时交办防止返贫动态监测", "部门筛查预警信息的函")
    else:
        title = (f"关于交办{notice.subject}防止返贫动态监测", "部门筛查预警信息的函")
    return Letter(
        mark=mark,
        bureau=bureau_name(county),
        number=notice.number,
        title=title,
        addressee=f"{town_name}人民政府：",
        paragraphs=tuple(_paragraphs(notice, county, issued, continuing)),
        attachment=attachment or f"{town_name}{notice.subject}预警核查工作簿",
        date=date_text(notice.issued_on),
    )


def _paragraphs(notice: Notice, county: County, issued: pd.DataFrame, continuing: pd.DataFrame) -> list[tuple[str, str]]:
    what = "实时推送" if notice.is_instant else "推送"
    opening = (
        f"按照{county.notice}文件要求，{county.departments[county.bureau]}汇总了有关部门{what}的预警信息，经梳理比对，现将你镇有关预警信息交办给你们，"
        "请认真组织核查。"
    )
    texts = [("body", opening), ("heading", "一、交办情况"), *(("body", text) for text in _counts(issued, continuing))]
    if issued.empty:
        texts += [("heading", "二、有关要求"), ("body", "请继续做好日常排查和动态监测，发现风险隐患及时报告。")]
        return texts
    return [
        *texts,
        ("heading", "二、核查要求"),
        (
            "lead",
            f"（一）限时核查反馈。|请及时将预警信息推送至有关村（社区），立即组织镇村干部逐户入户核查、填写核查情况，{notice.verify_days}日内完成，"
            f"经审核后于{notice.deadline}前报{notice.bureau}备案。同一户有多条预警的，一次入户一并核查。",
        ),
        (
            "lead",
            f"（二）及时落实帮扶。|对符合监测条件的农户，及时履行监测程序，审定后录入全国防返贫监测信息系统，{notice.measure_days}日内精准制定帮扶措施。"
            "对不需纳入监测范围的农户，写明未纳入理由，做好政策宣传，加强动态监测。",
        ),
        (
            "lead",
            "（三）严格保护信息。|附件含身份证号等敏感个人信息，只供核查使用，不得转发、公开。",
        ),
    ]


def _counts(issued: pd.DataFrame, continuing: pd.DataFrame) -> list[str]:
    """The sentences with the numbers; kinds and villages with nothing are left out."""
    texts: list[str] = []
    if issued.empty:
        texts.append("本次没有新交办的预警信息。")
    else:
        visits = issued.loc[issued["subject"] != "area", "household"].nunique()
        areas = int((issued["subject"] == "area").sum())
        about = [f"涉及{visits}户"] * bool(visits) + [f"含区域性事件{areas}件"] * bool(areas)
        texts.append(f"本次新交办预警信息{len(issued)}件，{'，'.join(about)}。")
        of_type = issued["warning_type"].value_counts()
        by_type = "、".join(f"{type_name(key)}{of_type[key]}件" for key in WARNING_TYPES if key in of_type)
        texts.append(f"按类型分：{by_type}。")
        of_place = issued.loc[issued["subject"] != "area", "place"].value_counts(sort=False)
        if len(of_place):
            texts.append(f"按村（社区）分：{'、'.join(f'{place}{count}件' for place, count in of_place.items())}。")
        unresolved = int((issued["identity"] == "unresolved").sum())
        if unresolved:
            texts.append(f"其中{unresolved}件标注“身份待核”，请入户时一并核实身份。")
    if len(continuing):
        texts.append(f"另有此前已交办、本期仍有新数据的预警信息{len(continuing)}件，在附件中单独列出，已反馈的不必重复核查。")
    return texts


def _paragraph(style: str, text: str) -> str:
    if style == "heading":
        return f"#heading-1({_quote(text)})"
    if style == "lead":
        lead, rest = text.split("|", 1)
        return f"#par[#heading-2({_quote(lead)})#{_quote(rest)}]"
    return f"#par({_quote(text)})"


def _attachment(name: str) -> str:
    """The line that names what goes with the letter; a letter without it has none."""
    return f'#par(first-line-indent: 0pt, hanging-indent: 5em, [#h(2em)#"附件："#{_quote(name)}])' if name else ""


def _quote(text: str) -> str:
    """A Typst string literal."""
    return json.dumps("".join(mark for mark in text if mark.isprintable()), ensure_ascii=False)


def missing_fonts(font_folder: Path | None = None) -> tuple[str, ...]:
    """The notes a letter would carry, for ``fangpin doctor``."""
    return letter_press(font_folder).notes
