"""What is kept of the indicators: their latest values, their history, the words for them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from core.errors import NotFound, Refused
from core.models import User
from core.registries import Indicator, indicators
from core.rules.formats import figure_text, money_text, ratio_text
from lending.models import Product
from risk.models import AlertRule, IndicatorValue
from risk.rules.limits import AlertLimits
from staff import rights
from staff.models import Scope
from staff.queries import Access, access_right

HISTORY_DAYS = 180


def access_monitoring(user: User, right: str = rights.MONITOR_RISK) -> Access:
    """Return the access of somebody who watches the risk of the whole house. Raises Refused."""
    access = access_right(user, right)
    if access.scope_of(right) != Scope.ALL:
        raise Refused
    return access


def limits_of(rule: AlertRule, product: Product | None) -> AlertLimits | None:
    """Return the limits that a rule puts on a product or another part; None where it has none for it."""
    if rule.limits == AlertRule.Limits.PRODUCT:
        if product is None:
            return None
        raise_at, clear_at = product.overdue_ratio_limit, product.overdue_ratio_resume
    else:
        assert rule.raise_above is not None and rule.clear_at is not None, "the database demands both"
        raise_at, clear_at = rule.raise_above, rule.clear_at
    return AlertLimits(
        raise_at,
        clear_at,
        rule.min_denominator,
        is_low_bad=rule.direction == AlertRule.Direction.BELOW,
        raise_days=rule.raise_days,
        clear_days=rule.clear_days,
    )


def list_latest(
    *, codes: Collection[str], business_date: date, most: int
) -> dict[tuple[str, str], list[tuple[Decimal, Decimal]]]:
    """Return the values of the last closes up to a date, newest first, by indicator and dimension.

    A day without a value breaks the row: what came before it does not count as the day before.
    """
    rows = (
        IndicatorValue.objects.filter(
            code__in=codes,
            business_date__gt=business_date - timedelta(days=most),
            business_date__lte=business_date,
        )
        .order_by("-business_date")
        .values_list("code", "dimension", "business_date", "value", "denominator")
    )
    found: dict[tuple[str, str], list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for code, dimension, day, value, denominator in rows:
        series = found[code, dimension]
        if day == business_date - timedelta(days=len(series)):
            series.append((value, denominator))
    return found


def value_text(code: str, value: Decimal) -> str:
    """Return a value of an indicator in its unit."""
    unit = indicators.get(code).unit if code in indicators else "ratio"
    if unit == "yuan":
        return money_text(value)
    if unit == "count":
        return figure_text(value)
    return ratio_text(value)


def reason_code(code: str) -> str:
    """Return the code of the sentence that says that an indicator broke its limit."""
    return f"risk.above.{code}"


def name_indicator(code: str) -> str:
    """Return what an indicator is called; one that is gone goes by its code."""
    return str(indicators.get(code).label) if code in indicators else code


def dimension_text(code: str, dimension: str) -> str:
    """Return what a dimension of an indicator is called; the total has no name."""
    if not dimension or code not in indicators:
        return dimension
    naming = indicators.get(code).name_dimension
    return naming(dimension) if naming else dimension


@dataclass(frozen=True)
class Standing:
    """An indicator's latest value with the values before it."""

    code: str
    indicator: Indicator
    dimension: str
    name: str
    latest: IndicatorValue
    series: list[Decimal]


def list_standings(user: User, *, dimension: str | None = "") -> list[Standing]:
    """Return each indicator as the last close left it, with thirty days of it; the totals only unless asked otherwise.

    Raises Refused.
    """
    access_monitoring(user)
    newest = IndicatorValue.objects.order_by("-business_date").values_list("business_date", flat=True).first()
    if newest is None:
        return []
    rows = IndicatorValue.objects.filter(
        business_date__gt=newest - timedelta(days=30), code__in=dict(indicators.items())
    )
    if dimension is not None:
        rows = rows.filter(dimension=dimension)
    series: dict[tuple[str, str], list[IndicatorValue]] = defaultdict(list)
    for row in rows.order_by("business_date"):
        series[row.code, row.dimension].append(row)
    names = name_dimensions([key[1] for key in series])
    order = {code: place for place, (code, _indicator) in enumerate(indicators.items())}
    return [
        Standing(
            code,
            indicators.get(code),
            part,
            names.get(part) or dimension_text(code, part),
            values[-1],
            [Decimal(value.value) for value in values],
        )
        for (code, part), values in sorted(series.items(), key=lambda item: (order[item[0][0]], item[0][1]))
    ]


def name_dimensions(dimensions: Collection[str]) -> dict[str, str]:
    """Return the names of those dimensions that are products."""
    return dict(Product.objects.filter(code__in=[part for part in dimensions if part]).values_list("code", "name"))


def list_history(user: User, code: str, dimension: str) -> list[IndicatorValue]:
    """Return the values of half a year of one indicator, oldest first. Raises Refused, NotFound."""
    access_monitoring(user)
    if code not in indicators:
        raise NotFound
    rows = IndicatorValue.objects.filter(code=code, dimension=dimension).order_by("-business_date")[:HISTORY_DAYS]
    return list(reversed(rows))


def list_parts(code: str) -> list[IndicatorValue]:
    """Return the newest values of all parts of an indicator, the greatest first."""
    newest = IndicatorValue.objects.filter(code=code).order_by("-business_date").values("business_date")[:1]
    rows = IndicatorValue.objects.filter(code=code, business_date=newest).exclude(dimension="")
    return list(rows.order_by("-value", "dimension"))


def list_rules_for(code: str, dimension: str) -> list[tuple[AlertRule, AlertLimits]]:
    """Return the active rules on one part of an indicator with the limits that hold for it."""
    product = Product.objects.filter(code=dimension).first() if dimension else None
    wanted = ["*", dimension] if dimension else [""]
    rules = AlertRule.objects.filter(indicator=code, is_active=True, dimension__in=wanted).order_by("pk")
    return [(rule, limits) for rule in rules if (limits := limits_of(rule, product)) is not None]
