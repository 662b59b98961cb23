"""Who is no customer for the time being: left out of everything unasked until the day of his re-entry."""

from collections.abc import Collection
from datetime import date
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from core.registries import MarketingBar
from segmentation.models import Labels

CODE: Final = "non_customer"


def list_non_customers(on: date) -> QuerySet[Labels]:
    """Return the labels of those who are no customers on a date; from the day of re-entry on they are not among them."""
    return Labels.objects.filter(non_customer__isnull=False, reentry_date__gt=on)


def is_non_customer(on: date) -> Exists:
    """Return the condition that the customer of a row is none on a date; one look by key for each row."""
    return Exists(list_non_customers(on).filter(customer_id=OuterRef("customer_id")))


def find_non_customers(customer_ids: Collection[int], on: date) -> dict[int, date]:
    """Return those of some customers who are none on a date, each with the day from which he may come again."""
    rows = list_non_customers(on).filter(customer_id__in=customer_ids)
    return {row.customer_id: row.reentry_date for row in rows.only("reentry_date") if row.reentry_date}


BAR: Final = MarketingBar(
    _("No customer for the time being"),
    _("No customer for the time being; may be addressed again from %(until)s"),
    find_non_customers,
)
