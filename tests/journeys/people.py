"""People who go through the real operations, driven by an in-process outbox."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count

from core import clock, outbox, seeding
from core.close import close_through
from customers.models import BankCard, Consent, Customer
from customers.operations import assessment, cards, identity, profile, registration
from customers.rules.identity import citizen_check_digit
from integrations import connect
from integrations.sandbox.client import SandboxControl
from ledger.models import PaymentOrder
from ledger.operations.payments import create_deposit
from ledger.operations.results import record_payment_result
from lending.models import Application, Contract, Listing, Loan, Product
from lending.operations import applications, bids, contracts, offers

_serial = count(1)
CAREFUL = dict.fromkeys(
    (
        "age",
        "income",
        "savings_share",
        "experience_years",
        "products_known",
        "horizon",
        "goal",
        "loss_tolerance",
        "reaction_to_loss",
    ),
    "d",
)


@dataclass
class World:
    """A simulated day at a real sandbox."""

    sandbox: SandboxControl
    now: datetime

    @property
    def today(self) -> date:
        """The business date."""
        return clock.business_date()

    def at(self, instant: datetime) -> None:
        """Move the wall clock of both sides."""
        self.now = instant
        self.sandbox.set_clock(instant)

    def settle(self) -> None:
        """Deliver everything that waits."""
        with clock.use_clock(self.now):
            outbox.drain()

    def close_day(self) -> None:
        """Close the business date at half past eleven and begin the next day at nine."""
        day = self.today
        self.at(clock.at(day, 23, 30))
        with clock.use_clock(self.now):
            close_through(through=day)
            outbox.drain()
        self.at(clock.at(day + timedelta(days=1), 9))
        self.settle()


def begin(sandbox: SandboxControl, day: date) -> World:
    """Seed the reference data and begin on a day."""
    world = World(sandbox, clock.at(day, 9))
    sandbox.set_clock(world.now)
    seeding.run_seeds(business_date=day, now=world.now)
    return world


def citizen_number(serial: int, born: date = date(1990, 5, 17)) -> str:
    """A valid number of a person who does not exist."""
    first = f"110105{born:%Y%m%d}{serial % 1000:03d}"
    return first + citizen_check_digit(first)


def card_number(serial: int) -> str:
    """A card number with a right Luhn digit."""
    body = f"621700{serial:09d}"
    digits = [int(digit) for digit in reversed(body)]
    total = sum(digits[1::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[::2])
    return f"{body}{-total % 10}"


def make_customer(world: World, name: str = "王小明", income: str = "30000.00") -> Customer:
    """Register, identify, profile and bind a card."""
    serial = next(_serial)
    phone = f"138{serial:08d}"
    row = registration.ask_code(phone=phone, purpose="REGISTER", now=world.now)
    code = row.code
    registration.use_code(phone=phone, purpose="REGISTER", code=code, now=world.now)
    customer = registration.register_customer(
        phone=phone, notice_version="2026-1", source="test", channel="api", now=world.now
    )
    for purpose in Consent.Purpose:
        registration.give_consent(
            customer=customer, purpose=purpose, notice_version="2026-1", channel="api", now=world.now
        )
    identity.ask_identity_check(
        customer_id=customer.pk,
        name=name,
        identity_number=citizen_number(serial),
        now=world.now,
        business_date=world.today,
    )
    world.settle()
    profile.update_profile(
        customer_id=customer.pk,
        address="北京市朝阳区建国路1号",
        email="",
        monthly_income=income,
        monthly_debt_payment=Decimal("0.00"),
        assets=Decimal("500000.00"),
        liabilities=Decimal("0.00"),
        other_platform_balance=Decimal("0.00"),
        occupation="工程师",
        employer="示范公司",
        is_student=False,
        employment_years=8,
        housing="OWN",
        source="api",
        now=world.now,
        business_date=world.today,
    )
    cards.ask_card(
        customer_id=customer.pk, number=card_number(serial), reserved_phone=phone, bank_name="示范银行", now=world.now
    )
    world.settle()
    customer.refresh_from_db()
    assert customer.status == Customer.Status.IDENTIFIED
    assert BankCard.objects.get(customer=customer).state == BankCard.State.BOUND
    return customer


def deposit(world: World, customer: Customer, amount: str) -> PaymentOrder:
    """Pay in through WeChat and take the gateway's answer."""
    order = create_deposit(
        customer_id=customer.pk,
        amount=Decimal(amount),
        gateway="wechat",
        authorisation="customer order",
        idempotency_key=f"deposit-{next(_serial)}",
        now=world.now,
        business_date=world.today,
    )
    world.settle()
    order.refresh_from_db()
    world.sandbox.pay("wechat", order.number)
    result = connect.payment_gateway("wechat").query_deposit(order_number=order.number)
    record_payment_result(result=result, now=world.now, business_date=world.today)
    world.settle()
    order.refresh_from_db()
    return order


def make_investor(world: World, amount: str, name: str = "李投资") -> Customer:
    """A customer who may lend, with money."""
    customer = make_customer(world, name)
    assessment.assess_investor(customer_id=customer.pk, answers=CAREFUL, now=world.now, business_date=world.today)
    deposit(world, customer, amount)
    return customer


def give_good_report(world: World, customer: Customer) -> None:
    """Let the bureau know only good things about somebody."""
    world.sandbox.set_profiles(
        {
            customer.identity_number: {
                "has_history": True,
                "score": 780,
                "overdue_count_24_months": 0,
                "max_days_past_due_24_months": 0,
                "is_overdue_now": False,
                "query_count_3_months": 1,
                "open_loan_count": 1,
                "open_loan_balance": "0.00",
                "other_platform_balance": "0.00",
                "monthly_payment": "500.00",
                "card_limit": "50000.00",
                "card_utilisation": "0.10",
                "oldest_account_months": 96,
                "is_blacklisted": False,
            }
        }
    )


def apply_for(
    world: World, borrower: Customer, *, product: str, amount: str, periods: int, method: str
) -> Application:
    """Apply and wait for the decision."""
    application = applications.submit_application(
        customer_id=borrower.pk,
        product_id=Product.objects.get(code=product).pk,
        amount=Decimal(amount),
        periods=periods,
        method=method,
        purpose="CONSUMPTION",
        purpose_text="家庭装修",
        other_platform_balance=Decimal("0.00"),
        now=world.now,
        business_date=world.today,
    )
    world.settle()
    application.refresh_from_db()
    return application


def accept(world: World, application: Application) -> Listing:
    """Accept the offer of an approved application."""
    offer = application.offer
    return offers.accept_offer(
        offer_id=offer.pk,
        customer_id=application.customer_id,
        disclosure_hash=offer.disclosure_hash,
        now=world.now,
        business_date=world.today,
    )


def bid(world: World, listing: Listing, investor: Customer, amount: str) -> None:
    """Place one bid."""
    bids.place_bid(
        listing_id=listing.pk,
        investor_id=investor.pk,
        amount=Decimal(amount),
        risk_notice_version="2026-1",
        idempotency_key=f"bid-{next(_serial)}",
        now=world.now,
        business_date=world.today,
    )


def sign(world: World, listing: Listing) -> Loan:
    """Let the borrower sign the contract of a filled listing, and have it paid out."""
    world.settle()
    contract = Contract.objects.get(loan__listing=listing)
    contracts.declare_borrower_will(
        contract_id=contract.pk,
        customer_id=listing.borrower_id,
        pdf_hash=contract.pdf_hash,
        evidence="sms code",
        now=world.now,
    )
    world.settle()
    return Loan.objects.get(listing=listing)


def make_active_loan(
    world: World,
    *,
    product: str = "xinyong-debx",
    method: str = "equal_instalment",
    amount: str = "10000.00",
    periods: int = 3,
    shares: tuple[str, ...] = ("3300.00", "6700.00"),
) -> Loan:
    """A borrower with a paid-out loan from several investors."""
    borrower = make_customer(world, "王小明")
    give_good_report(world, borrower)
    application = apply_for(world, borrower, product=product, amount=amount, periods=periods, method=method)
    listing = accept(world, application)
    for place, share in enumerate(shares):
        bid(world, listing, make_investor(world, "100000.00", f"李投资{'一二三四五六七八九'[place % 9]}"), share)
    return sign(world, listing)
