"""Leads within the reader's scope, and what became of earlier ones."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, F, Prefetch, Q, QuerySet

from core.errors import NotFound
from core.fields import blind_index
from customers.models import Customer, Lead, Need, Opportunity
from customers.queries.staff import in_scope
from staff import rights
from staff.models import Scope
from staff.queries import Access, scope_condition

_PAST: Final = timedelta(days=365)
OPEN_STATES: Final = ("NEW", "WORKING", "QUALIFIED")


def leads_in_scope(access: Access) -> QuerySet[Lead]:
    """Return the leads that a reader may see: his own, his people's, and strangers whom nobody works on for who leads.

    An unowned lead who is a customer already is as hidden as the customer.
    """
    condition = scope_condition(access, rights.WORK_LEADS, "owner")
    if access.scope_of(rights.WORK_LEADS) in (Scope.TEAM, Scope.DEPARTMENT):
        known = scope_condition(access, rights.WORK_LEADS, "customer__rm")
        condition |= Q(owner__isnull=True) & (Q(customer__isnull=True) | known)
    return Lead.objects.filter(condition)


def access_lead(access: Access, public_id: str) -> Lead:
    """Return a lead in the reader's scope. Raises NotFound."""
    lead = (
        leads_in_scope(access)
        .select_related("owner__user", "introducer", "partner", "customer")
        .filter(public_id=public_id)
        .first()
    )
    if lead is None:
        raise NotFound
    return lead


def lock_lead(lead_id: int) -> Lead:
    """Lock a lead until the end of the transaction."""
    return Lead.objects.select_for_update(no_key=True, of=("self",)).get(pk=lead_id)


def list_leads(access: Access, wanted: dict[str, Any]) -> QuerySet[Lead]:
    """Return the leads that meet the cleaned data of a filter form, with their latest needs."""
    rows = leads_in_scope(access).select_related("owner__user", "partner")
    typed = (wanted.get("q") or "").strip()
    if typed:
        condition = Q(number__iexact=typed) | Q(name__contains=typed) | Q(company__contains=typed)
        if typed.isdigit() and len(typed) == 11:
            condition |= Q(phone_index=blind_index(typed, "phone"))
        rows = rows.filter(condition)
    if wanted.get("state"):
        rows = rows.filter(state__in=wanted["state"])
    if wanted.get("method"):
        rows = rows.filter(method__in=wanted["method"])
    if wanted.get("role"):
        rows = rows.filter(role=wanted["role"])
    if wanted.get("unanswered"):
        rows = rows.filter(answered_at__isnull=True, state=Lead.State.NEW)
    if wanted.get("since"):
        rows = rows.filter(created_at__date__gte=wanted["since"])
    if wanted.get("until"):
        rows = rows.filter(created_at__date__lte=wanted["until"])
    if wanted.get("owner"):
        rows = rows.filter(owner=wanted["owner"])
    return rows.prefetch_related(Prefetch("needs", queryset=Need.objects.order_by("-pk")))


def list_unanswered(access: Access, *, limit: int) -> list[Lead]:
    """Return the leads whose first response is the reader's to give: his own, and unowned ones in his scope."""
    rows = leads_in_scope(access).filter(
        Q(owner_id=access.member_id) | Q(owner__isnull=True), state=Lead.State.NEW, answered_at__isnull=True
    )
    return list(rows.order_by("answer_due_at", "pk")[:limit])


def find_introducer(number: str) -> int | None:
    """Return the key of the customer with a number, whoever looks after him; None where there is none."""
    return Customer.objects.filter(number=number.strip().upper()).values_list("pk", flat=True).first()


def latest_need(lead_id: int) -> Need | None:
    """Return what a lead asked for last."""
    return Need.objects.filter(lead_id=lead_id).order_by("-pk").first()


def latest_needs(lead_ids: Collection[int]) -> dict[int, Need]:
    """Return what each of some leads asked for last."""
    rows = Need.objects.filter(lead_id__in=lead_ids).order_by("lead_id", "-pk").distinct("lead_id")
    return {row.lead_id: row for row in rows if row.lead_id is not None}


def conversion_share(
    *, now: datetime, at_least: int, method: str | None = None, introducer_id: int | None = None
) -> float | None:
    """Return how many of the leads closed within a year became customers; None where fewer than `at_least` closed."""
    rows = Lead.objects.filter(closed_at__gt=now - _PAST)
    if method is not None:
        rows = rows.filter(method=method)
    if introducer_id is not None:
        rows = rows.filter(introducer_id=introducer_id)
    counts = rows.aggregate(closed=Count("pk"), won=Count("pk", filter=Q(state=Lead.State.CONVERTED)))
    return counts["won"] / counts["closed"] if counts["closed"] >= at_least else None


def list_needs(customer_id: int) -> QuerySet[Need]:
    """Return what a customer wants or wanted: open needs first, then the newest."""
    return (
        Need.objects.filter(customer_id=customer_id)
        .select_related("recorded_by")
        .order_by(F("met_at").desc(nulls_first=True), "-pk")
    )


def opportunities_in_scope(access: Access, right: str = rights.VIEW_CUSTOMERS) -> QuerySet[Opportunity]:
    """Return the opportunities with customers that a right reaches."""
    return Opportunity.objects.filter(
        scope_condition(access, right, "customer__rm"), customer__merged_into__isnull=True
    ).select_related("customer__rm__user")


def access_opportunity(access: Access, public_id: str, right: str) -> Opportunity:
    """Return an opportunity that a right reaches. Raises NotFound."""
    row = opportunities_in_scope(access, right).filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    return row


def access_need(access: Access, public_id: str) -> Need:
    """Return a need of a customer in the reader's writing scope. Raises NotFound."""
    need = (
        Need.objects.filter(public_id=public_id, customer__in=in_scope(access, rights.EDIT_CUSTOMERS))
        .select_related("customer")
        .first()
    )
    if need is None:
        raise NotFound
    return need
