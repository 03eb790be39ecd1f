"""On the real Airflow: what the brake holds back is asked of the bureau, and ``month --approve-as`` answers that too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from include.site import SHIPPED_COUNTY, current_site
from include.site.home import make_rehearsal
from include.storage.warehouse import connect
from tests.dispatch.test_instant import LOSS, loss
from tests.files import registry_rows, write_xlsx


@pytest.mark.whole
def test_a_month_answers_what_was_held_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
        monkeypatch.delenv(name)
    make_rehearsal(current_site())
    own = home / "county" / "county.yml"
    own.parent.mkdir(parents=True)
    text = (SHIPPED_COUNTY / "county.yml").read_text("utf-8")
    own.write_text(text.replace("at_once_per_hour: 200", "at_once_per_hour: 1"), "utf-8")
    write_xlsx(home / "inbox" / "县乡村振兴局" / "名单.xlsx", *registry_rows("张三", "李四"))
    write_xlsx(home / "inbox" / "县农水局" / "产业受损.xlsx", LOSS, loss("张三"), loss("李四"))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("fangpin")), "month", "2024-03", "--approve-as", "bureau"],
        env=dict(os.environ), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    with connect(current_site()) as connection:
        held = connection.execute("select dispatch_id, warning_count, hourly_limit from ledger.held_back").fetchall()
        answered = connection.execute("select dispatch_id, decision from ledger.approvals order by all").fetchall()
        issued = connection.execute(
            "select dispatch_id, rule_of_issue, approved_by from ledger.dispatches order by all"
        ).fetchall()
    assert held == [("instant-2024-001", 2, 1)]
    assert answered == [("2024-03", "approved"), ("instant-2024-001", "approved")]
    assert issued == [("2024-03", "approved", "bureau"), ("instant-2024-001", "approved", "bureau")]
    assert {path.name for path in (home / "reports" / "instant-2024-001").iterdir()} == {"旌阳镇"}
