"""What the watching of models starts with: how long loans are watched, and from when on drift is an alert."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from core.seeding import ensure_parameters
from risk.models import AlertRule
from risk.models.alerts import Severity
from risk.rules.scoring.measures import PSI_ALARM, PSI_WATCH

_SINCE: Final = date(2016, 8, 17)
_ALERT_RULES: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "评分漂移",
        "indicator": "score_drift",
        "dimension": "*",
        "raise_above": Decimal(str(PSI_ALARM)),
        "clear_at": Decimal(str(PSI_WATCH)),
        "min_denominator": Decimal(200),
        "severity": Severity.MIDDLE,
    },
    {
        "name": "评分输入漂移",
        "indicator": "input_drift",
        "dimension": "*",
        "raise_above": Decimal(str(PSI_ALARM)),
        "clear_at": Decimal(str(PSI_WATCH)),
        "min_denominator": Decimal(200),
        "severity": Severity.LOW,
    },
    {
        "name": "评分模型区分能力",
        "indicator": "model_auc",
        "dimension": "*",
        "direction": AlertRule.Direction.BELOW,
        "raise_above": Decimal("0.60"),
        "clear_at": Decimal("0.65"),
        "min_denominator": Decimal(200),
        "severity": Severity.MIDDLE,
    },
    {
        "name": "客群漂移",
        "indicator": "cluster_drift",
        "dimension": "*",
        "raise_above": Decimal(str(PSI_ALARM)),
        "clear_at": Decimal(str(PSI_WATCH)),
        "min_denominator": Decimal(100),
        "severity": Severity.LOW,
    },
)


def seed_model_watch(_business_date: date, _now: datetime) -> None:
    """Enter what is not there yet."""
    ensure_parameters(
        [
            ("risk.outcome_months", "6", _SINCE, "house rule"),
            ("risk.outcome_bad_dpd", "30", _SINCE, "house rule"),
        ]
    )
    for rule in _ALERT_RULES:
        AlertRule.objects.get_or_create(name=rule["name"], defaults=rule)
