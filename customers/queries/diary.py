"""Contacts, plans, notes and promises: of a customer, of a colleague, of a week."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from core import clock
from core.errors import NotFound
from customers.models import Contact, ContactPlan, Customer, Note, Promise
from customers.queries.leads import leads_in_scope
from customers.rules.revisits import next_birthday
from staff import rights
from staff.models import StaffMember
from staff.queries import Access, list_members_in_reach, scope_condition


@dataclass(frozen=True)
class KeptRate:
    """How a colleague keeps his word: kept in time, of those that are closed or late."""

    member: StaffMember
    kept: int
    judged: int

    @property
    def share(self) -> float | None:
        """The rate; None where nothing has come due."""
        return self.kept / self.judged if self.judged else None


def list_contacts(customer_id: int) -> QuerySet[Contact]:
    """Return the contacts with a customer, the newest first."""
    return (
        Contact.objects.filter(customer_id=customer_id)
        .select_related("member__user", "photo")
        .defer("photo__content")
        .order_by("-at", "-pk")
    )


def list_lead_contacts(lead_id: int) -> QuerySet[Contact]:
    """Return the contacts with a lead, the newest first."""
    return Contact.objects.filter(lead_id=lead_id).select_related("member__user").order_by("-at", "-pk")


def list_plans(customer_id: int) -> QuerySet[ContactPlan]:
    """Return what is planned with a customer, the next first."""
    return (
        ContactPlan.objects.filter(customer_id=customer_id, state=ContactPlan.State.PLANNED)
        .select_related("member__user")
        .order_by("planned_at", "pk")
    )


def list_promises(customer_id: int) -> QuerySet[Promise]:
    """Return what was promised to a customer: open ones first by their time, then the newest."""
    return (
        Promise.objects.filter(customer_id=customer_id)
        .select_related("member__user")
        .order_by(F("closed_at").desc(nulls_first=True), "due_at", "pk")
    )


def list_notes(customer_id: int) -> QuerySet[Note]:
    """Return the notes about a customer: pinned ones first, then the newest."""
    return Note.objects.filter(customer_id=customer_id).select_related("author__user").order_by("-is_pinned", "-pk")


def access_plan(access: Access, public_id: str) -> ContactPlan:
    """Return a planned contact whose customer or lead is in the reader's writing scope. Raises NotFound."""
    plan = (
        ContactPlan.objects.filter(
            Q(customer__isnull=False) & scope_condition(access, rights.EDIT_CUSTOMERS, "customer__rm")
            | Q(customer__isnull=True, lead__in=leads_in_scope(access)),
            public_id=public_id,
        )
        .select_related("customer", "lead")
        .first()
    )
    if plan is None:
        raise NotFound
    return plan


def access_promise(access: Access, public_id: str) -> Promise:
    """Return a promise to a customer in the reader's writing scope. Raises NotFound."""
    promise = (
        Promise.objects.filter(scope_condition(access, rights.EDIT_CUSTOMERS, "customer__rm"), public_id=public_id)
        .select_related("customer")
        .first()
    )
    if promise is None:
        raise NotFound
    return promise


def access_note(access: Access, public_id: str) -> Note:
    """Return a note about a customer in the reader's writing scope. Raises NotFound."""
    note = (
        Note.objects.filter(scope_condition(access, rights.EDIT_CUSTOMERS, "customer__rm"), public_id=public_id)
        .select_related("customer")
        .first()
    )
    if note is None:
        raise NotFound
    return note


def access_photo(access: Access, public_id: str, contact_public_id: str) -> Any:
    """Return the photo of a visit to a customer in the reader's scope. Raises NotFound."""
    contact = (
        Contact.objects.filter(
            scope_condition(access, rights.VIEW_CUSTOMERS, "customer__rm"),
            customer__public_id=public_id,
            public_id=contact_public_id,
            photo__removed_at__isnull=True,
            photo__isnull=False,
        )
        .select_related("photo")
        .first()
    )
    if contact is None:
        raise NotFound
    return contact.photo


def rate_promises(access: Access, *, since: datetime) -> list[KeptRate]:
    """Return how the colleagues in reach keep what they promised since a moment; who promised nothing is left out."""
    members = list_members_in_reach(access, rights.VIEW_CUSTOMERS).select_related("user")
    judged = Q(state__in=[Promise.State.KEPT, Promise.State.BROKEN]) | Q(state=Promise.State.OPEN, is_late=True)
    counts = {
        row["member_id"]: row
        for row in Promise.objects.filter(made_at__gte=since, member__in=members)
        .order_by()
        .values("member_id")
        .annotate(judged=Count("pk", filter=judged), kept=Count("pk", filter=Q(state="KEPT", is_late=False)))
    }
    found = members.filter(pk__in=counts).order_by("user__display_name", "pk")
    return [KeptRate(member, counts[member.pk]["kept"], counts[member.pk]["judged"]) for member in found]


def _visible_plans(access: Access) -> Q:
    """What is planned with customers and leads that the reader may see; who planned it gives no right to."""
    return Q(customer__isnull=False) & scope_condition(access, rights.VIEW_CUSTOMERS, "customer__rm") | Q(
        customer__isnull=True, lead__in=leads_in_scope(access)
    )


def list_due_plans(access: Access, *, until: datetime, limit: int) -> list[ContactPlan]:
    """Return what the reader has planned up to a moment, the earliest first."""
    return list(
        ContactPlan.objects.filter(
            _visible_plans(access),
            member_id=access.member_id,
            state=ContactPlan.State.PLANNED,
            planned_at__lt=until,
        )
        .select_related("customer", "lead")
        .defer("customer__search_grams", "customer__labels")
        .order_by("planned_at", "pk")[:limit]
    )


def list_birthdays(member_id: int, today: date, *, days: int, limit: int) -> list[tuple[Customer, date]]:
    """Return a colleague's own customers whose birthday is at most so many days ahead, the next first."""
    ahead = [today + timedelta(days=n) for n in range(days + 1)]
    condition = Q()
    for day in ahead:
        condition |= Q(birth_date__month=day.month, birth_date__day=day.day)
        if (day.month, day.day) == (2, 28):
            condition |= Q(birth_date__month=2, birth_date__day=29)
    rows = (
        Customer.objects.filter(condition, rm_id=member_id, merged_into__isnull=True)
        .exclude(status=Customer.Status.CLOSED)
        .only("pk", "name", "number", "public_id", "birth_date")
    )
    found = [(row, next_birthday(row.birth_date, today)) for row in rows if row.birth_date is not None]
    near = ((row, day) for row, day in found if day <= ahead[-1])
    return sorted(near, key=lambda pair: (pair[1], pair[0].pk))[:limit]


@dataclass(frozen=True)
class CalendarEntry:
    """One line of the calendar."""

    kind: str
    at: datetime
    title: str
    text: str
    url: str
    member_id: int
    is_late: bool
    is_whole_day: bool = False


def list_calendar(
    access: Access, *, member_ids: list[int], start: date, end: date, now: datetime
) -> list[CalendarEntry]:
    """Return plans and promises of some colleagues from a day up to another one, that day left out, by time.

    Only what the reader may see: customers out of his scope show neither name nor text.
    """
    begin, until = clock.at(start, 0), clock.at(end, 0)
    plans = (
        ContactPlan.objects.filter(
            _visible_plans(access),
            member_id__in=member_ids,
            state=ContactPlan.State.PLANNED,
            planned_at__gte=begin,
            planned_at__lt=until,
        )
        .select_related("customer", "lead")
        .defer("customer__search_grams", "customer__labels")[:500]
    )
    promises = (
        Promise.objects.filter(
            scope_condition(access, rights.VIEW_CUSTOMERS, "customer__rm"),
            member_id__in=member_ids,
            state=Promise.State.OPEN,
            due_at__gte=begin,
            due_at__lt=until,
        )
        .select_related("customer")
        .defer("customer__search_grams", "customer__labels")[:500]
    )
    entries = [
        CalendarEntry(
            kind="plan",
            at=plan.planned_at,
            title=str(plan.customer or plan.lead),
            text=plan.purpose,
            url=_url_of(plan),
            member_id=plan.member_id,
            is_late=plan.planned_at < now,
        )
        for plan in plans
    ]
    entries += [
        CalendarEntry(
            kind="promise",
            at=promise.due_at,
            title=str(promise.customer),
            text=promise.text,
            url=f"/customers/{promise.customer.public_id}/?tab=diary",
            member_id=promise.member_id,
            is_late=promise.due_at < now,
        )
        for promise in promises
    ]
    return sorted(entries, key=lambda entry: entry.at)


def _url_of(plan: ContactPlan) -> str:
    if plan.customer is not None:
        return f"/customers/{plan.customer.public_id}/?tab=diary"
    assert plan.lead is not None
    return f"/leads/{plan.lead.public_id}/"
