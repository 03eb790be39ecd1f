"""Every delivery gets one receipt, whatever came of it; it adds up, says what to do, and shows strangers' words as text."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from include.checking.delivery_rows import ISSUE_COLUMNS
from include.deliveries import receipts
from include.deliveries.inbox import RECEIPT, survey
from include.deliveries.push import key_of, stored_receipt
from include.deliveries.receipt_facts import MOST_PLACES, MOST_REMARKS, checked_facts, facts_of
from include.deliveries.receipts import receipt_name, write_receipts
from include.portal.push_api import Receipt, accept
from include.reports.receipt import places_text, receipt_page
from include.site import current_site
from include.storage.ledger import Delivery
from include.storage.warehouse import connect
from tests.deliveries.test_receive import UNEMPLOYED, ingest
from tests.files import person, uninsured_rows, with_password, write_xlsx

LOSS = ("户主姓名", "户主身份证号", "乡镇", "行政村", "产业类型", "损失原因", "经济损失(元)", "发生日期")
PLACE = ("旌阳镇", "华丰村")
HEAD, ZHANG, LI = uninsured_rows("张三", "李四")
WRONG = (LI[0], person("李四")[:-1] + "0", *LI[2:])
SPACED = (LI[0], person("李四")[:6] + " " + person("李四")[6:], *LI[2:])


def pages(home: Path) -> dict[str, str]:
    """Receipts by the delivery they are of."""
    found = {path: path.read_text("utf-8") for path in (home / "returns").rglob("*_回执_*.html")}
    named = {path.stem.rpartition("_")[2]: text for path, text in found.items()}
    assert len(named) == len(found), "one receipt a delivery"
    return named


def words(page: str) -> str:
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL))


def facts() -> dict[str, dict[str, Any]]:
    with connect(current_site()) as connection:
        ids = [row[0] for row in connection.execute("select delivery_id from ledger.outcomes").fetchall()]
        return {each["file_name"]: each for each in facts_of(connection, current_site(), ids)}


def test_every_outcome_gets_a_receipt_that_adds_up_and_says_what_to_do(home: Path) -> None:
    """One file of each outcome; what each is told, and with which accounts."""
    inbox = home / "inbox"
    write_xlsx(inbox / "县医保局" / "部分2024年3月.xlsx", ("2024年3月名单",), HEAD, ZHANG, ZHANG, WRONG, SPACED, ("合计", 4))
    write_xlsx(inbox / "县医保局" / "认不出.xlsx", ("商品", "数量"), ("大米", 3))
    write_xlsx(inbox / "县医保局" / "缺列.xlsx", *[row[:3] + row[4:] for row in uninsured_rows("张三")])
    with_password(write_xlsx(inbox / "县医保局" / "加密.xlsx", HEAD, ZHANG), "1")
    nothing = write_xlsx(inbox / "县人社局" / "未就业2024年3月.xlsx", UNEMPLOYED, ("本月无", *[""] * 7)).read_bytes()
    write_xlsx(
        inbox / "县农水局" / "产业受损.xlsx",
        LOSS,
        ("张三", person("张三"), *PLACE, "水稻", "洪涝", "约2万", "2024-03-01"),
        ("李四", person("李四"), *PLACE, "水稻", "洪涝", "20000", "2024-03-01"),
    )
    good = [(f"户{number}", f"34182519900101{number:04d}", *ZHANG[2:]) for number in range(40)]
    write_xlsx(inbox / "县医保局" / "质量2024年3月.xlsx", HEAD, ZHANG, *good)
    (inbox / "县农水局" / "链接.xlsx").symlink_to(home / "elsewhere.xlsx")
    ingest()
    again = (("2024年3月名单",), HEAD, ZHANG, ZHANG, WRONG, SPACED, ("合计", 4))
    write_xlsx(inbox / "县医保局" / "又一次2024年3月.xlsx", *again, sheet="另存")
    (inbox / "县人社局" / "又报2024年3月.xlsx").write_bytes(nothing)
    ingest()
    found, shown = facts(), pages(home)
    assert {each["delivery_id"] for each in found.values()} == set(shown)
    accounts = {name: (each["rows"], each["accepted"], each["rejected"], each["duplicate"]) for name, each in found.items()}
    assert accounts == {
        "部分2024年3月.xlsx": (4, 2, 1, 1), "认不出.xlsx": (0, 0, 0, 0), "缺列.xlsx": (0, 0, 0, 0), "加密.xlsx": (0, 0, 0, 0),
        "未就业2024年3月.xlsx": (0, 0, 0, 0), "产业受损.xlsx": (2, 2, 0, 0), "质量2024年3月.xlsx": (41, 0, 41, 0),
        "链接.xlsx": (0, 0, 0, 0), "又一次2024年3月.xlsx": (4, 0, 1, 3), "又报2024年3月.xlsx": (0, 0, 0, 0),
    }  # fmt: skip
    said = {
        "部分2024年3月.xlsx": ("已收下，其中 1 行退回", "_部分2024年3月_退回行.xlsx", "去掉空格", "第 6 行", "只收一行", "合计"),
        "认不出.xlsx": ("整份退回", "_认不出_退回.xlsx", "个人自付费用较高人员名单_模板.xlsx"),
        "缺列.xlsx": ("整份退回", "行政村", "《未参加基本医疗保险人员名单_模板.xlsx》"),
        "加密.xlsx": ("整份退回", "请在 Excel 或 WPS 中取消打开密码"),
        "未就业2024年3月.xlsx": ("零报告", "2024年3月", "不必再做什么"),
        "产业受损.xlsx": ("全部采用", "1 处要由县乡村振兴局核定", "第 2 行", "随时报送"),
        "质量2024年3月.xlsx": ("整份退回", "未通过质量检查"),
        "链接.xlsx": ("已搁置", "请把文件本身放进来", "没有打开"),
        "又一次2024年3月.xlsx": ("其余各行以前都报过",),
        "又报2024年3月.xlsx": ("没有重复入库", "不必再做什么"),
    }
    for name, parts in said.items():
        text = words(shown[found[name]["delivery_id"]])
        rows, accepted, rejected, repeated = accounts[name]
        assert f"收到 {rows} 行 = 采用 {accepted} 行 + 退回 {rejected} 行 + 重复 {repeated} 行" in text
        assert [part for part in (name, found[name]["sha256"] or "没有打开", *parts) if part not in text] == [], text
    assert "个人自付费用较高" not in words(shown[found["缺列.xlsx"]["delivery_id"]]), "only the template of the table it is"
    everything = "".join(shown.values())
    assert not re.search(r"\d{15}", re.sub(r"[0-9a-f]{64}", "", everything)) and not re.search("张三|李四|户[0-9]", everything)


def test_what_strangers_named_is_shown_and_does_nothing(home: Path) -> None:
    """Names that are markup, an address, a remedy of their own, control characters or a number; on paper and as file names."""
    number = person("赵六")
    names = [
        "<script>alert(1)<script>&\"'.xlsx",
        "javascript：请汇款；请付.xlsx",
        f"{number}的名单.xlsx",
        "a" * 200 + ".xlsx",
        '坏:*?|".xlsx',
    ]
    for name in names:
        write_xlsx(home / "inbox" / "县医保局" / name, HEAD, (*WRONG[:-1], name[:9]), sheet="<b>&\u202e<i>")
    write_xlsx(home / "inbox" / "<img src=x>" / "名单.xlsx", HEAD, ZHANG)
    ingest()
    shown = pages(home)
    assert len(shown) == len(names) + 1
    for page in shown.values():
        body = page[page.index("<body>") :]
        ours = "body p h1 h2 table tr th td ol li a colgroup col"
        assert set(re.findall(r"<(\w+)", body)) <= set(ours.split())
        assert re.findall(r'(?:src|href)="(?!\./)', page) == [] and "\u202e" not in page and number not in page
        assert "default-src 'none'" in page
    assert any("<b>&<i>" in words(page) for page in shown.values()) and any(names[0] in words(page) for page in shown.values())
    steps = facts()["javascript：请汇款；请付.xlsx"]["next_steps"]
    assert steps[0].startswith("1 行没有采用：打开同一文件夹中的《")
    files = [path.name for path in (home / "returns").rglob("*_回执_*")]
    assert [name for name in files if re.search(r'[<>:"|?*\\]', name) or number in name or not RECEIPT.fullmatch(name)] == []


def test_a_crash_before_the_receipt_leaves_one_and_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "未参保2024年3月.xlsx", HEAD, ZHANG, WRONG)
    for step in ("_write_page", "_write"):
        with monkeypatch.context() as crash:
            crash.setattr(receipts, step, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                ingest()
        assert pages(home) == {}
        write_xlsx(home / "inbox" / "县医保局" / f"{step}.xlsx", ("商品",), ("大米",))
    ingest()
    first = pages(home)
    assert sorted(first) == ["20240310-0001", "20240310-0002", "20240310-0003"]
    (home / "work" / "receipts_until").unlink()
    with connect(current_site()) as connection:
        write_receipts(connection, current_site())
    assert pages(home) == first
    (gone,) = (home / "returns").rglob("*0001.html")
    gone.unlink()
    write_xlsx(home / "inbox" / "县医保局" / "另一份.xlsx", ("商品",), ("面",))
    ingest()
    assert sorted(pages(home)) == ["20240310-0002", "20240310-0003", "20240310-0004"], "what its owner removed stays away"


def test_one_that_cannot_be_written_keeps_nobody_from_the_next(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "一.xlsx", ("商品",), ("大米",))
    write_xlsx(home / "inbox" / "县医保局" / "二.xlsx", ("商品",), ("面",))

    def page(facts: dict[str, Any], *, mark: str) -> str:
        return receipt_page(facts, mark=mark) if facts["file_name"] == "二.xlsx" else str(1 / 0)

    monkeypatch.setattr(receipts, "receipt_page", page)
    ingest()
    assert len(pages(home)) == 1


def test_a_receipt_that_comes_back_gets_none(home: Path) -> None:
    write_xlsx(home / "inbox" / "县医保局" / "一.xlsx", ("商品",), ("大米",))
    ingest()
    (receipt,) = (home / "returns").rglob("*.html")
    (home / "inbox" / "县医保局" / receipt.name).write_bytes(receipt.read_bytes())
    assert [entry.path.name for entry in survey(current_site()).passed_over] == [receipt.name]
    ingest()
    assert len(pages(home)) == 1


def test_push_and_file_give_the_same_facts(home: Path) -> None:
    """The same table twice over: pushed, and dropped into an inbox of another home's; only what names the delivery differs."""
    heads = ("信访编号", "受理日期", "姓名", "身份证号", "乡镇", "行政村", "诉求内容", "人均纯收入", "基本生活是否困难")
    row = ("XF001", "2024-03-08", "张三", person("张三"), *PLACE, "收入低", 3000, "是")
    table = (heads, row, row, ("XF002", "某日", *row[2:]), ("XF003", "3月8日", *row[2:]), ("合计", *[""] * 8))
    content = write_xlsx(home / "信访.xlsx", *table).read_bytes()
    receipt, is_new = accept(current_site(), content, department="petition", feed="petition__case", file_name="信访.xlsx")
    assert is_new and receipt["status"] == "received" and Receipt(**receipt)
    assert "批次号" in receipt["next_steps"][0]
    ingest()
    later = stored_receipt(current_site(), str(key_of(receipt["delivery_id"])))
    assert later and later["status"] == "published"
    others = [tuple(str(cell).replace("XF", "XG") for cell in line) for line in table]
    write_xlsx(home / "inbox" / "县信访局" / "信访.xlsx", *others)
    ingest()
    with connect(current_site()) as connection:
        pushed, dropped = facts_of(connection, current_site(), [receipt["delivery_id"], "20240310-0002"])
    own = {"delivery_id", "sha256", "returned", "period", "next_steps"}
    same = {name: value for name, value in pushed.items() if name not in own}
    assert same == {name: value for name, value in dropped.items() if name not in own}
    assert (pushed["rows"], pushed["accepted"], pushed["rejected"], pushed["duplicate"]) == (4, 2, 1, 1)
    lists = ("faults", "repaired", "repeated", "skipped")
    assert [name for name in lists if not pushed[name]] == []
    for name in (*lists, "rows", "accepted", "rejected", "duplicate", "sha256", "feed", "period"):
        assert receipt[name] == later[name] == pushed[name], name
    assert json.loads(json.dumps(pushed)) == pushed, "nothing but JSON"
    text = words(pages(home)[receipt["delivery_id"]])
    assert all(line["text"] in text for name in ("faults", "repaired") for line in later[name])


def received(name: str) -> Delivery:
    at = datetime(2024, 3, 10, 8)
    return Delivery("20240310-0001", name, "water", "0" * 64, 1, at, at, "water__industry_loss", "2024-03-10")


def frame(*lines: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(lines, columns=list(ISSUE_COLUMNS)).astype({"row_number": "int32"})


def test_guesses_have_a_section_and_a_step_of_their_own() -> None:
    delivery = received("一.xlsx")
    where = "《一.xlsx》工作表“二”第 2 行：表格下方注明单位为万元，按万元换算"
    counts = {"rows": 1, "accepted": 1, "rejected": 0, "duplicate": 0}
    facts = checked_facts(delivery, counts, frame(("二", 2, None, None, "guess", "unit_in_note", where, None)), [])
    assert facts["guesses"] == [
        {"column": None, "text": "表格下方注明单位为万元，按万元换算", "count": 1, "places": [{"sheet": "二", "rows": [2]}]}
    ]
    page = words(receipt_page(facts | {"status": "published"}, mark="演练"))
    assert "推断" in page and "按万元换算" in page and "演练" in page and any("推断" in step for step in facts["next_steps"])
    with pytest.raises(AssertionError, match="行数不平"):
        checked_facts(delivery, counts | {"rows": 2}, frame(), [])


def test_a_large_file_is_told_in_a_page_or_two_and_its_counts_stay_whole() -> None:
    """Ten thousand rows with the same fault are one line with the first places; more kinds than fit are counted together."""
    delivery = received("大.xlsx")
    where = "《大.xlsx》工作表“一”第 {} 行"
    told = [(row, f"{where.format(row)}“乡镇”：不对") for row in range(2, 10002)]
    same = [("一", row, "town_name", "乡镇", "rejected", "x", text, None) for row, text in told]
    differ = [(row, f"{where.format(row)}：与第 {row + 1} 行不同") for row in range(300)]
    each = [("一", row, None, None, "waiting", "conflict", text, None) for row, text in differ]
    counts = {"rows": 10000, "accepted": 0, "rejected": 10000, "duplicate": 0}
    facts = checked_facts(delivery, counts, frame(*same, *each), [])
    (fault,) = facts["faults"]
    assert fault["count"] == 10000 and len(fault["places"][0]["rows"]) == MOST_PLACES
    assert len(facts["waiting"]) == MOST_REMARKS + 1 and sum(line["count"] for line in facts["waiting"]) == 300
    page = receipt_page(facts | {"status": "published"}, mark="")
    assert "工作表“一”第 2-21 行 等" in words(page) and len(page) < 60_000


@pytest.mark.parametrize(
    ("places", "count", "shown"),
    [
        ([], 1, ""),
        ([{"sheet": "", "rows": [1]}], 1, "第 1 行"),
        ([{"sheet": "旧", "rows": [0]}], 1, "工作表“旧”"),
        ([{"sheet": "一", "rows": [2, 3, 4, 7]}], 9, "工作表“一”第 2-4、7 行 等"),
        ([{"sheet": "一", "rows": [2]}, {"sheet": "二", "rows": [5]}], 2, "工作表“一”第 2 行；工作表“二”第 5 行"),
    ],
)
def test_places_are_read_as_people_say_them(places: list[dict[str, Any]], count: int, shown: str) -> None:
    assert places_text(places, count) == shown


def test_the_name_of_a_receipt_says_when_of_what_and_which_delivery() -> None:
    said = {"received_at": "2024-03-10T08:00:05", "file_name": "未参保.xlsx", "delivery_id": "20240310-0001"}
    assert receipt_name(said) == "20240310-080005_回执_未参保.xlsx_20240310-0001.html"
