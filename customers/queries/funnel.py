"""Registration step by step, leads by method, RM, month and partner: counts with their denominators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Avg, Count, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from core import clock
from customers.models import (
    AcquisitionCost,
    Contact,
    Customer,
    Lead,
    Method,
    Opportunity,
    OpportunityStay,
    Partner,
    RegistrationStep,
)
from customers.queries.leads import leads_in_scope, opportunities_in_scope
from customers.rules.funnel import FunnelStep, build_funnel
from staff import rights
from staff.models import Scope
from staff.queries import Access, scope_condition

STEPS: Final = tuple(RegistrationStep.Step.values)


@dataclass(frozen=True)
class Conversion:
    """Leads that came in, closed and became customers; the rate is of those that came in."""

    key: str
    label: str
    leads: int
    closed: int
    won: int
    cost: Decimal | None = None

    @property
    def share(self) -> float | None:
        """Won of all that came in."""
        return self.won / self.leads if self.leads else None

    @property
    def cost_per_lead(self) -> Decimal | None:
        """Money spent for each lead."""
        return (self.cost / self.leads).quantize(Decimal("0.01")) if self.cost is not None and self.leads else None

    @property
    def cost_per_customer(self) -> Decimal | None:
        """Money spent for each lead that became a customer."""
        return (self.cost / self.won).quantize(Decimal("0.01")) if self.cost is not None and self.won else None


def list_stopped(*, since: datetime, until: datetime) -> QuerySet[Customer]:
    """Return customers who registered between two instants and have not finished: no identity, or no card since then."""
    has_card = RegistrationStep.objects.filter(customer_id=OuterRef("pk"), step=RegistrationStep.Step.CARD)
    return Customer.objects.filter(
        ~Exists(has_card),
        registered_at__gte=since,
        registered_at__lt=until,
        merged_into__isnull=True,
        status__in=[Customer.Status.REGISTERED, Customer.Status.IDENTIFIED],
        user__isnull=False,
    )


def read_funnel(access: Access, *, since: date, until: date, channel: str = "") -> list[FunnelStep]:
    """Return how many of those who began to register in a stretch of days reached each step.

    A cohort: everybody is counted by when he began. People without a customer record are seen by those who see all.
    """
    begun = RegistrationStep.objects.filter(
        step=RegistrationStep.Step.PHONE, at__gte=clock.at(since, 0), at__lt=clock.at(until, 0)
    )
    scope = access.scope_of(rights.VIEW_CUSTOMERS)
    if scope != Scope.ALL:
        begun = begun.filter(scope_condition(access, rights.VIEW_CUSTOMERS, "customer__rm"))
    if channel:
        begun = begun.filter(channel=channel)
    reached = (
        RegistrationStep.objects.filter(phone_index__in=begun.values("phone_index"))
        .order_by()
        .values_list("step")
        .annotate(Count("pk"))
    )
    return build_funnel(STEPS, dict(reached))


def list_channels() -> list[str]:
    """Return the channels that people registered through."""
    rows = RegistrationStep.objects.exclude(channel="").order_by("channel").values_list("channel", flat=True)
    return list(rows.distinct()[:50])


def _came_in(access: Access, since: date, until: date) -> QuerySet[Lead]:
    return leads_in_scope(access).filter(created_at__gte=clock.at(since, 0), created_at__lt=clock.at(until, 0))


_COUNTS: Final[dict[str, Any]] = {
    "leads": Count("pk"),
    "closed": Count("pk", filter=Q(closed_at__isnull=False)),
    "won": Count("pk", filter=Q(state=Lead.State.CONVERTED)),
}


def _count(rows: Any, *keys: str, **more: Any) -> list[dict[str, Any]]:
    return list(rows.order_by(*keys).values(*keys).annotate(**_COUNTS, **more))


def convert_by_method(access: Access, *, since: date, until: date) -> list[Conversion]:
    """Return the leads by method with cost; costs are known to those only who see all leads."""
    rows = {row["method"]: row for row in _count(_came_in(access, since, until), "method")}
    costs = _sum_costs("method", since, until) if access.scope_of(rights.WORK_LEADS) == Scope.ALL else None
    empty: dict[str, Any] = {"leads": 0, "closed": 0, "won": 0}
    return [_convert(method, str(Method(method).label), rows.get(method) or empty, costs) for method in Method.values]


def _convert(key: str, label: str, row: dict[str, Any], costs: dict[Any, Decimal] | None = None) -> Conversion:
    cost = costs.get(key, Decimal("0.00")) if costs is not None else None
    return Conversion(key, label, row["leads"], row["closed"], row["won"], cost)


def _sum_costs(field: str, since: date, until: date) -> dict[Any, Decimal]:
    """Return the costs of a stretch of days; a cost that reaches beyond it counts by its days inside."""
    found: dict[Any, Decimal] = {}
    rows = AcquisitionCost.objects.filter(from_date__lt=until, until_date__gte=since)
    for key, start, end, amount in rows.values_list(field, "from_date", "until_date", "amount"):
        inside = (min(end, until) - max(start, since)).days + (1 if end < until else 0)
        days = (end - start).days + 1
        found[key] = found.get(key, Decimal(0)) + (amount * max(inside, 0) / days).quantize(Decimal("0.01"))
    return found


def convert_by_owner(access: Access, *, since: date, until: date) -> list[Conversion]:
    """Return the leads by who works on them."""
    rows = _count(_came_in(access, since, until), "owner__user__display_name", "owner_id")
    return [
        Conversion(
            str(row["owner_id"] or ""),
            row["owner__user__display_name"] or "–",
            row["leads"],
            row["closed"],
            row["won"],
        )
        for row in rows
    ]


def convert_by_month(access: Access, *, since: date, until: date) -> list[Conversion]:
    """Return the leads by the month in which they came in."""
    rows = _count(
        _came_in(access, since, until).annotate(month=TruncMonth("created_at", tzinfo=clock.SHANGHAI)), "month"
    )
    return [
        Conversion(f"{row['month']:%Y-%m}", f"{row['month']:%Y-%m}", row["leads"], row["closed"], row["won"])
        for row in rows
    ]


@dataclass(frozen=True)
class PartnerFigures:
    """A partner with what he brought, what it cost, how good it was and what he is owed."""

    partner: Partner
    conversion: Conversion
    score: float | None
    payout: Decimal


def list_partners(access: Access, *, since: date, until: date) -> list[PartnerFigures]:
    """Return the partners with their leads in the reader's scope; a payout is the fee for each lead."""
    brought = _came_in(access, since, until).filter(partner__isnull=False)
    counts = {row["partner_id"]: row for row in _count(brought, "partner_id", score_mean=Avg("score"))}
    costs = _sum_costs("partner_id", since, until) if access.scope_of(rights.WORK_LEADS) == Scope.ALL else {}
    figures = []
    for partner in Partner.objects.order_by("name"):
        row: dict[str, Any] = counts.get(partner.pk, {"leads": 0, "closed": 0, "won": 0, "score_mean": None})
        conversion = Conversion(
            partner.code, partner.name, row["leads"], row["closed"], row["won"], cost=costs.get(partner.pk, Decimal(0))
        )
        figures.append(PartnerFigures(partner, conversion, row["score_mean"], partner.fee_per_lead * row["leads"]))
    return figures


@dataclass(frozen=True)
class Effort:
    """Contacts behind the deals won, and days spent in each stage."""

    deals: int
    contacts: int
    stage_days: list[tuple[str, str, float | None, int]]

    @property
    def contacts_per_deal(self) -> float | None:
        """Contacts with the customers of won deals while the deals were open, a deal."""
        return self.contacts / self.deals if self.deals else None


def measure_effort(access: Access, *, since: date, until: date) -> Effort:
    """Return what the deals won in a stretch of days took."""
    begin, end = clock.at(since, 0), clock.at(until, 0)
    won = opportunities_in_scope(access).filter(stage=Opportunity.Stage.WON, closed_at__gte=begin, closed_at__lt=end)
    contacts = Contact.objects.filter(
        Exists(
            won.filter(
                customer_id=OuterRef("customer_id"), created_at__lte=OuterRef("at"), closed_at__gte=OuterRef("at")
            )
        )
    ).count()
    spent = ExpressionWrapper(F("until_at") - F("from_at"), output_field=DurationField())
    stays = {
        row["stage"]: row
        for row in OpportunityStay.objects.filter(
            opportunity__in=opportunities_in_scope(access).select_related(None), until_at__gte=begin, until_at__lt=end
        )
        .order_by()
        .values("stage")
        .annotate(mean=Avg(spent), count=Count("pk"))
    }
    stages = [
        (
            str(stage.value),
            str(Opportunity.Stage(stage).label),
            stays[stage]["mean"].total_seconds() / 86400 if stage in stays else None,
            stays[stage]["count"] if stage in stays else 0,
        )
        for stage in (Opportunity.Stage.NEED, Opportunity.Stage.PROPOSED, Opportunity.Stage.APPLYING)
    ]
    return Effort(won.count(), contacts, stages)


def count_lost_reasons(access: Access, *, since: date, until: date) -> Sequence[tuple[str, int]]:
    """Return why leads and opportunities were lost, the commonest reason first."""
    counts: dict[str, int] = {}
    begin, end = clock.at(since, 0), clock.at(until, 0)
    for rows in (leads_in_scope(access), opportunities_in_scope(access).select_related(None)):
        found = rows.filter(closed_at__gte=begin, closed_at__lt=end).exclude(lost_reason="")
        for reason, count in found.order_by().values_list("lost_reason").annotate(Count("pk")):
            counts[reason] = counts.get(reason, 0) + count
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def sum_stages(rows: QuerySet[Opportunity]) -> dict[str, tuple[int, Decimal]]:
    """Return count and amount of opportunities by stage."""
    found = rows.select_related(None).order_by().values_list("stage").annotate(Count("pk"), Sum("amount"))
    return {stage: (count, amount or Decimal(0)) for stage, count, amount in found}
