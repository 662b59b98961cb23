"""Listings and loans as staff see them, always within the reader's scope: the borrower's RM answers for a loan."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from core.errors import NotFound
from core.money import ZERO, from_fen
from customers.models import Customer
from customers.queries.staff import search_condition
from lending.models import Allocation, Application, Bid, ChargeAccrual, Distribution, LenderShare, Listing, Loan
from lending.queries.positions import list_open_instalments, list_positions
from lending.rules.split import Parts, plan_distribution
from staff import rights
from staff.queries import Access, scope_condition

_MONEY: Any = DecimalField(max_digits=18, decimal_places=2)


def loans_in_scope(access: Access) -> QuerySet[Loan]:
    """Return the loans that a reader's right reaches, with balance, overdue and days past due beside them."""
    return (
        Loan.objects.filter(scope_condition(access, rights.VIEW_LOANS, "borrower__rm"))
        .select_related("borrower__rm__user", "product", "standing")
        .annotate(
            balance=Coalesce(F("standing__principal_outstanding"), Value(ZERO), output_field=_MONEY),
            overdue=Coalesce(F("standing__overdue_amount"), Value(ZERO), output_field=_MONEY),
            days_late=Coalesce(F("standing__dpd"), Value(0), output_field=IntegerField()),
        )
    )


def listings_in_scope(access: Access) -> QuerySet[Listing]:
    """Return the listings that a reader's right reaches."""
    return Listing.objects.filter(scope_condition(access, rights.VIEW_LOANS, "borrower__rm")).select_related(
        "borrower__rm__user", "product", "application"
    )


def applications_in_scope(access: Access) -> QuerySet[Application]:
    """Return the applications that a reader's right reaches."""
    return Application.objects.filter(scope_condition(access, rights.VIEW_APPLICATIONS, "customer__rm")).select_related(
        "customer__rm__user", "product"
    )


def access_loan(access: Access, public_id: str) -> Loan:
    """Return one loan in scope. Raises NotFound."""
    loan = loans_in_scope(access).select_related("listing__application").filter(public_id=public_id).first()
    if loan is None:
        raise NotFound
    return loan


def access_listing(access: Access, public_id: str) -> Listing:
    """Return one listing in scope. Raises NotFound."""
    listing = listings_in_scope(access).select_related("loan").filter(public_id=public_id).first()
    if listing is None:
        raise NotFound
    return listing


def access_application(access: Access, public_id: str) -> Application:
    """Return one application in scope. Raises NotFound."""
    application = (
        applications_in_scope(access).select_related("offer", "listing__loan").filter(public_id=public_id).first()
    )
    if application is None:
        raise NotFound
    return application


def narrow_loans(rows: QuerySet[Loan], wanted: dict[str, Any]) -> QuerySet[Loan]:
    """Return the loans that meet every condition of a filter form's cleaned data."""
    if text := (wanted.get("q") or "").strip():
        rows = rows.filter(Q(number=text.upper()) | Q(borrower__in=_named(text)))
    for name, lookup in (
        ("state", "state__in"),
        ("product", "product"),
        ("method", "method"),
        ("rm", "borrower__rm"),
        ("bucket", "standing__bucket__in"),
        ("due_until", "standing__next_due_date__lte"),
        ("paid_out_from", "start_date__gte"),
        ("paid_out_to", "start_date__lte"),
    ):
        if wanted.get(name):
            rows = rows.filter(**{lookup: wanted[name]})
    if wanted.get("overdue"):
        rows = rows.filter(state=Loan.State.ACTIVE, standing__overdue_amount__gt=0)
    if wanted.get("late_from"):
        rows = rows.filter(state=Loan.State.ACTIVE, standing__dpd__gte=wanted["late_from"])
    if day := wanted.get("running_on"):
        rows = rows.filter(start_date__lte=day).exclude(settled_at__date__lte=day)
    if wanted.get("repaid_from") and wanted.get("repaid_to"):
        rows = rows.filter(
            pk__in=Loan.objects.filter(
                repayments__business_date__range=(wanted["repaid_from"], wanted["repaid_to"])
            ).values("pk")
        )
    return rows


def narrow_listings(rows: QuerySet[Listing], wanted: dict[str, Any]) -> QuerySet[Listing]:
    """Return the listings that meet every condition of a filter form's cleaned data."""
    if text := (wanted.get("q") or "").strip():
        rows = rows.filter(Q(number=text.upper()) | Q(borrower__in=_named(text)))
    for name, lookup in (("state", "state__in"), ("product", "product"), ("ends_until", "deadline_date__lte")):
        if wanted.get(name):
            rows = rows.filter(**{lookup: wanted[name]})
    return rows


def narrow_applications(rows: QuerySet[Application], wanted: dict[str, Any]) -> QuerySet[Application]:
    """Return the applications that meet every condition of a filter form's cleaned data."""
    if text := (wanted.get("q") or "").strip():
        rows = rows.filter(Q(number=text.upper()) | Q(customer__in=_named(text)))
    for name, lookup in (
        ("state", "state__in"),
        ("grade", "grade__in"),
        ("product", "product"),
        ("rm", "customer__rm"),
        ("submitted_from", "business_date__gte"),
        ("submitted_to", "business_date__lte"),
    ):
        if wanted.get(name):
            rows = rows.filter(**{lookup: wanted[name]})
    return rows


def _named(text: str) -> QuerySet[Customer]:
    return Customer.objects.filter(search_condition(text)).values("pk")  # type: ignore[return-value]


def list_shares(loan_id: int) -> QuerySet[LenderShare]:
    """Return a loan's lenders in the order of the contract."""
    return LenderShare.objects.filter(loan_id=loan_id).select_related("investor").order_by("id")


def list_bids(listing_id: int) -> QuerySet[Bid]:
    """Return a listing's bids, the newest first."""
    return Bid.objects.filter(listing_id=listing_id).select_related("investor").order_by("-id")


def sum_accruals(loan_id: int) -> tuple[Decimal, Decimal, list[ChargeAccrual]]:
    """Return the penalty charged in all, what the cap cut, and the newest days."""
    rows = ChargeAccrual.objects.filter(loan_id=loan_id)
    sums = rows.aggregate(charged=Sum("charged"), cut=Sum("cut"))
    return sums["charged"] or ZERO, sums["cut"] or ZERO, list(rows.order_by("-business_date")[:31])


@dataclass(frozen=True, slots=True)
class PaymentSplit:
    """One payment that reached an instalment, and what each lender received of it.

    A payment is split once, whatever it covered: `covers` names all instalments it paid.
    """

    received_at: datetime
    amount: Decimal
    covers: list[int]
    parts: list[Distribution]


def list_payment_splits(loan_id: int, n: int) -> list[PaymentSplit]:
    """Return the payments of one instalment with each lender's part, the oldest first."""
    touched = Allocation.objects.filter(instalment__loan_id=loan_id, instalment__n=n).values("repayment_id")
    covers: dict[int, set[int]] = defaultdict(set)
    for pk, number in Allocation.objects.filter(repayment__in=touched).values_list("repayment_id", "instalment__n"):
        covers[pk].add(number)
    parts: dict[int, list[Distribution]] = defaultdict(list)
    for part in (
        Distribution.objects.filter(repayment__in=touched)
        .annotate(total=F("principal") + F("interest") + F("penalty"))
        .select_related("share__investor", "repayment")
        .order_by("share_id")
    ):
        parts[part.repayment_id].append(part)
    return [
        PaymentSplit(rows[0].repayment.received_at, rows[0].repayment.amount, sorted(covers[pk]), rows)
        for pk, rows in sorted(parts.items())
    ]


def plan_instalment(loan_id: int, n: int) -> list[tuple[LenderShare, Decimal, Decimal, Decimal]]:
    """Return what each lender receives of an unpaid instalment if it is paid in full: principal, interest, penalty."""
    open_rows = list_open_instalments([loan_id])[loan_id]
    if all(row.n != n for row in open_rows):
        return []
    positions = list_positions([loan_id])[0][loan_id]
    payments = [Parts(row.principal_fen, row.interest_fen, row.penalty_fen) for row in open_rows]
    shares = {share.pk: share for share in list_shares(loan_id)}
    for row, parts in zip(open_rows, plan_distribution(payments, positions), strict=True):
        if row.n == n:
            return [
                (
                    shares[part.key],
                    from_fen(part.parts.principal_fen),
                    from_fen(part.parts.interest_fen),
                    from_fen(part.parts.penalty_fen),
                )
                for part in parts
            ]
    return []


def customer_applications(customer_id: int) -> QuerySet[Application]:
    """Return a customer's applications, the newest first; the caller has checked that the reader may see him."""
    return Application.objects.filter(customer_id=customer_id).select_related("product").order_by("-id")


def customer_loans(customer_id: int) -> QuerySet[Loan]:
    """Return a customer's loans, the newest first; the caller has checked that the reader may see him."""
    return Loan.objects.filter(borrower_id=customer_id).select_related("product", "standing").order_by("-id")


def customer_shares(customer_id: int) -> QuerySet[LenderShare]:
    """Return a customer's claims, the newest first; the caller has checked that the reader may see him."""
    return (
        LenderShare.objects.filter(investor_id=customer_id)
        .select_related("loan__standing", "loan__product")
        .order_by("-id")
    )


def customer_bids(customer_id: int) -> QuerySet[Bid]:
    """Return a customer's bids that wait for the listing to fill."""
    return Bid.objects.filter(investor_id=customer_id, state=Bid.State.LIVE).select_related("listing").order_by("-id")
