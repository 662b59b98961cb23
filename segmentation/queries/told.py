"""The labels as attributes, for segments, lists and rules."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from core.registries import Among, Attribute, register_family
from customers.models import Customer
from segmentation.models import vocabulary as words
from segmentation.queries.labelling import LABELS_TABLE

_GROUP: Final = _("Labels")
_FAMILY: Final = "segmentation.labels"


def _label(label: Any, choices: Any) -> Attribute:
    return Attribute(label, "text", _FAMILY, _GROUP, choices)


def _figure(label: Any, type: str, **more: Any) -> Attribute:
    return Attribute(label, type, _FAMILY, _GROUP, **more)


# Stage, value tier and risk tier are attributes of the record.
ATTRIBUTES: Final = {
    "stage_borrower": _label(_("Stage as borrower"), Customer.Stage.choices),
    "stage_investor": _label(_("Stage as investor"), Customer.Stage.choices),
    "phase": _label(_("Phase of the relation"), words.Phase.choices),
    "service_class": _label(_("Service class"), words.ServiceClass.choices),
    "prime": _label(_("Prime customer"), words.Prime.choices),
    "level": _label(_("Customer level"), words.Level.choices),
    "rfm": _label(_("RFM class"), words.Rfm.choices),
    "preference": _label(_("Investor preference"), words.Preference.choices),
    "band": _label(_("Investor band"), words.Band.choices),
    "loan_use": _label(_("Use of loans"), words.LoanUse.choices),
    "sensitivity": _label(_("Sensitivity"), words.Sensitivity.choices),
    "churn": _label(_("Churn"), words.Churn.choices),
    "non_customer": _label(_("Non-customer"), words.NonCustomer.choices),
    "preference_mismatch": _figure(_("Invests otherwise than stated"), "flag"),
    "preference_expired": _figure(_("Questionnaire expired"), "flag"),
    "weighted_volume": _figure(_("Weighted volume"), "money"),
    "rfm_score": _figure(_("RFM"), "count"),
    "clv": _figure(_("Customer lifetime value"), "money", is_listed=True),
    "prime_score": _figure(_("Prime score"), "count", is_listed=True),
    "churn_borrower": _figure(_("Churn points as borrower"), "count"),
    "churn_investor": _figure(_("Churn points as investor"), "count"),
    "churn_signs": _figure(_("Signs of leaving"), "list"),
    "reentry_date": _figure(_("May apply again from"), "date"),
}


def _build(among: Among) -> str:
    columns = ", ".join(f"l.{key}" for key in ATTRIBUTES)
    return f"SELECT l.customer_id, {columns} FROM {LABELS_TABLE} l WHERE true {among('l.customer_id')}"  # noqa: S608


def register() -> None:
    """Register labels and figures as attributes."""
    register_family(_FAMILY, _build, ATTRIBUTES)
