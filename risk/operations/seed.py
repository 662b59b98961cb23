"""What a new installation starts with."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from core.seeding import ensure_parameters
from risk.models import AlertRule, DecisionTable, Scorecard
from risk.models.alerts import Measure, Severity
from risk.operations.configuration import content_hash_of, publish_version
from risk.rules import standard

_ALERT_RULES: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "产品金额逾期率",
        "indicator": "overdue_ratio",
        "dimension": "*",
        "limits": AlertRule.Limits.PRODUCT,
        "min_denominator": Decimal(100_000),
        "severity": Severity.HIGH,
        "measure": Measure.PAUSE_PRODUCT,
    },
    {
        "name": "全平台30天以上风险敞口",
        "indicator": "par30",
        "raise_above": Decimal("0.05"),
        "clear_at": Decimal("0.04"),
        "min_denominator": Decimal(100_000),
        "severity": Severity.HIGH,
    },
    {
        "name": "首期违约率",
        "indicator": "first_payment_default",
        "dimension": "*",
        "raise_above": Decimal("0.05"),
        "clear_at": Decimal("0.03"),
        "min_denominator": Decimal(20),
        "severity": Severity.MIDDLE,
    },
    {
        "name": "流标率",
        "indicator": "funding_failure",
        "dimension": "*",
        "raise_above": Decimal("0.30"),
        "clear_at": Decimal("0.20"),
        "min_denominator": Decimal(10),
        "severity": Severity.LOW,
    },
    {
        "name": "产品逾期抬头：暂停推广",
        "indicator": "overdue_ratio",
        "dimension": "*",
        "raise_above": Decimal("0.05"),
        "clear_at": Decimal("0.04"),
        "raise_days": 3,
        "clear_days": 5,
        "min_denominator": Decimal(100_000),
        "severity": Severity.MIDDLE,
        "measure": Measure.PAUSE_MARKETING,
    },
    {
        "name": "产品30天以上风险敞口：优先催收",
        "indicator": "par30",
        "dimension": "*",
        "raise_above": Decimal("0.04"),
        "clear_at": Decimal("0.03"),
        "raise_days": 2,
        "clear_days": 5,
        "min_denominator": Decimal(100_000),
        "severity": Severity.MIDDLE,
        "measure": Measure.RAISE_COLLECTIONS,
    },
    {
        "name": "风险准备金覆盖率",
        "indicator": "reserve_coverage",
        "direction": AlertRule.Direction.BELOW,
        "raise_above": Decimal("1.00"),
        "clear_at": Decimal("1.20"),
        "raise_days": 2,
        "clear_days": 2,
        "severity": Severity.HIGH,
    },
    {
        # Switched on by whoever has decided that the house stops by itself.
        "name": "出借人挤兑：冻结全部新业务",
        "indicator": "investor_outflow",
        "raise_above": Decimal("0.40"),
        "clear_at": Decimal("0.20"),
        "raise_days": 2,
        "clear_days": 2,
        "min_denominator": Decimal(1_000_000),
        "severity": Severity.CRITICAL,
        "measure": Measure.FREEZE,
        "is_active": False,
    },
    *(
        {
            "name": name,
            "indicator": indicator,
            "raise_above": Decimal(raise_at),
            "clear_at": Decimal(clear_at),
            "raise_days": days,
            "clear_days": days,
            "min_denominator": Decimal(least),
            "severity": severity,
        }
        for name, indicator, raise_at, clear_at, days, least, severity in (
            ("前十大借款人集中度", "top_borrowers", "0.30", "0.25", 5, 10_000_000, Severity.LOW),
            ("地区集中度", "region_share", "0.50", "0.45", 5, 10_000_000, Severity.LOW),
            ("产品集中度", "product_share", "0.80", "0.75", 5, 10_000_000, Severity.LOW),
            ("资金缺口", "funding_gap", "0.30", "0.10", 2, 100_000, Severity.MIDDLE),
            ("出借人资金流出", "investor_outflow", "0.20", "0.10", 2, 1_000_000, Severity.HIGH),
            ("债务争议占比", "disputes", "0.15", "0.10", 1, 20, Severity.MIDDLE),
            ("客户投诉率", "complaints", "0.02", "0.01", 1, 100, Severity.MIDDLE),
            ("部门工单超时占比", "late_cases", "0.30", "0.20", 2, 10, Severity.LOW),
            ("登录失败占比", "failed_logins", "0.40", "0.20", 1, 100, Severity.HIGH),
            ("客户流失率", "leavers", "0.05", "0.04", 3, 100, Severity.MIDDLE),
        )
    ),
)


def seed_standard_rules(_business_date: date, now: datetime) -> None:
    """Run as the seed of a new installation."""
    ensure_standard_rules(now=now)


@transaction.atomic
def ensure_standard_rules(*, now: datetime) -> None:
    """Put the shipped scorecard, decision table and alert rules in force where there are none yet."""
    if not Scorecard.objects.filter(code=standard.CODE).exists():
        card = Scorecard(
            code=standard.CODE,
            version=1,
            content=standard.SCORECARD,
            content_hash=content_hash_of(standard.SCORECARD),
            made_at=now,
            is_shipped=True,
        )
        publish_version(card, submitted_by=None, approved_by=None, now=now)
    if not DecisionTable.objects.filter(code=standard.CODE).exists():
        table = DecisionTable(
            code=standard.CODE,
            version=1,
            content=standard.DOCUMENT,
            cases=standard.CASES,
            content_hash=content_hash_of(standard.DOCUMENT, standard.CASES),
            made_at=now,
            is_shipped=True,
        )
        publish_version(table, submitted_by=None, approved_by=None, now=now)
    for rule in _ALERT_RULES:
        AlertRule.objects.get_or_create(name=rule["name"], defaults=rule)


def seed_leaver_limits(_business_date: date, _now: datetime) -> None:
    """Enter from when on a leaver's book behaves unusually, where it is not there yet."""
    start = date(2016, 8, 17)
    ensure_parameters(
        [
            ("risk.leaver_factor", "2", start, "house rule"),
            ("risk.leaver_min_outflow", "10000.00", start, "house rule"),
            ("risk.leaver_min_exits", "3", start, "house rule"),
        ]
    )


def seed_loss_parameters(_business_date: date, _now: datetime) -> None:
    """Enter what losses are reckoned from while the book is young, and from when on a draft needs a back-test."""
    start = date(2016, 8, 17)
    ensure_parameters(
        [
            ("risk.lgd", "0.600000", start, "house rule"),
            # From how many defaults on, a year after each, the book's own share counts instead.
            ("risk.lgd_min_defaults", "30", start, "house rule"),
            ("risk.lgd_workout_days", "365", start, "house rule"),
            ("risk.prior_pd", "0.040000", start, "house rule"),
            ("risk.prior_score", "600", start, "house rule"),
            ("risk.back_test_min_decisions", "30", start, "house rule"),
            # Social and sensitive inputs: off until two people switch them on, and then with each person's consent only.
            ("risk.social_inputs", False, start, "个人信息保护法 第二十九条"),
            ("risk.small_cell", "10", start, "house rule"),
            # 个人信息保护法 art. 50 asks for timely handling; the answer to a request of its kind is usually due in 15.
            ("risk.human_review_workdays", "15", start, "house rule"),
        ]
    )
