"""Running loans for tests of what happens to them; how a loan comes about is the journeys' subject."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count

from core import clock
from core.models import BusinessDate
from customers.models import Consent, Customer
from ledger.operations import open_accounts
from lending.models import Application, Instalment, LenderShare, Listing, Loan, LoanState, Product
from tests.lending.operations.markets import DAY, D, pay_in

_serial = count(1)


def set_business_date(day: date) -> None:
    """Let the day be the business date."""
    BusinessDate.objects.filter(pk=1).delete()
    BusinessDate.objects.create(pk=1, value=day)


def make_person(balance: str = "0.00") -> Customer:
    """A customer with accounts and money."""
    now = clock.at(DAY, 9)
    customer = Customer.objects.create(number=f"CB-{next(_serial)}", registered_at=now)
    open_accounts(customer_ids=[customer.pk], now=now)
    pay_in(customer, balance)
    return customer


def make_running_loan(
    *,
    balance: str = "0.00",
    lent: Sequence[str] = ("1000.00", "2000.00"),
    periods: int = 3,
    interest: str = "15.01",
    fee: str = "0.00",
    first_due: date = DAY + timedelta(days=30),
    penalty_daily_rate: str = "0.000300",
    cap_rate: str = "0.120000",
    auto_debit: bool = True,
) -> Loan:
    """A loan of so many equal parts of principal, a month of thirty days apart, from so many lenders."""
    now = clock.at(DAY, 9)
    number = next(_serial)
    principal = sum(map(D, lent), D("0.00"))
    borrower = make_person(balance)
    if auto_debit:
        Consent.objects.create(
            customer=borrower, purpose="AUTO_DEBIT", notice_version="1", channel="api", given_at=now, evidence_hash=""
        )
    product, _made = Product.objects.get_or_create(
        code="books",
        defaults={
            "name": "账",
            "methods": ["equal_principal"],
            "periods_allowed": [3],
            "amount_min": 100,
            "amount_max": 100000,
        },
    )
    terms = {"product": product, "periods": periods, "method": "equal_principal", "annual_rate": D("0.060000")}
    application = Application.objects.create(
        **terms,
        number=f"BA-{number}",
        customer=borrower,
        amount=principal,
        purpose="OTHER",
        declared_at=now,
        project_hash=str(number),
        state=Application.State.ACCEPTED,
        submitted_at=now,
        business_date=DAY,
    )
    listing = Listing.objects.create(
        **terms,
        number=f"BL-{number}",
        application=application,
        borrower=borrower,
        title="账",
        amount=principal,
        funded=principal,
        grade="B",
        risk_grade=2,
        state=Listing.State.PAID_OUT,
        opened_at=now,
        deadline_date=DAY,
    )
    loan = Loan.objects.create(
        **terms,
        number=f"BN-{number}",
        listing=listing,
        borrower=borrower,
        principal=principal,
        period_unit="30_days",
        day_count="30/360",
        rounding="HALF_UP",
        payment_step=D("0.01"),
        payment_rounding="nearest",
        due_date_shift="NONE",
        allocation_order=["FEE", "PENALTY", "INTEREST", "PRINCIPAL"],
        penalty_daily_rate=D(penalty_daily_rate),
        cap_rate=D(cap_rate),
        state=Loan.State.ACTIVE,
        created_at=now,
        contract_date=DAY,
        paid_out_at=now,
        start_date=DAY,
        maturity_date=first_due + timedelta(days=30 * (periods - 1)),
    )
    part = (principal / periods).quantize(D("0.01"))
    parts = [part] * (periods - 1) + [principal - part * (periods - 1)]
    Instalment.objects.bulk_create(
        Instalment(
            loan=loan,
            n=n,
            due_date=first_due + timedelta(days=30 * (n - 1)),
            nominal_due_date=first_due + timedelta(days=30 * (n - 1)),
            principal=amount,
            interest=D(interest),
            fee=D(fee),
            balance_after=principal - sum(parts[:n]),
        )
        for n, amount in enumerate(parts, 1)
    )
    LenderShare.objects.bulk_create(
        LenderShare(loan=loan, investor=make_person(), principal=D(amount)) for amount in lent
    )
    LoanState.objects.create(
        loan=loan,
        principal_outstanding=principal,
        interest_outstanding=D(interest) * periods,
        fees_outstanding=D(fee) * periods,
        oldest_unpaid_due_date=first_due,
        next_due_date=first_due,
        next_due_amount=parts[0] + D(interest) + D(fee),
        as_of_date=DAY,
    )
    return loan
