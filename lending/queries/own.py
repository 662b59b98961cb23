"""What a borrower or an investor sees of his own dealings. Rows carry `id` for paging and `public_id` for the reader."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Sum

from core.errors import NotFound
from core.money import ZERO, from_fen
from lending.models import (
    Application,
    Bid,
    Contract,
    Distribution,
    Instalment,
    LenderShare,
    Listing,
    Loan,
    Repayment,
)
from lending.queries.positions import list_open_instalments, list_positions
from lending.rules.split import Parts, plan_distribution

Rows = QuerySet[Any, Any]

_APPLICATION = (
    "id",
    "number",
    "amount",
    "periods",
    "method",
    "purpose",
    "state",
    "submitted_at",
    "decided_at",
    "ended_at",
    "outcome",
    "grade",
    "annual_rate",
    "approved_amount",
    "public_id",
)
_LOAN = (
    "id",
    "number",
    "principal",
    "annual_rate",
    "periods",
    "period_unit",
    "method",
    "state",
    "contract_date",
    "start_date",
    "maturity_date",
    "settled_at",
    "settled_early",
    "public_id",
)
_STANDING = {
    "principal_outstanding": F("standing__principal_outstanding"),
    "overdue_amount": F("standing__overdue_amount"),
    "next_due_date": F("standing__next_due_date"),
    "next_due_amount": F("standing__next_due_amount"),
    "dpd": F("standing__dpd"),
    "bucket": F("standing__bucket"),
}


def list_applications(condition: Q) -> Rows:
    """Return application rows."""
    return Application.objects.filter(condition).values(*_APPLICATION, product_code=F("product__code"))


def get_own_application(customer_id: int, public_id: str) -> Application:
    """Return a borrower's own application with product, offer and listing at hand. Raises NotFound."""
    found = (
        Application.objects.select_related("product", "offer", "listing")
        .filter(customer_id=customer_id, public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def get_own_listing_id(customer_id: int, public_id: str) -> int:
    """Return the id of a borrower's own listing. Raises NotFound."""
    pk = Listing.objects.filter(borrower_id=customer_id, public_id=public_id).values_list("pk", flat=True).first()
    if pk is None:
        raise NotFound
    return pk


def list_loans(condition: Q) -> Rows:
    """Return loan rows with their standing."""
    return Loan.objects.filter(condition).values(*_LOAN, **_STANDING)


def get_own_loan(customer_id: int, public_id: str) -> Loan:
    """Return a borrower's own loan. Raises NotFound."""
    loan = (
        Loan.objects.select_related("standing", "listing").filter(borrower_id=customer_id, public_id=public_id).first()
    )
    if loan is None:
        raise NotFound
    return loan


def get_own_loan_id(user: Any, public_id: str) -> int:
    """Return the id of the loan of a borrower's log-in without reading the records. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT l.id FROM lending_loan l JOIN customers_customer c ON c.id = l.borrower_id
            WHERE l.public_id = %s AND c.user_id = %s""",
            [public_id, user.pk],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    return int(row[0])


def list_schedule(loan_id: int) -> list[dict[str, Any]]:
    """Return a loan's instalments with what is paid and what is still to be paid of each."""
    rows = Instalment.objects.filter(loan_id=loan_id).order_by("n")
    return [
        {
            "n": row.n,
            "due_date": row.due_date,
            "principal": row.principal,
            "interest": row.interest - row.interest_waived,
            "fee": row.fee - row.fee_waived,
            "penalty": row.penalty,
            "principal_paid": row.principal_paid,
            "interest_paid": row.interest_paid,
            "fee_paid": row.fee_paid,
            "penalty_paid": row.penalty_paid,
            "unpaid": row.unpaid,
            "balance": row.balance_after,
            "paid_at": row.paid_at,
        }
        for row in rows
    ]


def list_repayments(loan_id: int) -> Rows:
    """Return a loan's repayments."""
    return Repayment.objects.filter(loan_id=loan_id).values(
        "id",
        "kind",
        "amount",
        "fee",
        "penalty",
        "interest",
        "principal",
        "business_date",
        "received_at",
        "public_id",
    )


def list_bids(customer_id: int) -> Rows:
    """Return an investor's bids."""
    return Bid.objects.filter(investor_id=customer_id).values(
        "id",
        "amount",
        "state",
        "placed_at",
        "ended_at",
        "public_id",
        listing_public_id=F("listing__public_id"),
        listing_number=F("listing__number"),
        annual_rate=F("listing__annual_rate"),
        periods=F("listing__periods"),
    )


def list_investments(customer_id: int) -> Rows:
    """Return an investor's claims, one a loan, under the loan's public id."""
    return LenderShare.objects.filter(investor_id=customer_id).values(
        "id",
        "principal",
        "principal_received",
        "interest_received",
        "penalty_received",
        public_id=F("loan__public_id"),
        loan_number=F("loan__number"),
        annual_rate=F("loan__annual_rate"),
        periods=F("loan__periods"),
        method=F("loan__method"),
        state=F("loan__state"),
        start_date=F("loan__start_date"),
        maturity_date=F("loan__maturity_date"),
        dpd=F("loan__standing__dpd"),
        next_due_date=F("loan__standing__next_due_date"),
    )


def get_own_share(customer_id: int, loan_public_id: str) -> LenderShare:
    """Return an investor's claim in a loan. Raises NotFound."""
    share = (
        LenderShare.objects.select_related("loan", "investor")
        .filter(investor_id=customer_id, loan__public_id=loan_public_id)
        .first()
    )
    if share is None:
        raise NotFound
    return share


def list_receipts(share_id: int) -> list[dict[str, Any]]:
    """Return what an investor has received of a loan, newest first, the last hundred."""
    rows = Distribution.objects.filter(share_id=share_id).order_by("-id")[:100]
    return list[Any](
        rows.values(
            "principal",
            "interest",
            "penalty",
            business_date=F("repayment__business_date"),
            received_at=F("repayment__received_at"),
        )
    )


@dataclass(frozen=True, slots=True)
class PlannedReceipt:
    """What an investor receives of one instalment if it is paid in full when due."""

    n: int
    due_date: date
    principal: Decimal
    interest: Decimal
    penalty: Decimal


def plan_receipts(share: LenderShare) -> list[PlannedReceipt]:
    """Return what is still to come of a claim, as the split will divide it."""
    instalments = list_open_instalments([share.loan_id])[share.loan_id]
    positions = list_positions([share.loan_id])[0][share.loan_id]
    payments = [Parts(row.principal_fen, row.interest_fen, row.penalty_fen) for row in instalments]
    planned = []
    for row, parts in zip(instalments, plan_distribution(payments, positions), strict=True):
        mine = next(part.parts for part in parts if part.key == share.pk)
        planned.append(
            PlannedReceipt(
                row.n,
                row.due_date,
                from_fen(mine.principal_fen),
                from_fen(mine.interest_fen),
                from_fen(mine.penalty_fen),
            )
        )
    return planned


def get_contract(loan_id: int) -> Contract:
    """Return a loan's contract without its files. Raises NotFound."""
    contract = Contract.objects.defer("pdf", "signed_pdf").filter(loan_id=loan_id).first()
    if contract is None:
        raise NotFound
    return contract


def read_contract_file(contract_id: int) -> bytes:
    """Return the signed file, or the one to be signed. Raises NotFound where its retention has ended."""
    pdf, signed_pdf = Contract.objects.values_list("pdf", "signed_pdf").get(pk=contract_id)
    if not signed_pdf and not pdf:
        raise NotFound
    return bytes(signed_pdf or pdf)


def sum_in_loans(customer_id: int) -> Decimal:
    """Return the principal that an investor has out in running loans."""
    sums = LenderShare.objects.filter(investor_id=customer_id, loan__state=Loan.State.ACTIVE).aggregate(
        lent=Sum("principal"), received=Sum("principal_received")
    )
    return (sums["lent"] or ZERO) - (sums["received"] or ZERO)
