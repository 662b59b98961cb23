"""Reference data of the RM's work: revisit rules by tier and stage, prices of the value sheet, reasons of losses."""

from datetime import date, datetime
from typing import Final

from core.seeding import ensure_parameters
from customers.models import RevisitRule

_START = date(2016, 8, 17)
_HOUSE = "house rule"
# Tier, stage, days, channel, what for.
_RULES: Final = (
    ("HIGH", "NEW", 7, "CALL", "首单体验回访"),
    ("HIGH", "LOST", 30, "VISIT", "流失挽回，了解原因"),
    ("HIGH", "", 14, "CALL", "了解近况与新需求"),
    ("MIDDLE", "NEW", 14, "CALL", "首单体验回访"),
    ("MIDDLE", "LOST", 60, "CALL", "流失挽回，了解原因"),
    ("MIDDLE", "", 30, "CALL", "了解近况与新需求"),
    ("", "NEW", 30, "WECHAT", "首单体验回访"),
    ("", "POTENTIAL", 30, "CALL", "了解需求，解答疑问"),
    ("", "LOST", 120, "WECHAT", "关怀问候，了解原因"),
    ("", "", 60, "WECHAT", "了解近况与新需求"),
)
_LOST_REASONS: Final = [
    {"code": "PRICE", "zh": "费率或收益不满意", "en": "not content with rate or yield"},
    {"code": "COMPETITOR", "zh": "选择了竞争对手", "en": "went to a competitor"},
    {"code": "NO_NEED", "zh": "暂无需求", "en": "no need at present"},
    {"code": "UNREACHABLE", "zh": "联系不上", "en": "could not be reached"},
    {"code": "NOT_ELIGIBLE", "zh": "不符合条件", "en": "does not meet the conditions"},
    {"code": "TRUST", "zh": "不信任平台", "en": "does not trust the platform"},
    {"code": "SLOW", "zh": "响应太慢", "en": "we were too slow"},
]


def seed_work(_business_date: date, _now: datetime) -> None:
    """Create what is missing; rules and parameters that staff entered stay."""
    ensure_parameters(
        [
            ("leads.answer_minutes", 120, _START, _HOUSE),
            ("leads.lost_reasons", _LOST_REASONS, _START, _HOUSE),
            ("customers.digest_hour", 8, _START, _HOUSE),
            ("customers.revisits_a_day", 20, _START, _HOUSE),
            ("customers.contact_hour_cost", "90.00", _START, _HOUSE),
            ("customers.stage_days", {"NEED": 14, "PROPOSED": 10, "APPLYING": 7}, _START, _HOUSE),
            (
                "customers.default_chances",
                {"LOW": "0.01", "MIDDLE": "0.03", "HIGH": "0.10", "UNKNOWN": "0.05"},
                _START,
                _HOUSE,
            ),
            (
                "customers.worth_terms",
                {
                    "margin_rate": "0.02",
                    "referral_value": "50.00",
                    "referred_deal_value": "300.00",
                    "feedback_value": "20.00",
                    "size_threshold": "500000.00",
                    "size_value": "500.00",
                    "repeat_rate": "0.10",
                    "loss_given_default": "0.60",
                },
                _START,
                _HOUSE,
            ),
        ]
    )
    if not RevisitRule.objects.exists():
        RevisitRule.objects.bulk_create(
            [
                RevisitRule(
                    place=10 * (number + 1),
                    value_tier=tier,
                    stage=stage,
                    interval_days=days,
                    channel=channel,
                    purpose=purpose,
                )
                for number, (tier, stage, days, channel, purpose) in enumerate(_RULES)
            ]
        )
