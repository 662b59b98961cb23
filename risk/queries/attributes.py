"""What risk knows about each customer, registered for lists, labels and segments."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from core.registries import Among, Attribute, register_family
from risk.models.decisions import Outcome

_RISK: Final = _("Risk")


def _build_decisions(among: Among) -> str:
    return f"""
    SELECT DISTINCT ON (d.customer_id) d.customer_id, d.score AS credit_score, d.outcome AS latest_decision,
           d.business_date AS decided_date
    FROM risk_decisionrecord d WHERE true {among("d.customer_id")} ORDER BY d.customer_id, d.id DESC
    """  # noqa: S608 - everything is our own


def _build_alerts(among: Among) -> str:
    return f"""
    SELECT a.customer_id, count(*) AS open_alerts FROM risk_alert a
    WHERE a.state <> 'CLOSED' AND a.customer_id IS NOT NULL {among("a.customer_id")} GROUP BY 1
    """  # noqa: S608 - everything is our own


_DECISIONS: Final = {
    "credit_score": Attribute(_("Latest credit score"), "count", "risk.decisions", _RISK),
    "latest_decision": Attribute(
        _("Latest decision"),
        "text",
        "risk.decisions",
        _RISK,
        Outcome.choices,
    ),
    "decided_date": Attribute(_("Latest decision on"), "date", "risk.decisions", _RISK),
}


def register_attributes() -> None:
    """Register the attributes of this app."""
    register_family("risk.decisions", _build_decisions, _DECISIONS)
    register_family(
        "risk.alerts", _build_alerts, {"open_alerts": Attribute(_("Open alerts"), "count", "risk.alerts", _RISK)}
    )
