"""What a handover would move, how it could be divided, and what a leaver took along."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from core.models import AuditEntry
from customers.models import ContactPlan, Customer, Export, Handover, Lead, Opportunity, Promise, WorkItem
from customers.queries.attributes import read_attributes
from customers.queries.leads import OPEN_STATES
from customers.queries.ownership import list_seats
from customers.rules.assignment import divide_book
from staff import rights
from staff.models import StaffMember
from staff.queries import Access, list_members_in_reach

_REVIEWED_DAYS = 90


@dataclass(frozen=True)
class Belongings:
    """How much belongs to some customers, and to the giver himself."""

    customers: int
    tasks: int
    promises: int
    plans: int
    leads: int
    opportunities: int
    applications: int


@dataclass(frozen=True)
class Part:
    """What one receiver would get."""

    member: StaffMember
    load: int
    customers: list[int]
    tiers: dict[str, int]

    @property
    def is_over(self) -> bool:
        """Tell whether it is more than he has room for."""
        return self.load + len(self.customers) > self.member.capacity


def list_handovers(access: Access) -> QuerySet[Handover]:
    """Return the handovers of givers whom the reader reaches, the newest first."""
    return (
        Handover.objects.filter(giver__in=list_members_in_reach(access, rights.ASSIGN_CUSTOMERS))
        .select_related("giver__user", "actor")
        .order_by("-pk")
    )


def list_book(member_id: int) -> dict[int, str]:
    """Return a colleague's customers with their value tiers."""
    return dict(
        Customer.objects.filter(rm_id=member_id, merged_into__isnull=True)
        .order_by("pk")
        .values_list("pk", "value_tier")
    )


def divide(giver_id: int, receivers: Sequence[StaffMember]) -> tuple[list[Part], list[int]]:
    """Divide a book among receivers by tier and room; return the parts and who found no room."""
    book = list_book(giver_id)
    seats = list_seats([member.pk for member in receivers])
    parts, left_over = divide_book(book, seats)
    loads = {seat.member_id: seat.load for seat in seats}
    return [describe_part(member, loads[member.pk], parts[member.pk], book) for member in receivers], left_over


def describe_part(member: StaffMember, load: int, ids: list[int], book: dict[int, str]) -> Part:
    """Return a receiver's part with its customers counted by tier."""
    tiers: dict[str, int] = {}
    for pk in ids:
        tiers[book[pk]] = tiers.get(book[pk], 0) + 1
    return Part(member, load, ids, tiers)


def count_belongings(giver_id: int) -> Belongings:
    """Return what would move with a whole book."""
    ids = list(list_book(giver_id))
    applications = read_attributes(ids, ["open_applications"])
    return Belongings(
        customers=len(ids),
        tasks=WorkItem.objects.filter(assignee_id=giver_id, state=WorkItem.State.OPEN).count(),
        promises=Promise.objects.filter(member_id=giver_id, state=Promise.State.OPEN).count(),
        plans=ContactPlan.objects.filter(member_id=giver_id, state=ContactPlan.State.PLANNED).count(),
        leads=Lead.objects.filter(owner_id=giver_id, state__in=OPEN_STATES).count(),
        opportunities=Opportunity.objects.filter(customer_id__in=ids, closed_at__isnull=True).count(),
        applications=sum(int(row.get("open_applications", 0)) for row in applications.values()),
    )


def list_exports(member: StaffMember, *, until: datetime) -> QuerySet[Export]:
    """Return the files somebody took out of the house within the 90 days before an instant."""
    since = until - timedelta(days=_REVIEWED_DAYS)
    return Export.objects.filter(actor_id=member.user_id, at__gte=since).select_related("reviewed_by").order_by("-pk")


def list_sensitive_reads(member: StaffMember, *, until: datetime) -> QuerySet[AuditEntry]:
    """Return the exports and looks at plain values in the audit of somebody's last 90 days."""
    since = until - timedelta(days=_REVIEWED_DAYS)
    return AuditEntry.objects.filter(
        Q(is_sensitive_read=True) | Q(action="customers.exported"), actor_id=member.user_id, at__gte=since
    ).order_by("-pk")
