"""The value sheet of a customer, and what we are able to take on."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from core import parameters
from core.registries import attributes
from customers.models import Customer, CustomerCost, Lead, Note
from customers.queries.attributes import read_attributes
from customers.queries.ownership import count_book
from customers.rules.worth import Worth, WorthFacts, WorthTerms, weigh
from staff.models import StaffMember

_FIGURES = ("borrowed_ever", "lent_ever", "deal_count", "outstanding", "invested")


@dataclass(frozen=True)
class WorthSheet:
    """The five parts with what they were made of, and the prices that hold today."""

    worth: Worth
    facts: WorthFacts
    terms: WorthTerms
    costs: list[tuple[str, Decimal, int]]


def read_terms(on: date) -> WorthTerms:
    """Return the stated prices in force on a date."""
    values: dict[str, str] = parameters.get_value("customers.worth_terms", on=on)
    return WorthTerms(**{name: Decimal(value) for name, value in values.items()})


def read_worth(customer: Customer, *, on: date) -> WorthSheet:
    """Return the value sheet of a customer; figures that no app contributes count as zero."""
    known = read_attributes([customer.pk], [key for key in _FIGURES if key in attributes])[customer.pk]

    def figure(key: str) -> Decimal:
        return Decimal(known.get(key) or 0)

    brought: dict[str, int] = Lead.objects.filter(introducer_id=customer.pk).aggregate(
        leads=Count("pk"), won=Count("pk", filter=Q(state=Lead.State.CONVERTED))
    )
    costs = list(
        CustomerCost.objects.filter(customer=customer)
        .order_by("kind")
        .values_list("kind")
        .annotate(Sum("amount"), Count("pk"))
    )
    chances: dict[str, str] = parameters.get_value("customers.default_chances", on=on)
    facts = WorthFacts(
        total=figure("borrowed_ever") + figure("lent_ever"),
        deals=int(figure("deal_count")),
        referrals=brought["leads"],
        referred_deals=brought["won"],
        feedbacks=Note.objects.filter(customer=customer, kind=Note.Kind.FEEDBACK).count(),
        cost=sum((amount for _kind, amount, _count in costs), Decimal("0.00")),
        exposure=figure("outstanding"),
        default_chance=Decimal(chances[customer.risk_tier]),
    )
    terms = read_terms(on)
    return WorthSheet(weigh(facts, terms), facts, terms, costs)


@dataclass(frozen=True)
class Capability:
    """What we can take on: room in the RM's book, money that investors may lend."""

    book: int
    capacity: int
    funds: Decimal | None
    demand: Decimal | None

    @property
    def room(self) -> int:
        """Customers that the RM can still look after."""
        return max(self.capacity - self.book, 0)

    @property
    def is_full(self) -> bool:
        """Tell whether the RM has no room."""
        return self.room == 0

    @property
    def is_short(self) -> bool:
        """Tell whether investors have less money than borrowers ask for."""
        return self.funds is not None and self.demand is not None and self.funds < self.demand


def read_capability(member: StaffMember | None, totals: dict[str, Any]) -> Capability:
    """Return the capability check of an RM; `totals` are the platform's figures `funds` and `demand` where known."""
    book = count_book(member.pk) if member is not None else 0
    return Capability(
        book=book,
        capacity=member.capacity if member is not None else 0,
        funds=totals.get("funds"),
        demand=totals.get("demand"),
    )
