"""What customers do, each step by the real operation."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from core.money import yuan
from customers.models import Consent, Customer
from customers.operations import assessment, cards, identity, profile, registration
from customers.rules.assessment import QUESTIONS
from integrations import connect
from ledger.models import PaymentOrder
from ledger.operations.payments import create_deposit, request_withdrawal
from ledger.operations.results import record_payment_result
from lending.models import Application, Contract, Listing, Loan, Product
from lending.operations import applications, bids, contracts, offers
from marketing.operations.redeeming import redeem_coupon
from marketing.queries.saving import list_choices
from simulation.facts import Person
from simulation.world import World

NOTICE_VERSION = "2026-1"


def join(
    world: World,
    person: Person,
    *,
    monthly_income: int,
    source: str = "网络推广",
    employment_years: int = 5,
    other_debt: int = 0,
    with_debit: bool = True,
) -> Customer:
    """Register, identify, tell the finances and bind a card."""
    customer = register(world, person, source=source, with_debit=with_debit)
    world.settle()
    tell_finances(
        world,
        customer,
        person,
        monthly_income=Decimal(monthly_income),
        monthly_debt=Decimal(other_debt),
        employment_years=employment_years,
        housing="OWN" if employment_years > 5 else "RENT",
    )
    world.settle()
    customer.refresh_from_db()
    return customer


def sign_up(world: World, person: Person, *, source: str) -> Customer:
    """Register with phone and code."""
    code = registration.ask_code(phone=person.phone, purpose="REGISTER", now=world.now)
    registration.spend_code(verification_id=code.pk, now=world.now)
    return registration.register_customer(
        phone=person.phone, notice_version=NOTICE_VERSION, source=source, channel="app", now=world.now
    )


def register(world: World, person: Person, *, source: str, with_debit: bool = True) -> Customer:
    """Register, give the consents and ask for the identity check."""
    customer = sign_up(world, person, source=source)
    for purpose in Consent.Purpose:
        if purpose == Consent.Purpose.SOCIAL_DATA or (purpose == Consent.Purpose.AUTO_DEBIT and not with_debit):
            continue
        registration.give_consent(
            customer=customer, purpose=purpose, notice_version=NOTICE_VERSION, channel="app", now=world.now
        )
    identity.ask_identity_check(
        customer_id=customer.pk,
        name=person.name,
        identity_number=person.identity_number,
        now=world.now,
        business_date=world.today,
    )
    return customer


def tell_finances(
    world: World,
    customer: Customer,
    person: Person,
    *,
    monthly_income: Decimal,
    monthly_debt: Decimal,
    employment_years: int,
    housing: str,
) -> None:
    """Tell income, debts and address once identified, and ask for the card to be bound."""
    profile.update_profile(
        customer_id=customer.pk,
        address=person.address,
        email=person.email,
        monthly_income=str(yuan(monthly_income)),
        monthly_debt_payment=yuan(monthly_debt),
        assets=yuan(monthly_income * 20),
        liabilities=yuan(monthly_debt * 12),
        other_platform_balance=Decimal("0.00"),
        occupation=person.occupation,
        employer=person.employer,
        is_student=False,
        employment_years=employment_years,
        housing=housing,
        source="app",
        now=world.now,
        business_date=world.today,
    )
    cards.ask_card(
        customer_id=customer.pk,
        number=person.card_number,
        reserved_phone=person.phone,
        bank_name="示范银行",
        now=world.now,
    )


def become_investor(world: World, customer: Customer, *, answers: str = "d") -> None:
    """Answer the questionnaire, every question alike."""
    assessment.assess_investor(
        customer_id=customer.pk,
        answers=dict.fromkeys(QUESTIONS, answers),
        now=world.now,
        business_date=world.today,
    )


def deposit(world: World, customer: Customer, amount: Decimal, *, gateway: str = "wechat", key: str) -> PaymentOrder:
    """Pay in at a gateway and let the product ask the gateway what became of it."""
    order = create_deposit(
        customer_id=customer.pk,
        amount=amount,
        gateway=gateway,
        authorisation="customer order",
        idempotency_key=f"simulated-deposit:{key}",
        now=world.now,
        business_date=world.today,
    )
    world.settle()
    world.sandbox.pay(gateway, order.number)
    result = connect.payment_gateway(gateway).query_deposit(order_number=order.number)
    record_payment_result(result=result, now=world.now, business_date=world.today)
    return order


def withdraw(world: World, customer: Customer, amount: Decimal, *, key: str) -> PaymentOrder:
    """Take money out to the bound card."""
    card = customer.cards.filter(state="BOUND").get()
    return request_withdrawal(
        customer_id=customer.pk,
        card_id=card.pk,
        amount=amount,
        authorisation="customer order",
        idempotency_key=f"simulated-withdrawal:{key}",
        now=world.now,
        business_date=world.today,
        actor=customer.user,
    )


def good_report(**changes: Any) -> dict[str, Any]:
    """Return what the bureau says about a careful person, with changes."""
    return {
        "has_history": True,
        "score": 760,
        "overdue_count_24_months": 0,
        "max_days_past_due_24_months": 0,
        "is_overdue_now": False,
        "query_count_3_months": 1,
        "open_loan_count": 1,
        "open_loan_balance": "0.00",
        "other_platform_balance": "0.00",
        "monthly_payment": "0.00",
        "card_limit": "50000.00",
        "card_utilisation": "0.15",
        "oldest_account_months": 84,
        "is_blacklisted": False,
    } | changes


def apply_for(
    world: World,
    borrower: Customer,
    *,
    product: Product,
    amount: Decimal,
    periods: int,
    method: str,
    purpose: str = "CONSUMPTION",
    purpose_text: str = "家庭装修",
) -> Application:
    """Apply and wait for the decision."""
    application = submit(
        world,
        borrower,
        product=product,
        amount=amount,
        periods=periods,
        method=method,
        purpose=purpose,
        purpose_text=purpose_text,
    )
    world.settle()
    application.refresh_from_db()
    return application


def submit(
    world: World,
    borrower: Customer,
    *,
    product: Product,
    amount: Decimal,
    periods: int,
    method: str,
    purpose: str,
    purpose_text: str,
) -> Application:
    """Apply; what is decided follows by itself."""
    return applications.submit_application(
        customer_id=borrower.pk,
        product_id=product.pk,
        amount=amount,
        periods=periods,
        method=method,
        purpose=purpose,
        purpose_text=purpose_text,
        other_platform_balance=Decimal("0.00"),
        now=world.now,
        business_date=world.today,
    )


def use_coupon(world: World, application: Application) -> None:
    """Use the coupon that saves most on an approved application, if there is one."""
    choices = list_choices(application, application.offer, business_date=world.today, now=world.now)
    usable = next((one for one in choices if not one.verdict.reasons), None)
    if usable is not None:
        redeem_coupon(
            coupon_id=usable.coupon.pk,
            customer_id=application.customer_id,
            application_id=application.pk,
            actor=None,
            now=world.now,
            business_date=world.today,
        )


def accept(world: World, application: Application) -> Listing:
    """Accept the offer of an approved application."""
    return offers.accept_offer(
        offer_id=application.offer.pk,
        customer_id=application.customer_id,
        disclosure_hash=application.offer.disclosure_hash,
        now=world.now,
        business_date=world.today,
    )


def bid(world: World, listing: Listing, investor: Customer, amount: Decimal, *, key: str = "") -> None:
    """Place one bid."""
    bids.place_bid(
        listing_id=listing.pk,
        investor_id=investor.pk,
        amount=amount,
        risk_notice_version=NOTICE_VERSION,
        idempotency_key=f"simulated-bid:{listing.pk}:{investor.pk}:{key}",
        now=world.now,
        business_date=world.today,
    )


def fill(world: World, listing: Listing, investors: Sequence[Customer], shares: Sequence[Decimal]) -> None:
    """Let investors take the listing in the given shares."""
    for investor, share in zip(investors, shares, strict=True):
        bid(world, listing, investor, share)


def sign(world: World, listing: Listing) -> Loan:
    """Let the borrower sign the contract of a filled listing; sealing and payout follow by themselves."""
    world.settle()
    contract = Contract.objects.only("pk", "pdf_hash").get(loan__listing=listing)
    contracts.declare_borrower_will(
        contract_id=contract.pk,
        customer_id=listing.borrower_id,
        pdf_hash=contract.pdf_hash,
        evidence="simulated SMS code",
        now=world.now,
    )
    world.settle()
    return Loan.objects.get(listing=listing)
