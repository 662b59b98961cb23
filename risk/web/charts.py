"""The charts of Risk."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from core.registries import indicators
from core.rules.charts import Chart, Limit, Series, Tone, Unit
from risk.models import IndicatorValue
from risk.queries import figures

_UNITS = {"ratio": Unit.RATIO, "yuan": Unit.YUAN, "count": Unit.COUNT}


def draw_history(code: str, part: str, history: Sequence[IndicatorValue]) -> Chart:
    """Return the course of an indicator's part with the limits on it."""
    indicator = indicators.get(code)
    title = str(indicator.label)
    limits = [
        limit
        for rule, given in figures.list_rules_for(code, part)
        for limit in (
            Limit(given.raise_at, _("raised: %(rule)s") % {"rule": rule.name}),
            Limit(given.clear_at, _("over: %(rule)s") % {"rule": rule.name}, Tone.GOOD),
        )
    ]
    return Chart(
        title,
        [row.business_date.isoformat() for row in history],
        [Series(title, [Decimal(row.value) for row in history], tone=Tone.ACCENT)],
        unit=_UNITS.get(indicator.unit, Unit.RATIO),
        sentence=_("%(value)s on %(day)s, %(before)s at the beginning.")
        % {
            "value": figures.value_text(code, Decimal(history[-1].value)),
            "day": history[-1].business_date,
            "before": figures.value_text(code, Decimal(history[0].value)),
        },
        definition=str(indicator.definition),
        limits=limits,
    )
