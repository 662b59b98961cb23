"""Borrowers, investors, listings and signed loans on their way by the real operations, for tests of each step."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from core import clock
from customers.models import Customer
from customers.operations.assessment import assess_investor
from customers.rules.assessment import QUESTIONS
from ledger.models import TransferType
from ledger.operations import open_accounts, post_transfer
from ledger.rules.accounts import CUSTODY, available_account
from lending.models import Application, Contract, Listing, Loan, Offer, Product
from lending.operations import contracts, loans, offers, payout
from lending.operations.bids import PlacedBid, place_bid
from lending.operations.decisions import Decided, record_decisions
from lending.queries.bids import sum_by_investor
from lending.queries.terms import Quoter
from tests.fixtures import borrowers

D = Decimal
DAY = date(2026, 3, 2)
NOTICE = "2026-1"
METHODS = [
    ("xinyong-debx", "equal_instalment", 3),
    ("jingying-debj", "equal_principal", 6),
    ("zhouzhuan-xxhb", "interest_only_bullet", 3),
    ("duanqi-ycx", "bullet", 2),
]
_serial = count(1)


def at(day: date = DAY, hour: int = 10) -> datetime:
    """Return an instant of a day."""
    return clock.at(day, hour)


def make_borrower(balance: str = "0.00") -> Customer:
    """Return somebody who may borrow, with accounts and money."""
    customer = borrowers.make_borrower(now=at())
    open_accounts(customer_ids=[customer.pk], now=at())
    pay_in(customer, balance)
    return customer


def make_investor(balance: str = "0.00", *, answers: str = "d") -> Customer:
    """Return somebody who may lend, with accounts and money; each question is answered alike."""
    customer = make_borrower(balance)
    assess_investor(customer_id=customer.pk, answers=dict.fromkeys(QUESTIONS, answers), now=at(), business_date=DAY)
    customer.refresh_from_db()
    return customer


def pay_in(customer: Customer, amount: str, *, on: date = DAY) -> None:
    """Put money on a customer's account."""
    if D(amount):
        post_transfer(
            type=TransferType.DEPOSIT,
            lines=[(CUSTODY, -D(amount)), (available_account(customer.pk), D(amount))],
            idempotency_key=f"market:{next(_serial)}",
            business_date=on,
            now=at(on),
            actor=None,
        )


def apply_for(
    borrower: Customer, *, product: str = "xinyong-debx", amount: str = "10000.00", periods: int = 3
) -> Application:
    """Submit an application."""
    return borrowers.make_application(
        borrower,
        now=at(),
        business_date=DAY,
        amount=amount,
        periods=periods,
        product=Product.objects.get(code=product),
    )


def approve(application: Application, *, grade: str = "B") -> Offer:
    """Approve an application as it was asked for and return the offer."""
    decided = Decided(
        outcome="APPROVE",
        grade=grade,
        score=700,
        annual_rate=D(application.product.rate_by_grade[grade]),
        approved_amount=application.amount,
        reason_codes=[],
        rule_version="test",
    )
    with transaction.atomic():
        locked = Application.objects.select_for_update().get(pk=application.pk)
        record_decisions([(locked, decided)], Quoter(), actor=None, now=at(), business_date=DAY)
    return Offer.objects.get(application=application)


def accept(offer: Offer, **changes: Any) -> Listing:
    """Accept an offer as its borrower; `changes` replace what he says."""
    given = {
        "offer_id": offer.pk,
        "customer_id": offer.application.customer_id,
        "disclosure_hash": offer.disclosure_hash,
        "now": at(),
        "business_date": DAY,
    }
    return offers.accept_offer(**{**given, **changes})


def make_listing(*, grade: str = "B", borrower: Customer | None = None, **terms: Any) -> Listing:
    """Return an open listing."""
    return accept(approve(apply_for(borrower or make_borrower(), **terms), grade=grade))


def bid(listing: Listing, investor: Customer, lent: str, **changes: Any) -> PlacedBid:
    """Place a bid; `changes` replace what the investor says."""
    given = {
        "listing_id": listing.pk,
        "investor_id": investor.pk,
        "amount": D(lent),
        "risk_notice_version": NOTICE,
        "idempotency_key": f"market-bid:{next(_serial)}",
        "now": at(),
        "business_date": DAY,
    }
    return place_bid(**{**given, **changes})


def fill(listing: Listing, shares: Sequence[str]) -> Loan:
    """Fill a listing by new investors with exactly these shares, and make the loan of it."""
    for share in shares:
        bid(listing, make_investor(share), share)
    return loans.create_loan(listing_id=listing.pk, now=at(), business_date=DAY)


def draw(loan: Loan) -> Contract:
    """Print the contract."""
    return contracts.draw_contract(loan_id=loan.pk, now=at())


def sign(contract: Contract) -> Contract:
    """Let the borrower agree and record the seals; what a seal looks like inside is not these tests' subject."""
    contracts.declare_borrower_will(
        contract_id=contract.pk,
        customer_id=contract.loan.borrower_id,
        pdf_hash=contract.pdf_hash,
        evidence="SMS code",
        now=at(),
    )
    serials = {row.customer_id: f"S{row.pk}" for row in contract.signatures.all()}
    return contracts.record_signed(contract_id=contract.pk, signed_pdf=bytes(contract.pdf), serials=serials, now=at())


def make_signed_loan(shares: Sequence[str] = ("4000.00", "6000.00"), **terms: Any) -> Loan:
    """Return a loan signed by all, not yet paid out."""
    amount = str(sum(map(D, shares), D("0.00")))
    loan = fill(make_listing(amount=amount, **terms), shares)
    sign(draw(loan))
    return Loan.objects.get(pk=loan.pk)


def pay_out(loan: Loan, *, on: date = DAY) -> Loan:
    """Ask for the payout and record it as executed."""
    payout.ask_payout(loan_id=loan.pk, now=at(on))
    return payout.record_payout(
        loan_id=loan.pk, custody_reference=payout.payout_key(loan), now=at(on), business_date=on
    )


def make_running_loan(shares: Sequence[str] = ("4000.00", "6000.00"), **terms: Any) -> Loan:
    """Return a loan that was paid out on the day."""
    return pay_out(make_signed_loan(shares, **terms))


def lent_by(loan: Loan) -> dict[int, Decimal]:
    """Return what each investor lent."""
    return sum_by_investor(loan.listing.bids.all())
