"""One person is one warning: through a new identity number, and through a wrong one that somebody has explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.dispatch.issue import issue_dispatch
from include.dispatch.propose import propose_dispatch
from include.review.questions import export_queue
from include.site import current_site
from tests.deliveries.test_receive import ingest
from tests.dispatch.approvals import approval
from tests.files import person, registry_rows, uninsured_rows, with_check_character, write_xlsx
from tests.review.test_review import answer, fetch
from tests.screening.build import build_risk_tables

NEW_NUMBER = with_check_character("34052419800101003")
WARNINGS = "select warning_id, identity, id_number, household_id, signal_count from risk.risk_warnings"
FINDINGS = "select feed, finding_code from report.report_findings order by all"
QUEUE = "select reason_code, reason from report.report_queue"


def screened() -> None:
    ingest()
    build_risk_tables(current_site())


def renumbered(rows: list[tuple[object, ...]], number: str) -> list[tuple[object, ...]]:
    """The same rows with another number for 张三."""
    return [tuple(number if cell == person("张三") else cell for cell in row) for row in rows]


def test_a_new_number_of_a_registry_person_is_the_same_warning(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bureau, medical = home / "inbox" / "县乡村振兴局", home / "inbox" / "县医保局"
    write_xlsx(bureau / "名单.xlsx", *registry_rows("张三", "李四"))
    write_xlsx(medical / "未参保2024年3月.xlsx", *uninsured_rows("张三"))
    screened()
    propose_dispatch(current_site(), "2024-03")
    issue_dispatch(current_site(), "2024-03", approval("2024-03"))
    ((warning_id, *_),) = fetch(WARNINGS)

    monkeypatch.setenv("FANGPIN_NOW", "2024-04-09T08:00:00")
    write_xlsx(bureau / "四月名单.xlsx", *renumbered(registry_rows("张三", "李四", data_date="2024-04-01"), NEW_NUMBER))
    write_xlsx(medical / "未参保2024年4月.xlsx", *renumbered(uninsured_rows("张三"), NEW_NUMBER))
    screened()
    assert fetch(WARNINGS) == [(warning_id, "matched", person("张三"), "H0001", 2)]
    found = fetch(FINDINGS)
    assert ("rural_revitalization__registry", "number_changed") in found
    assert ("medical_insurance__uninsured", "former_number") in found, "三月的行用的是以前的号码"
    assert "left_registry" not in {code for _, code in found}


def test_an_unlisted_number_under_a_listed_name_is_asked_about_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bureau, medical = home / "inbox" / "县乡村振兴局", home / "inbox" / "县医保局"
    write_xlsx(bureau / "名单.xlsx", *registry_rows("张三"))
    write_xlsx(medical / "未参保2024年3月.xlsx", *renumbered(uninsured_rows("张三"), person("王五")))
    screened()
    ((warning_id, *known),) = fetch(WARNINGS)
    assert known == ["unresolved", person("王五"), None, 1]
    assert fetch(QUEUE) == [("identity_unresolved", "身份待核：名册中没有这个身份证号，同村有一个同名的人")]
    propose_dispatch(current_site(), "2024-03")
    issue_dispatch(current_site(), "2024-03", approval("2024-03"))

    path, _ = export_queue(current_site(), home / "待核定.xlsx")
    answer(path, bureau / "核定.xlsx", {("是哪个人", "张三"): ("采纳", "", "甲")})
    monkeypatch.setenv("FANGPIN_NOW", "2024-04-09T08:00:00")
    write_xlsx(medical / "未参保2024年4月.xlsx", *renumbered(uninsured_rows("张三"), person("王五")))
    screened()
    assert fetch(WARNINGS) == [(warning_id, "matched", person("张三"), "H0001", 2)]
    assert fetch(QUEUE) == []
