"""Customers as staff see them, always within the reader's scope."""

import re
from datetime import date, datetime

import orjson
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from core import clock
from core.errors import NotFound
from core.fields import blind_index
from core.models import AuditEntry
from customers.models import Customer, TimelineEntry, WorkItem
from customers.queries.own import follow_merges
from customers.rules.names import build_search_grams
from staff import rights
from staff.queries import Access, scope_condition

_PHONE = re.compile(r"1\d{10}")
_TAIL = re.compile(r"\d{4}")
_NUMBER = re.compile(r"[A-Za-z]{1,3}[-\d]\S*")
# So few hits are collected and sorted.
_FEW = 20_000

# What a line about a customer shows; everything else of the record is long or must be deciphered.
BRIEF = ("public_id", "number", "name", "phone", "rm__user__display_name", "rm__user__username")


def in_scope(access: Access, right: str = rights.VIEW_CUSTOMERS) -> QuerySet[Customer]:
    """Return the customers that a right reaches; those merged into others are gone."""
    return Customer.objects.filter(scope_condition(access, right, "rm"), merged_into__isnull=True)


def access_customer(access: Access, public_id: str, right: str = rights.VIEW_CUSTOMERS) -> Customer:
    """Return a customer that a right reaches. Raises NotFound."""
    reachable = in_scope(access, right).select_related("rm__user", "backup_rm__user")
    customer = reachable.filter(public_id=public_id).first()
    if customer is None:
        # Old addresses of a record that went into another one lead to where its history is now.
        gone = Customer.objects.filter(public_id=public_id, merged_into__isnull=False).first()
        customer = reachable.filter(pk=follow_merges(gone).pk).first() if gone is not None else None
    if customer is None:
        raise NotFound
    return customer


def search_condition(text: str) -> Q:
    """Return what finds customers by name, pinyin, initials, a whole phone, its last four digits or the number."""
    typed = text.strip()
    digits = typed.replace(" ", "").replace("-", "")
    if _PHONE.fullmatch(digits):
        return Q(phone_index=blind_index(digits, "phone"))
    condition = Q(pk__in=[])
    if _TAIL.fullmatch(digits):
        condition |= Q(phone_tail_index=blind_index(digits, "phone_tail"))
    if _NUMBER.fullmatch(typed):
        condition |= Q(number=typed.upper())
    grams = build_search_grams(typed)
    if grams:
        condition |= Q(search_grams__contains=list(grams))
    return condition


def is_exact(text: str) -> bool:
    """Tell whether a search asks for a whole phone, its last four digits or a number, which few customers share."""
    typed = text.strip()
    digits = typed.replace(" ", "").replace("-", "")
    return bool(_PHONE.fullmatch(digits) or _TAIL.fullmatch(digits) or _NUMBER.fullmatch(typed))


def list_timeline(
    customer_id: int, *, shape: str = "", until: datetime | None = None, after: tuple[datetime, int] | None = None
) -> QuerySet[TimelineEntry]:
    """Return what happened, newest first, from a moment or entry backwards."""
    rows = TimelineEntry.objects.filter(customer_id=customer_id).select_related("actor").order_by("-at", "-id")
    if shape:
        rows = rows.filter(kind=shape)
    if until is not None:
        rows = rows.filter(at__lt=until)
    if after is not None:
        rows = rows.filter(Q(at__lt=after[0]) | Q(at=after[0], id__lt=after[1]))
    return rows


def list_open_work(customer_id: int) -> QuerySet[WorkItem]:
    """Return what is to be done about a customer, the most urgent first."""
    return (
        WorkItem.objects.filter(customer_id=customer_id, state=WorkItem.State.OPEN)
        .select_related("assignee__user")
        .order_by("urgency", "due_at", "id")
    )


def list_changes(customer_id: int) -> QuerySet[AuditEntry]:
    """Return the audit trail of one customer's record, the newest first."""
    return (
        AuditEntry.objects.filter(target_type="customers.customer", target_id=str(customer_id))
        .select_related("actor")
        .order_by("-id")
    )


def find_customers(access: Access, text: str, limit: int = 8) -> list[Customer]:
    """Return the first customers that a search finds, for the command palette."""
    if not access.has(rights.VIEW_CUSTOMERS) or not text.strip():
        return []
    rows = in_scope(access).filter(search_condition(text)).select_related("rm__user").only(*BRIEF)
    # A sort key of no index makes the planner ask the grams: along the index of names it would read the book up to
    # its last tenth for a 王. Of very many the newest are shown.
    key = F("name_key")
    order = [Coalesce(key, key), "pk"] if is_exact(text) or _expects_few(rows) else ["-pk"]
    return list(rows.order_by(*order)[:limit])


def _expects_few(rows: QuerySet[Customer]) -> bool:
    plan = rows.order_by().values("pk").explain(format="json")
    return not plan or int(orjson.loads(plan)[0]["Plan"]["Plan Rows"]) <= _FEW


def count_registered_since(access: Access, day: date) -> int:
    """Return how many customers in scope registered on or after a day."""
    # An instant, because the date of every row would be computed and no index asked.
    return in_scope(access).filter(registered_at__gte=clock.at(day, 0)).count()
