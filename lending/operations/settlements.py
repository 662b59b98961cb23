"""Early settlement: the price on one day, and paying it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError, NotFound
from core.models import User
from core.money import Rounding, from_fen, to_fen
from lending.models import Instalment, Loan, Repayment
from lending.operations.repayments import KeyUsedForOther, LoanNotRunning, RepaymentDraft, post_repayments
from lending.queries.positions import lock_loans
from lending.rules.allocation import UnpaidPart, list_parts
from lending.rules.settlement import PaidAhead, RunningPeriod, SettlementQuote, SettlementTerms, quote_settlement
from lending.rules.terms import DayCount


class PriceChanged(BusinessError):
    """The price on this business date is not the one the borrower saw."""

    code = "settlement_price_changed"
    message = _("The settlement price today is %(total)s yuan.")
    next_step = _("Look at the new price and confirm it.")


@dataclass(frozen=True)
class SettlementPrice:
    """What ends a loan on a date, in yuan; interest is below zero when more was paid ahead than the days used cost."""

    on: date
    total: Decimal
    principal: Decimal
    interest: Decimal
    penalty: Decimal
    fee: Decimal
    saved: Decimal


def get_settlement_price(*, loan: Loan, business_date: date) -> SettlementPrice:
    """Return the price of settling a running loan on a date. Raises LoanNotRunning."""
    quoted, _rows = _quote(loan, business_date)
    parts = {component.value: from_fen(fen) for component, fen in quoted.by_component().items()}
    return SettlementPrice(
        on=business_date,
        total=from_fen(quoted.total_fen),
        principal=parts["PRINCIPAL"],
        interest=parts["INTEREST"],
        penalty=parts["PENALTY"],
        fee=parts["FEE"],
        saved=from_fen(quoted.saved_fen),
    )


@transaction.atomic
def settle_early(
    *,
    loan_id: int,
    expected_total: Decimal,
    idempotency_key: str,
    business_date: date,
    now: datetime,
    actor: User | None,
) -> Repayment:
    """End a loan at the day's price; the same key settles once.

    Raises NotFound, LoanNotRunning, PriceChanged, InsufficientFunds, KeyUsedForOther.
    """
    if loan_id not in lock_loans([loan_id]):
        raise NotFound
    # Read after the lock, so that a double click gets the first one's answer.
    known = Repayment.objects.filter(idempotency_key=idempotency_key).first()
    if known is not None:
        asked = (loan_id, Repayment.Kind.SETTLEMENT, expected_total)
        if (known.loan_id, known.kind, known.amount) != asked:
            raise KeyUsedForOther
        return known
    loan = Loan.objects.get(pk=loan_id)
    quoted, rows = _quote(loan, business_date)
    if from_fen(quoted.total_fen) != expected_total:
        raise PriceChanged(total=from_fen(quoted.total_fen))
    ids = {row.n: row.pk for row in rows}
    first_open = min(row.n for row in rows if row.paid_at is None)
    draft = RepaymentDraft(
        loan_id=loan_id,
        idempotency_key=idempotency_key,
        kind=Repayment.Kind.SETTLEMENT,
        waived=tuple((ids[waiver.n], waiver.interest_fen, waiver.fee_fen) for waiver in quoted.waivers),
        credited=tuple((ids[credit.n], credit.interest_fen) for credit in quoted.credits),
        added_fee=(ids[first_open], quoted.settlement_fee_fen) if quoted.settlement_fee_fen else None,
    )
    return post_repayments([draft], business_date=business_date, now=now, actor=actor)[0]


def _quote(loan: Loan, business_date: date) -> tuple[SettlementQuote, list[Instalment]]:
    if loan.state != Loan.State.ACTIVE:
        raise LoanNotRunning
    rows = list(Instalment.objects.filter(loan=loan).order_by("n"))
    terms = SettlementTerms(
        annual_rate=loan.annual_rate,
        day_count=DayCount(loan.day_count),
        rounding=Rounding(loan.rounding),
        fee_rate=loan.early_settlement_fee_rate,
        # The fee stands in the offer's cost table and in the contract.
        is_fee_disclosed=True,
    )
    quoted = quote_settlement(
        on=business_date,
        unpaid=_unpaid(rows),
        running=_running(loan, rows, business_date),
        terms=terms,
        paid_ahead=[
            PaidAhead(row.n, to_fen(row.interest_paid))
            for row in rows
            if row.due_date > business_date and row.interest_paid
        ],
    )
    return quoted, rows


def _unpaid(rows: list[Instalment]) -> list[UnpaidPart]:
    return [
        part
        for row in rows
        if row.paid_at is None
        for part in list_parts(
            row.n,
            row.due_date,
            fee_fen=to_fen(row.fee - row.fee_waived - row.fee_paid),
            penalty_fen=to_fen(row.penalty - row.penalty_paid),
            interest_fen=to_fen(row.interest - row.interest_waived - row.interest_paid),
            principal_fen=to_fen(row.principal - row.principal_paid),
        )
    ]


def _running(loan: Loan, rows: list[Instalment], on: date) -> RunningPeriod | None:
    """Return the period in which the date falls; None when every instalment is due.

    Rows that ask for nothing (a bullet's earlier months, full grace) belong to the period of the row that does.
    """
    assert loan.start_date is not None
    rows = [row for row in rows if row.principal + row.interest]
    current = next((row for row in rows if row.due_date > on), None)
    if current is None:
        return None
    before = [row for row in rows if row.n < current.n]
    start = before[-1].due_date if before else loan.start_date
    principal = before[-1].balance_after if before else loan.principal
    return RunningPeriod(
        start_date=start,
        due_date=current.due_date,
        principal_fen=to_fen(principal),
        interest_fen=to_fen(current.interest),
    )
