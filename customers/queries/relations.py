"""Who stands how to whom, and what a household owes and owns together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound, Text
from core.fields import blind_index
from core.masking import mask_name
from customers.models import Customer, Document, Household, Relation
from customers.queries.attributes import read_attributes
from customers.queries.staff import in_scope
from customers.rules import identity
from staff import rights
from staff.queries import Access

_EXPOSURE = ("outstanding", "overdue", "invested")
# Read from the other end.
_REVERSED: dict[str, Text] = {
    Relation.Kind.PARENT: _("child of"),
    Relation.Kind.GUARANTOR: _("guaranteed by"),
    Relation.Kind.EMPLOYER: _("employed by"),
    Relation.Kind.OWNER: _("owned by"),
    Relation.Kind.INTRODUCER: _("introduced by"),
}


@dataclass(frozen=True)
class Tie:
    """A relation as one of its ends sees it."""

    relation: Relation
    label: Text
    other: Customer
    is_from_here: bool
    is_in_scope: bool


@dataclass(frozen=True)
class Member:
    """One person's part of the exposure."""

    customer: Customer
    outstanding: Decimal
    overdue: Decimal
    invested: Decimal
    guaranteed: Decimal


@dataclass(frozen=True)
class Exposure:
    """What some customers owe, have overdue, have lent out and answer for, together."""

    members: list[Member] = field(default_factory=list)

    def total(self, name: str) -> Decimal:
        """Return the sum of one figure over the members."""
        return sum((getattr(member, name) for member in self.members), Decimal(0))

    @property
    def outstanding(self) -> Decimal:
        """Return what they owe."""
        return self.total("outstanding")

    @property
    def overdue(self) -> Decimal:
        """Return what is late."""
        return self.total("overdue")

    @property
    def invested(self) -> Decimal:
        """Return what they have lent out."""
        return self.total("invested")

    @property
    def guaranteed(self) -> Decimal:
        """Return what they answer for."""
        return self.total("guaranteed")


def list_ties(customer: Customer, access: Access) -> list[Tie]:
    """Return a customer's relations from his point of view, with whether the reader may open the other end."""
    rows = list(
        Relation.objects.filter(Q(customer=customer) | Q(other=customer), ended_at__isnull=True)
        .select_related("customer", "other")
        .defer("customer__search_grams", "customer__labels", "other__search_grams", "other__labels")
        .order_by("kind", "id")
    )
    others = {row.other_id if row.customer_id == customer.pk else row.customer_id for row in rows}
    open_ids = set(in_scope(access).filter(pk__in=others).values_list("pk", flat=True))
    ties = []
    for row in rows:
        is_from_here = row.customer_id == customer.pk
        other = row.other if is_from_here else row.customer
        label = row.get_kind_display() if is_from_here else _REVERSED.get(row.kind, row.get_kind_display())
        ties.append(Tie(row, label, other, is_from_here, other.pk in open_ids))
    return ties


def household_exposure(customers: Iterable[Customer]) -> Exposure:
    """Return the exposure of some customers together: two queries, whatever their number."""
    people = list(customers)
    figures = read_attributes([person.pk for person in people], _EXPOSURE)
    answered = dict(
        Relation.objects.filter(customer__in=people, kind=Relation.Kind.GUARANTOR, ended_at__isnull=True)
        .values_list("customer_id")
        .annotate(Sum("amount"))
    )
    return Exposure(
        [
            Member(
                customer=person,
                guaranteed=Decimal(answered.get(person.pk) or 0),
                **{key: Decimal(figures[person.pk].get(key) or 0) for key in _EXPOSURE},
            )
            for person in people
        ]
    )


def list_members(household: Household) -> list[Customer]:
    """Return the people of a household."""
    return list(household.members.defer("search_grams", "labels").order_by("pk"))


def name_household(access: Access, household: Household) -> str:
    """Return what a household is called, masked for whoever does not see all its people: its name may be one of theirs."""
    is_whole = not household.members.exclude(pk__in=in_scope(access).values("pk")).exists()
    return household.name if is_whole else mask_name(household.name)


def find_other(access: Access, text: str) -> Customer:
    """Return the one customer in the reader's scope with this number or whole phone. Raises NotFound."""
    typed = text.strip()
    phone = identity.normalise_mobile(typed)
    condition = Q(number=typed.upper())
    if identity.check_mobile(phone).is_valid:
        condition |= Q(phone_index=blind_index(phone, "phone"))
    found = in_scope(access, rights.VIEW_CUSTOMERS).filter(condition).first() if typed else None
    if found is None:
        raise NotFound
    return found


def list_documents(customer_id: int) -> QuerySet[Any, Any]:
    """Return the papers of a customer, newest first, without their content."""
    return (
        Document.objects.filter(customer_id=customer_id, removed_at__isnull=True)
        .defer("content")
        .select_related("uploaded_by")
        .order_by("-id")
    )
