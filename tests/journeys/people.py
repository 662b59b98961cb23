"""Short ways to a world, a customer and a running loan for tests; everything happens by the real operations."""

from datetime import date
from decimal import Decimal
from itertools import count

from core import clock, seeding
from customers.models import Customer
from integrations.sandbox.client import SandboxControl
from lending.models import Application, Loan, Product
from simulation import people
from simulation.facts import Person, make_person
from simulation.world import World

_serial = count(1)


def begin(sandbox: SandboxControl, day: date) -> World:
    """Seed the reference data and begin on a day."""
    world = World(sandbox, clock.at(day, 9))
    world.move_to(world.now)
    seeding.run_seeds(business_date=day, now=world.now)
    return world


def next_day(world: World) -> None:
    """Close the business date and do what the next morning brings."""
    world.close_day()
    world.begin_day()


def new_person(world: World) -> Person:
    """Return somebody whom no other test of this process knows, with a good name at the bureau."""
    person = make_person(world.random, next(_serial))
    world.sandbox.set_profiles({person.identity_number: people.good_report()})
    return person


def make_borrower(world: World, *, with_debit: bool = True) -> Customer:
    """Return an identified customer with a card, a good income and a good report."""
    return people.join(world, new_person(world), monthly_income=30_000, employment_years=8, with_debit=with_debit)


def make_investor(world: World, amount: str) -> Customer:
    """Return a customer who may lend, with money."""
    customer = people.join(world, new_person(world), monthly_income=30_000)
    people.become_investor(world, customer)
    deposit(world, customer, amount)
    return customer


def deposit(world: World, customer: Customer, amount: str) -> None:
    """Pay in through WeChat."""
    people.deposit(world, customer, Decimal(amount), key=f"test-{next(_serial)}")
    world.settle()


def apply_for(world: World, borrower: Customer, *, product: str, amount: str, periods: int, method: str) -> Application:
    """Apply and wait for the decision."""
    return people.apply_for(
        world,
        borrower,
        product=Product.objects.get(code=product),
        amount=Decimal(amount),
        periods=periods,
        method=method,
    )


def make_active_loan(
    world: World,
    *,
    product: str = "xinyong-debx",
    method: str = "equal_instalment",
    amount: str = "10000.00",
    periods: int = 3,
    shares: tuple[str, ...] = ("3300.00", "6700.00"),
    with_debit: bool = True,
) -> Loan:
    """Return a paid-out loan of a new borrower from several new investors; the money has gone on to his card."""
    borrower = make_borrower(world, with_debit=with_debit)
    application = apply_for(world, borrower, product=product, amount=amount, periods=periods, method=method)
    listing = people.accept(world, application)
    for share in shares:
        people.bid(world, listing, make_investor(world, "100000.00"), Decimal(share))
    loan = people.sign(world, listing)
    if not loan.product.auto_withdraw:
        people.withdraw(world, borrower, loan.principal, key=f"payout:{loan.pk}")
        world.settle()
    return loan
