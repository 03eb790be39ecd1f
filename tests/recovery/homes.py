"""A small home with a month behind it: answered reviews, a notice at once, lists refused, repeated, sent twice, set aside."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from include.dispatch.instant import dispatch_at_once
from include.dispatch.issue import issue_dispatch, write_reports
from include.dispatch.propose import propose_dispatch
from include.outcome.tell import tell_of_dispatch
from include.review.questions import export_queue
from include.screening.screen import screen as screen_once
from include.screening.screen import write_docs
from include.site import current_site
from include.warnings.export import export
from tests.deliveries.test_receive import ingest
from tests.dispatch.approvals import approval
from tests.files import person, registry_rows, uninsured_rows, write_xlsx
from tests.review.test_review import answer

LOSS = ("户主姓名", "户主身份证号", "乡镇", "行政村", "产业类型", "损失原因", "经济损失(元)", "发生日期")
WATER = ("户主姓名", "户主身份证号", "乡镇", "行政村", "饮水问题类型", "发现日期")
PLACE = ("旌阳镇", "华丰村")
RETURNED = ("预警编号", "是否属实", "是否符合监测条件", "核查情况", "核查人", "核查日期", "审核人")


def screen(*, is_prompt: bool = False) -> None:
    screen_once(current_site(), is_prompt=is_prompt)


def clock(patch: pytest.MonkeyPatch, at: str) -> None:
    patch.setenv("FANGPIN_NOW", f"2024-03-{at}:00")


def live_a_month(home: Path, patch: pytest.MonkeyPatch) -> None:
    """From the first list to what came in after the month's dispatch."""
    inbox = home / "inbox"
    clock(patch, "01T08:00")
    write_xlsx(inbox / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三", "李四", "王五", "赵六"))
    ingest()
    clock(patch, "05T08:00")
    people = uninsured_rows("张三", "李四")
    write_xlsx(inbox / "县医保局" / "未参保2024年3月.xlsx", *people, ("孙八", "12345", *PLACE, "脱贫人口", 2024, ""))
    write_xlsx(inbox / "县医保局" / "坏.xlsx", ("商品", "数量", "单价"), ("大米", 3, 2.5))
    write_xlsx(inbox / "县医保局" / "缺列.xlsx", *[row[:3] + row[4:] for row in uninsured_rows("张三")])
    write_xlsx(inbox / "没有这个部门" / "名单.xlsx", *people)
    write_xlsx(
        inbox / "县农水局" / "饮水2024年3月.xlsx",
        WATER,
        ("王武", "", *PLACE, "水质", "2024-03-01"),
    )
    write_xlsx(
        inbox / "县农水局" / "产业受损.xlsx",
        LOSS,
        ("张三", person("张三"), *PLACE, "水稻", "洪涝", "20000", "2024-03-01"),
        ("李四", person("李四"), *PLACE, "水稻", "洪涝", "约2万", "2024-03-01"),
        ("王五", person("王五"), *PLACE, "水稻", "洪涝", "3-5万", "2024-03-01"),
    )
    ingest()
    clock(patch, "05T08:01")
    screen(is_prompt=True)
    dispatch_at_once(current_site())
    clock(patch, "06T09:00")
    write_xlsx(inbox / "县医保局" / "未参保2024年3月(更正).xlsx", *uninsured_rows("张三", "王五", reason="外出"))
    write_xlsx(inbox / "县医保局" / "又一份2024年3月.xlsx", *uninsured_rows("张三", "王五", reason="外出"))
    path, _ = export_queue(current_site(), home / "待核定.xlsx")
    answers = {
        ("金额是多少", "李四"): ("采纳", "", "甲"),
        ("是哪个人", "王武"): ("其他", person("王五"), "甲"),
        ("金额是多少", "王五"): ("采纳", "", "甲"),
    }
    answer(path, inbox / "县乡村振兴局" / "核定.xlsx", answers)
    ingest()
    clock(patch, "10T08:00")
    screen()
    propose_dispatch(current_site(), "2024-03")
    clock(patch, "10T09:00")
    issue_dispatch(current_site(), "2024-03", approval("2024-03"))
    write_reports(current_site(), "2024-03")
    tell_of_dispatch(current_site(), "2024-03")
    write_docs(current_site())
    clock(patch, "12T08:00")
    number = export(current_site(), "warnings", dispatch="2024-03")["warning_id"].iloc[0]
    write_xlsx(inbox / "各镇" / "核查反馈.xlsx", RETURNED, (number, "是", "否", "已核实", "钱七", "2024-03-11", "周九"))
    write_xlsx(inbox / "县农水局" / "又一户.xlsx", LOSS, ("王五", person("王五"), *PLACE, "水稻", "洪涝", "30000", "2024-03-09"))
    ingest()
    clock(patch, "12T08:01")
    screen(is_prompt=True)
    dispatch_at_once(current_site())
    clock(patch, "13T08:00")
    write_xlsx(inbox / "县医保局" / "补报2024年3月.xlsx", *uninsured_rows("赵六"))
    ingest()


def copy_of(home: Path, target: Path) -> Path:
    """The same home somewhere else."""
    shutil.copytree(home, target, symlinks=True)
    return target
