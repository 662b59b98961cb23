"""Reference data of lending: dated legal parameters (rules.md has the sources) and the first products."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.seeding import ensure_parameters
from lending.models import Product, ProductFee

_START = date(2016, 8, 17)
_LPR_SOURCE = "全国银行间同业拆借中心 1年期LPR"
_LPR = [
    ("2019-08-20", "0.0425"),
    ("2019-09-20", "0.0420"),
    ("2019-11-20", "0.0415"),
    ("2020-02-20", "0.0405"),
    ("2020-04-20", "0.0385"),
    ("2021-12-20", "0.0380"),
    ("2022-01-20", "0.0370"),
    ("2022-08-22", "0.0365"),
    ("2023-06-20", "0.0355"),
    ("2023-08-21", "0.0345"),
    ("2024-07-22", "0.0335"),
    ("2024-10-21", "0.0310"),
    ("2025-05-20", "0.0300"),
]
_ART_17 = "网络借贷信息中介机构业务活动管理暂行办法 第十七条"
_TIERS = {
    "C1": {"single": "20000", "total": "50000"},
    "C2": {"single": "50000", "total": "200000"},
    "C3": {"single": "100000", "total": "500000"},
    "C4": {"single": "200000", "total": "1000000"},
    "C5": {"single": "500000", "total": "5000000"},
}


def seed_parameters(_business_date: date, _now: datetime) -> None:
    """Create the legal and house parameters that are missing."""
    rows: list[tuple[str, Any, date, str]] = [
        ("lending.lpr_1y", value, date.fromisoformat(day), _LPR_SOURCE) for day, value in _LPR
    ]
    rows += [
        ("lending.cap_lpr_multiple", "4", date(2020, 8, 20), "民间借贷司法解释（2020第二次修正）第二十五条"),
        ("lending.cap_one_platform_person", "200000", _START, _ART_17),
        ("lending.cap_all_platforms_person", "1000000", _START, _ART_17),
        ("lending.cap_one_platform_company", "1000000", _START, _ART_17),
        ("lending.cap_all_platforms_company", "5000000", _START, _ART_17),
        ("lending.offer_days", 7, _START, "house rule"),
        ("lending.signing_days", 3, _START, "house rule"),
        ("lending.reminder_days", [3, 1, 0, -1, -3, -7, -15, -30], _START, "house rule"),
        ("lending.risk_notice_version", "2026-1", _START, "办法 第二十六条"),
        ("lending.investor_tier_limits", _TIERS, _START, "办法 第二十六条, house limits"),
    ]
    ensure_parameters(rows)


def seed_products(_business_date: date, _now: datetime) -> None:
    """Create the first products on a new installation."""
    if Product.objects.exists():
        return
    for values, fees in _PRODUCTS:
        product = Product.objects.create(
            allocation_order=["FEE", "PENALTY", "INTEREST", "PRINCIPAL"],
            penalty_daily_rate=Decimal("0.000300"),
            **values,
        )
        ProductFee.objects.bulk_create(ProductFee(product=product, **fee) for fee in fees)


_SERVICE_FEE = {
    "code": "service",
    "name": "平台服务费",
    "payee": "平台",
    "when": ProductFee.When.FIRST_PERIOD,
    "basis": ProductFee.Basis.PRINCIPAL_RATE,
    "rate": Decimal("0.005000"),
}
_PRODUCTS: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    (
        {
            "code": "xinyong-debx",
            "name": "信用贷·等额本息",
            "name_en": "Personal loan, equal instalments",
            "methods": ["equal_instalment"],
            "periods_allowed": [3, 6, 12, 18, 24, 36],
            "amount_min": Decimal("1000"),
            "amount_max": Decimal("200000"),
            "rate_by_grade": {"A": "0.0720", "B": "0.0800", "C": "0.0880", "D": "0.0960", "E": "0.1040"},
        },
        [_SERVICE_FEE],
    ),
    (
        {
            "code": "jingying-debj",
            "name": "经营贷·等额本金",
            "name_en": "Business loan, equal principal",
            "methods": ["equal_principal"],
            "periods_allowed": [6, 12, 24, 36],
            "amount_min": Decimal("5000"),
            "amount_max": Decimal("200000"),
            "rate_by_grade": {"A": "0.0700", "B": "0.0780", "C": "0.0860", "D": "0.0940", "E": "0.1020"},
        },
        [_SERVICE_FEE],
    ),
    (
        {
            "code": "zhouzhuan-xxhb",
            "name": "周转贷·先息后本",
            "name_en": "Bridge loan, interest only",
            "methods": ["interest_only_bullet"],
            "periods_allowed": [3, 6, 12],
            "amount_min": Decimal("5000"),
            "amount_max": Decimal("200000"),
            "day_count": "actual/365",
            "rate_by_grade": {"A": "0.0760", "B": "0.0840", "C": "0.0920", "D": "0.1000", "E": "0.1080"},
        },
        [],
    ),
    (
        {
            "code": "duanqi-ycx",
            "name": "短期贷·一次性还本付息",
            "name_en": "Short-term loan, bullet",
            "methods": ["bullet"],
            "periods_allowed": [1, 2, 3, 6],
            "amount_min": Decimal("1000"),
            "amount_max": Decimal("50000"),
            "day_count": "actual/365",
            "auto_withdraw": True,
            "rate_by_grade": {"A": "0.0740", "B": "0.0820", "C": "0.0900", "D": "0.0980", "E": "0.1060"},
        },
        [],
    ),
]
