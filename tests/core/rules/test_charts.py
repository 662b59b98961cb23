"""What a chart hands to the drawing script."""

import json
from decimal import Decimal

from core.rules.charts import Chart, Limit, Series, Shape, Tone, Unit, Waterfall, WaterfallStep


def test_a_chart_keeps_gaps_tones_and_addresses() -> None:
    chart = Chart(
        title="Overdue",
        x=["2026-11-21", "2026-11-22"],
        series=[Series("now", [None, Decimal("0.02")], Shape.BAR, Tone.LATE, urls=["/a", "/b"])],
        unit=Unit.RATIO,
        limits=[Limit(Decimal("0.05"), "limit")],
    )
    config = json.loads(json.dumps(chart.config()))
    assert config["series"][0]["values"] == [None, 0.02]
    assert config["series"][0]["tone"] == "late"
    assert config["series"][0]["urls"] == ["/a", "/b"]
    assert config["limits"] == [{"value": 0.05, "label": "limit", "tone": "late"}]


def test_a_waterfall_keeps_its_steps_in_order() -> None:
    chart = Waterfall(
        "score", [WaterfallStep("start", 540, is_total=True), WaterfallStep("income", Decimal(-12), "/r")]
    )
    assert chart.config()["steps"] == [
        {"name": "start", "value": 540.0, "url": "", "total": True},
        {"name": "income", "value": -12.0, "url": "/r", "total": False},
    ]
