"""What risk watches of the work with customers: complaints, and questions that wait too long."""

from collections.abc import Sequence
from datetime import date

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.registries import Indicator, indicators
from core.rules.ratios import Row, share_row

_DISPUTES = """
SELECT count(*) FILTER (WHERE t.outcome = 'DISPUTED'), count(*)
FROM service_collectioncontact t WHERE t.local_date > %(on)s::date - 30 AND t.local_date <= %(on)s
"""
_LATE_CASES = """
SELECT count(*) FILTER (WHERE d.due_at < ((%(on)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai')), count(*)
FROM service_departmentcase d WHERE d.state = 'OPEN'
"""
_COMPLAINTS = """
SELECT (SELECT count(DISTINCT d.customer_id) FROM service_departmentcase d WHERE d.is_complaint
          AND (d.opened_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN %(on)s::date - 29 AND %(on)s),
       (SELECT count(*) FROM customers_customer c WHERE c.status = 'IDENTIFIED' AND c.merged_into_id IS NULL)
"""


def compute_disputes(business_date: date) -> Sequence[Row]:
    """Return the share of the collection contacts of 30 days in which the debtor disputed the debt."""
    return _compute(_DISPUTES, business_date)


def compute_late_cases(business_date: date) -> Sequence[Row]:
    """Return the share of the open cases between departments whose clock has run out."""
    return _compute(_LATE_CASES, business_date)


def compute_complaints(business_date: date) -> Sequence[Row]:
    """Return the share of the identified customers who complained within 30 days."""
    return _compute(_COMPLAINTS, business_date)


def _compute(sql: str, business_date: date) -> Sequence[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"on": business_date})
        part, whole = cursor.fetchone()
    return [share_row("", part, whole)] if whole else []


def register_indicators() -> None:
    """Register the indicators of this app."""
    indicators.register(
        "disputes",
        Indicator(
            _("Disputed debts"),
            compute_disputes,
            definition=_("Of the collection contacts of 30 days, the share in which the debtor disputed the debt."),
            records=lambda _dimension: reverse("service:cases"),
        ),
    )
    indicators.register(
        "complaints",
        Indicator(
            _("Complaints"),
            compute_complaints,
            definition=_("Customers who complained within 30 days, divided by all identified customers."),
            records=lambda _dimension: f"{reverse('service:department-cases')}?view=all&is_complaint=on",
        ),
    )
    indicators.register(
        "late_cases",
        Indicator(
            _("Late cases"),
            compute_late_cases,
            definition=_("Of the open cases between departments, complaints among them, the share past its clock."),
            records=lambda _dimension: reverse("service:department-cases"),
        ),
    )
