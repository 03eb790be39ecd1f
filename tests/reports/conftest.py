"""A made-up town: households with several warnings, marks, areas, earlier warnings, and text that would like to be a formula."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest

from include.identity.numbers import check_character
from include.site import SHIPPED_COUNTY, County, Site

TOWN = "旌阳镇"
ISSUED_AT = datetime(2024, 3, 11, 9, 30)


def number(serial: int) -> str:
    """A valid made-up identity number."""
    first = f"34182519{60 + serial % 30:02d}0{1 + serial % 9}1{serial % 9}{serial:03d}"
    return first + check_character(first)


def warning(serial: int, **fields: Any) -> dict[str, Any]:
    """One row of ``ledger.dispatched_warnings``."""
    return {
        "dispatch_id": "2024-03",
        "listing_kind": "issued",
        "state": "issued",
        "issued_in": "2024-03",
        "issued_at": ISSUED_AT,
        "warning_id": f"W{serial:04d}7C2D9EA1",
        "warning_type": "illness",
        "cause": "illness.self_pay",
        "county_code": "341825",
        "town_code": "341825100",
        "town_name": TOWN,
        "village_code": "341825100202",
        "village_name": "华丰村委会",
        "household_id": f"3418250{serial:05d}",
        "subject": "person",
        "subject_key": f"key-{serial}",
        "qualifier": "2024",
        "identity": "matched",
        "identity_method": "number",
        "person_name": f"王小{'一二三四五六七八九'[serial % 9]}",
        "id_number": number(serial),
        "head_name": f"王大{'一二三四五六七八九'[serial % 9]}",
        "registry_status": "监测对象（边缘易致贫户）·风险未消除",
        "registry_date": date(2024, 3, 1),
        "occurred_on": date(2024, 2, 29),
        "first_signalled_on": date(2024, 3, 5),
        "last_signalled_on": date(2024, 3, 5),
        "last_received_at": datetime(2024, 3, 5, 10),
        "amount_yuan": 36512.5,
        "evidence": "2024年截至2月底个人自付医疗费用 36,512.50 元，超过 30,000 元",
        "rule_id": "illness.self_pay_high",
        "clause": "第二条（一）",
        "feeds": "medical_insurance__self_pay_high、medical_insurance__self_pay_monitored",
        "signal_count": 2,
        "marks": None,
        "candidates": None,
        **fields,
    }


def town_warnings() -> pd.DataFrame:
    """Eight new and two earlier warnings: household 1 has three, one in a row of its own has no head, one is an area."""
    home = {"household_id": "341825000001", "head_name": "王大一", "village_name": "南门居委会", "village_code": "341825100001"}
    water = {
        "warning_type": "water",
        "cause": "water.unsafe",
        "subject": "household",
        "amount_yuan": None,
        "feeds": "water__drinking_water",
        "clause": "第二条（五）",
    }
    rows = [
        warning(1, **home, marks="可先电话核实"),
        warning(2, **home, **water, person_name=None, evidence="饮水水质不达标，2024年2月18日发现"),
        warning(
            3,
            **home,
            warning_type="schooling",
            cause="schooling.dropout",
            amount_yuan=None,
            evidence="2024年春季学期连续旷课",
            feeds="education__dropout",
            clause="第二条（三）",
        ),
        warning(4, evidence='=HYPERLINK("http://x","点我")', person_name="+张三", head_name="@李四", marks="数据不全"),
        warning(
            5,
            identity="unresolved",
            household_id=None,
            head_name=None,
            id_number=None,
            person_name="赵无号",
            registry_status=None,
        ),
        warning(
            6,
            village_name=None,
            village_code=None,
            registry_status="监测对象（脱贫不稳定户）·风险已消除",
            amount_yuan=float("nan"),
        ),
        warning(
            7,
            **water
            | {"warning_type": "industry", "cause": "industry.loss", "amount_yuan": 12000, "feeds": "water__industry_loss"},
            evidence="2024年2月20日水稻育秧大棚因雪灾倒塌，经济损失 12,000.00 元，受灾面积 3.50 亩，"
            "户主反映已投保但尚未理赔，家中另有两名学生就读，近期无其他收入来源，需重点关注",
        ),
        warning(
            8,
            warning_type="disaster",
            cause="disaster.area",
            subject="area",
            household_id=None,
            head_name=None,
            person_name=None,
            id_number=None,
            registry_status=None,
            village_name="南门居委会、华丰村委会",
            village_code="341825100001、341825100202",
            amount_yuan=None,
            evidence="低温雨雪冰冻灾害，启动Ⅳ级救灾应急响应",
            feeds="emergency__disaster_area",
            clause="第二条（十）",
        ),
        warning(9, listing_kind="issued_at_once", issued_in="2024-02"),
        warning(
            10,
            state="withdrawn",
            listing_kind="continuing",
            issued_in="2024-02",
            village_name="柳溪村委会",
            village_code="341825100201",
        ),
    ]
    return pd.DataFrame(rows)


def signals_of(warnings: pd.DataFrame) -> pd.DataFrame:
    """``risk_signals``: one a feed and warning."""
    rows = [
        {"warning_id": row["warning_id"], "feed": feed, "period": "2024-03"}
        for row in warnings.to_dict("records")
        for feed in row["feeds"].split("、")
    ]
    return pd.DataFrame(rows, columns=["warning_id", "feed", "period"])


def self_pay_rows() -> pd.DataFrame:
    """``report_self_pay_information`` of the town."""
    return pd.DataFrame(
        {
            "town_code": "341825100",
            "town_name": TOWN,
            "village_code": ["341825100001", "341825100202"],
            "village_name": ["南门居委会", "华丰村委会"],
            "household_id": ["341825000001", "341825000011"],
            "person_name": ["王小一", "刘某"],
            "id_number": [number(1), number(11)],
            "statistics_year": [2024, 2024],
            "as_of_month": ["2024-02", "2024-02"],
            "total_cost_yuan": [60000.0, 1200.5],
            "basic_insurance_yuan": [20000.0, None],
            "serious_illness_yuan": [3487.5, None],
            "medical_aid_yuan": [0.0, None],
            "self_pay_yuan": [36512.5, 400.5],
            "is_warning": [True, False],
        }
    )


@pytest.fixture(scope="session")
def county() -> County:
    return Site(SHIPPED_COUNTY / "no home here").county


@pytest.fixture
def dispatch() -> dict[str, Any]:
    """The ``ledger.dispatches`` row of March."""
    return {
        "dispatch_id": "2024-03",
        "kind": "monthly",
        "cutoff_at": datetime(2024, 3, 10, 8),
        "registry_date": date(2024, 3, 1),
        "approved_by": "bureau",
        "approved_at": ISSUED_AT,
        "issued_at": ISSUED_AT,
    }


@pytest.fixture
def warnings() -> pd.DataFrame:
    return town_warnings()


@pytest.fixture
def signals(warnings: pd.DataFrame) -> pd.DataFrame:
    return signals_of(warnings)


@pytest.fixture
def self_pay() -> pd.DataFrame:
    return self_pay_rows()
