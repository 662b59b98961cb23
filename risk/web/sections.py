"""The parts of Risk: one entry of the rail, its pages as tabs."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.registries import Indicator
from staff import rights
from staff.pages import may_open
from staff.queries import Access

# Address, name, right; in the order of the tabs.
_SECTIONS = (
    ("risk:alerts", _("Alerts"), rights.VIEW_ALERTS),
    ("risk:warnings", _("Early warnings"), rights.VIEW_LOANS),
    ("risk:reassessments", _("Assessments"), rights.VIEW_LOANS),
    ("risk:indicators", _("Indicators"), rights.MONITOR_RISK),
    ("risk:market", _("Market"), rights.MONITOR_RISK),
    ("risk:stress", _("Stress tests"), rights.MONITOR_RISK),
    ("risk:register", _("Risk register"), rights.MONITOR_RISK),
    ("risk:incidents", _("Incidents"), rights.MONITOR_RISK),
    ("risk:reviews", _("Legal reviews"), rights.MONITOR_RISK),
    ("risk:suspicion", _("Suspicion"), rights.WORK_AML),
    ("risk:models", _("Models"), rights.VIEW_RULES),
    ("risk:tables", _("Decision tables"), rights.VIEW_RULES),
    ("risk:trials", _("Trials"), rights.VIEW_RULES),
    ("risk:pricing", _("Prices"), rights.VIEW_RULES),
)


def list_sections(access: Access, current: str) -> list[dict[str, Any]]:
    """Return the tabs that a reader may open."""
    return [
        {"label": label, "url": reverse(name), "is_current": name == current}
        for name, label, right in _SECTIONS
        if access.has(right)
    ]


def find_records(access: Access, indicator: Indicator, dimension: str = "") -> str:
    """Return the address of the records behind an indicator, nothing where there are none or the reader lacks their right."""
    url = indicator.records(dimension) if indicator.records else ""
    return url if url and may_open(access, url) else ""
