"""The figures that are watched: how they stand, how they came there, whose limits they break."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from core.errors import NotFound
from core.registries import indicators
from risk.models import Alert, IndicatorValue
from risk.queries import figures
from risk.queries.alerts import list_alerts
from risk.web.alerts import show
from risk.web.charts import draw_history
from risk.web.sections import find_records, list_sections
from staff import rights
from staff.pages import StaffPage


class MonitorPage(StaffPage):
    """A page about the risk of the whole house: nobody with less than its reach sees it."""

    right = rights.MONITOR_RISK
    section = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse whoever reaches less than the house."""
        if request.user.is_authenticated:
            figures.access_monitoring(request.user, self.right)  # type: ignore[arg-type]
        return super().dispatch(request, *args, **kwargs)

    def show(self, request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
        """Render a page below the tabs of Risk."""
        context["sections"] = list_sections(self.access, self.section)
        return render(request, template, context, status=status)


class IndicatorListPage(MonitorPage):
    """Each indicator with its latest value and thirty days of it."""

    section = "risk:indicators"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the totals, the broken limits first."""
        rows: list[dict[str, Any]] = []
        broken = _list_broken()
        for standing in figures.list_standings(request.user):  # type: ignore[arg-type]
            alerts = broken.get(standing.code, [])
            rows.append(
                {
                    "standing": standing,
                    "value": figures.value_text(standing.code, Decimal(standing.latest.value)),
                    "url": reverse("risk:indicator", args=[standing.code]),
                    "records": find_records(self.access, standing.indicator),
                    "alerts": len(alerts),
                    "tone": "late" if alerts else "",
                }
            )
        rows.sort(key=lambda row: -row["alerts"])
        return self.show(request, "risk/indicators.html", rows=rows)


class IndicatorPage(MonitorPage):
    """One indicator: its course with its limits, its parts, its alerts, the records behind it."""

    section = "risk:indicators"

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        """Show the page of the total, or of the part that the address names."""
        if code not in indicators:
            raise NotFound
        indicator, part = indicators.get(code), request.GET.get("part", "")
        history = figures.list_history(request.user, code, part)  # type: ignore[arg-type]
        if part and not history:
            raise NotFound
        parts = figures.list_parts(code)
        names = figures.name_dimensions([part, *(row.dimension for row in parts)])
        alerts = list_alerts(request.user).filter(rule__indicator=code)  # type: ignore[arg-type]
        if part:
            alerts = alerts.filter(dimension=part)
        return self.show(
            request,
            "risk/indicator.html",
            indicator=indicator,
            code=code,
            part=part,
            part_name=names.get(part) or figures.dimension_text(code, part),
            latest=history[-1] if history else None,
            value=figures.value_text(code, Decimal(history[-1].value)) if history else "–",
            chart=draw_history(code, part, history) if history else None,
            records=find_records(self.access, indicator, part),
            rules=[_show_rule(code, *pair) for pair in figures.list_rules_for(code, part)],
            is_watched_by_part=not part and bool(figures.list_rules_for(code, "*")),
            parts=[_show_part(code, row, names) for row in parts],
            alerts=[show(alert) for alert in alerts[:50]],
        )


def _list_broken() -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = {}
    rows = Alert.objects.filter(kind=Alert.Kind.INDICATOR).exclude(state=Alert.State.CLOSED).select_related("rule")
    for alert in rows:
        found.setdefault(alert.rule.indicator if alert.rule else "", []).append(alert)
    return found


def _show_part(code: str, row: IndicatorValue, names: dict[str, str]) -> dict[str, Any]:
    return {
        "row": row,
        "name": names.get(row.dimension) or figures.dimension_text(code, row.dimension),
        "value": figures.value_text(code, Decimal(row.value)),
        "url": f"{reverse('risk:indicator', args=[code])}?{urlencode({'part': row.dimension})}",
    }


def _show_rule(code: str, rule: Any, limits: Any) -> dict[str, Any]:
    return {
        "rule": rule,
        "raise_at": figures.value_text(code, limits.raise_at),
        "clear_at": figures.value_text(code, limits.clear_at),
    }
