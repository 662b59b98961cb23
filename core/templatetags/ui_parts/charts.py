"""Charts and the figures behind them."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext

from core.rules import formats
from core.templatetags.ui_parts.base import DASH, fresh_id

register = template.Library()


@register.inclusion_tag("ui/chart.html")
def chart(chart: Any) -> dict[str, Any]:
    """A chart from `core.rules.charts` with its sentence, its definition and its figures as a table."""
    element_id = fresh_id("chart")
    units = {"yuan": gettext("yuan"), "days": gettext("days"), "points": gettext("points")}
    return {
        "chart": chart,
        "config": chart.config(),
        "id": element_id,
        "data_id": f"{element_id}-data",
        "unit": units.get(chart.unit, ""),
        "table": _chart_table(chart),
    }


def _chart_table(chart: Any) -> dict[str, Any]:
    config = chart.config()
    if config["kind"] == "waterfall":
        rows = [(step["name"], [(_value_text(step["value"], chart.unit), step["url"])]) for step in config["steps"]]
        return {"heads": [gettext("Value")], "rows": rows}
    rows = [
        (
            name,
            [
                (_value_text(series["values"][index], chart.unit), series["urls"][index] if series["urls"] else "")
                for series in config["series"]
            ],
        )
        for index, name in enumerate(config["x"])
    ]
    return {"heads": [series["name"] for series in config["series"]], "rows": rows}


def _value_text(value: float | None, unit: str) -> str:
    if value is None:
        return DASH
    number = Decimal(str(value))
    if unit == "yuan":
        return formats.money_text(number)
    if unit == "ratio":
        return formats.ratio_text(number)
    return f"{number:,f}"
