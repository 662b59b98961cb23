"""Customers as a file: masked, counted, marked on every row; the same for a whole list and for picked rows."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from django.db.models import QuerySet
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import clock, masking
from core.errors import Text
from core.models import User
from core.web.spreadsheets import answer_csv
from customers.models import Customer
from customers.operations.exports import start_export
from customers.rules.watermarks import mark_row

# What may leave the house, masked where it is sensitive.
COLUMNS: Final[dict[str, tuple[Text, Callable[[Customer], str]]]] = {
    "number": (_("Number"), lambda customer: customer.number),
    "name": (_("Name"), lambda customer: masking.mask_name(customer.name)),
    "phone": (_("Phone"), lambda customer: masking.mask_phone(customer.phone)),
    "role": (_("Role"), lambda customer: _name_roles(customer)),
    "stage": (_("Stage"), lambda customer: str(customer.get_stage_display())),
    "risk_tier": (_("Risk tier"), lambda customer: str(customer.get_risk_tier_display())),
    "value_tier": (_("Value tier"), lambda customer: str(customer.get_value_tier_display())),
    "rm": (_("RM"), lambda customer: str(customer.rm or "")),
    "source": (_("Source"), lambda customer: customer.source),
    "completeness": (_("Completeness"), lambda customer: str(customer.completeness)),
    "registered": (_("Registered"), lambda customer: f"{customer.registered_at.astimezone(clock.SHANGHAI):%Y-%m-%d}"),
}
# What somebody searched by may be a phone: the log keeps that he searched, not for whom.
_DIGITS: Final = re.compile(r"\d{4,}")


def _name_roles(customer: Customer) -> str:
    names = [(customer.is_borrower, gettext("Borrower")), (customer.is_investor, gettext("Investor"))]
    return " ".join(name for plays, name in names if plays)


def answer_export(
    *, rows: QuerySet[Customer], columns: list[str], query: QueryDict, actor: User, now: datetime
) -> HttpResponseBase:
    """Take rows in reach out of the house: within the day's limit, logged with the conditions, marked on every row.

    Unknown columns are left out; without any all of them are sent. Raises Refused, ExportLimitReached.
    """
    wanted = [name for name in columns if name in COLUMNS] or list(COLUMNS)
    export = start_export(
        actor=actor,
        columns=wanted,
        filters={name: [_DIGITS.sub("****", text) for text in texts] for name, texts in query.lists()},
        count=rows.order_by().count(),
        now=now,
    )
    return answer_csv(_list_rows(rows, wanted, export.watermark, export.count), f"customers-{export.watermark}")


def _list_rows(rows: QuerySet[Customer], columns: list[str], watermark: str, count: int) -> Iterator[list[str]]:
    yield [gettext("Confidential"), watermark]
    yield [*(str(COLUMNS[name][0]) for name in columns), gettext("Mark")]
    chosen = rows.select_related("rm__user").defer("search_grams", "labels", "custom").order_by("id")[:count]
    for line, customer in enumerate(chosen.iterator(chunk_size=1000), start=1):
        yield [*(COLUMNS[name][1](customer) for name in columns), mark_row(watermark, line)]
