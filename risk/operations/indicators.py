"""The nightly step: keep the day's figures, judge them against their limits, act."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from core import close
from core.outbox import system_user
from core.registries import indicators
from lending.models import Product
from risk.models import Alert, AlertRule, IndicatorValue
from risk.operations import alerts
from risk.queries.figures import limits_of, list_latest, value_text
from risk.rules.limits import Passing, judge_values

STEP = "risk.indicators"
STEP_ORDER = 700


def register_step() -> None:
    """Register the step with the nightly close: after loans have aged, before the date moves."""
    close.register_step(STEP, STEP_ORDER, run_step)


def run_step(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Store and judge the indicators of a business date; return how many values were stored."""
    values = store_indicators(business_date=business_date)
    judge_indicators(values=values, business_date=business_date, now=now)
    return len(values)


@transaction.atomic
def store_indicators(*, business_date: date) -> list[IndicatorValue]:
    """Compute every registered indicator for a business date; a second run replaces the first one's values."""
    values = [
        IndicatorValue(
            business_date=business_date,
            code=code,
            dimension=dimension,
            value=value,
            numerator=numerator,
            denominator=denominator,
        )
        for code, indicator in indicators.items()
        for dimension, value, numerator, denominator in indicator.compute(business_date)
    ]
    IndicatorValue.objects.bulk_create(
        values,
        update_conflicts=True,
        unique_fields=["code", "dimension", "business_date"],
        update_fields=["value", "numerator", "denominator"],
    )
    return values


@transaction.atomic
def judge_indicators(*, values: Iterable[IndicatorValue], business_date: date, now: datetime) -> None:
    """Raise and clear alerts by the rules in force; a measure is taken and lifted with its alert."""
    actor = system_user()
    products = {product.code: product for product in Product.objects.all()}
    rules: dict[str, list[AlertRule]] = {}
    for rule in AlertRule.objects.filter(is_active=True).order_by("pk"):
        rules.setdefault(rule.indicator, []).append(rule)
    most = max((max(rule.raise_days, rule.clear_days) for group in rules.values() for rule in group), default=1)
    history = list_latest(codes=rules.keys(), business_date=business_date, most=most)
    open_alerts = {
        alert.key: alert for alert in Alert.objects.filter(kind=Alert.Kind.INDICATOR).exclude(state=Alert.State.CLOSED)
    }
    for value in sorted(values, key=lambda row: (row.code, row.dimension)):
        for rule in rules.get(value.code, []):
            if not _concerns(rule, value.dimension):
                continue
            product = products.get(value.dimension)
            limits = limits_of(rule, product)
            if limits is None:
                continue
            alert = open_alerts.get(alerts.indicator_key(rule, value.dimension))
            days = history[value.code, value.dimension]
            passing = judge_values(days, limits, is_open=alert is not None)
            if passing is Passing.RAISE:
                alerts.raise_indicator_alert(
                    rule=rule,
                    value=value,
                    limit=limits.raise_at,
                    product=product,
                    actor=actor,
                    now=now,
                    business_date=business_date,
                )
            elif passing is Passing.CLEAR and alert is not None:
                text = value_text(value.code, Decimal(value.value))
                alerts.clear_alert(alert_id=alert.pk, value=text, actor=actor, now=now)


def _concerns(rule: AlertRule, dimension: str) -> bool:
    return bool(dimension) if rule.dimension == "*" else rule.dimension == dimension
