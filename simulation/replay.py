"""A real book of loans, lived through by this house: each loan applies, and whatever is decided goes its way.

Arrivals follow the book's three months. Borrowers behave as the book says: current ones pay on each due date, those
paid off early settle at the same point of their schedule, late ones stop paying where they stopped.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from itertools import accumulate

from core import parameters, seeding
from core.calendar import WorkCalendar
from core.errors import BusinessError
from core.money import ZERO, split_fen
from customers.models import Customer
from ledger.queries import balances_of_customers
from lending.models import Application, Contract, Instalment, Listing, Loan, Product
from lending.operations.contracts import declare_borrower_will
from lending.operations.offers import accept_offer
from lending.operations.products import create_product
from lending.operations.repayments import record_repayment
from lending.operations.settlements import get_settlement_price, settle_early
from risk.operations.reviews import confirm_review, propose_review
from simulation import people
from simulation.facts import make_person
from simulation.lendingclub import METHOD, BookLoan
from simulation.staff import hire_everybody
from simulation.world import World
from staff.models import StaffMember

Report = Callable[[int, int, str], None]
PARAMETER_SET = "lendingclub"
# Above the dearest loan of the book (30.94 %), so that the book's prices can be offered at all.
BOOK_CAP_RATE = Decimal("0.36")
_SOURCE = "replay of the LendingClub book, not lawful today"
_ARRIVAL_MONTHS = 3
_STEP = Decimal(25)
_LENDERS_LEAST, _LENDERS_MOST = 3, 5
_PEOPLE_WITH_ARREARS_PAY_AFTER = {"In Grace Period": 10, "Late (16-30 days)": 25}
_STOPPED = {"Late (31-120 days)", "Charged Off", *_PEOPLE_WITH_ARREARS_PAY_AFTER}
_FULLY_PAID = "Fully Paid"


@dataclass
class Case:
    """One loan of the book on its way."""

    book: BookLoan
    customer: Customer | None = None
    refusal: str = ""
    application_id: int | None = None
    listing_id: int | None = None
    loan_id: int | None = None
    card_number: str = ""


@dataclass
class Replay:
    """The story in progress."""

    world: World
    cases: list[Case]
    staff: dict[str, StaffMember] = field(default_factory=dict)
    investors: list[Customer] = field(default_factory=list)
    planned: dict[date, list[Callable[[], None]]] = field(default_factory=lambda: defaultdict(list))
    serial: int = 0
    refusals: Counter[str] = field(default_factory=Counter)


def prepare(world: World) -> None:
    """Put the book's parameter set beside the legal one: its own cap and exposure limits."""
    start = date(2016, 1, 1)
    seeding.ensure_parameters(
        [
            (f"{PARAMETER_SET}.lending.cap_annual_rate", str(BOOK_CAP_RATE), start, _SOURCE),
            *(
                (f"{PARAMETER_SET}.lending.cap_{reach}_platform{plural}_{who}", "5000000", start, _SOURCE)
                for reach, plural in (("one", ""), ("all", "s"))
                for who in ("person", "company")
            ),
        ]
    )


def run(replay: Replay, *, first_day: date, last_day: date, report: Report) -> None:
    """Live through the days from the first to the last; the last one is closed too."""
    world = replay.world
    replay.staff = hire_everybody()
    prepare(world)
    arrivals = plan_arrivals(replay.cases, first_day, last_day)
    total = (last_day - first_day).days + 1
    _gather_investors(replay)
    report(0, total, f"{len(replay.investors)} investors")
    day = first_day
    while day <= last_day:
        world.begin_day()
        for act in replay.planned.pop(day, []):
            act()
        world.settle()
        if arrivals[day]:
            _receive(replay, arrivals[day])
        world.close_day()
        day += timedelta(days=1)
        report((day - first_day).days, total, (day - timedelta(days=1)).isoformat())


def plan_arrivals(cases: Sequence[Case], first_day: date, last_day: date) -> dict[date, list[Case]]:
    """Spread each of the book's three months over the working days of one third of the first quarter of a year.

    A shorter replay leaves a third of its days to arrivals.
    """
    span = min(91, max((last_day - first_day).days // 3, 1))
    calendar = WorkCalendar()
    workdays = [day for day in (first_day + timedelta(n) for n in range(span)) if calendar.is_workday(day)]
    workdays = workdays or [first_day]
    planned: dict[date, list[Case]] = defaultdict(list)
    for place, case in enumerate(sorted(cases, key=lambda case: (case.book.month, case.book.row))):
        planned[workdays[place * len(workdays) // len(cases)]].append(case)
    return planned


def _gather_investors(replay: Replay) -> None:
    """Let enough of the least cautious investors join and pay in a fifth more than the book asks for."""
    world = replay.world
    count = max(10, min(60, len(replay.cases) // 10))
    wanted = sum((case.book.amount for case in replay.cases), ZERO) * Decimal("1.2") / count
    amount = Decimal(max(int(wanted // 1000 + 1) * 1000, 50_000))
    world.begin_day()
    for number in range(count):
        replay.serial += 1
        customer = people.join(world, make_person(world.random, replay.serial), monthly_income=40_000)
        people.become_investor(world, customer)
        people.deposit(world, customer, amount, gateway=("wechat", "alipay")[number % 2], key=f"{customer.pk}:start")
        replay.investors.append(customer)
    world.settle()


def _receive(replay: Replay, cases: list[Case]) -> None:
    """Take one day's applications from registration to payout, each step for all of them."""
    _join(replay, cases)
    _apply(replay, cases)
    _review(replay)
    _list_and_fill(replay, cases)
    _sign(replay, cases)


def _join(replay: Replay, cases: list[Case]) -> None:
    world = replay.world
    persons = {}
    for case in cases:
        replay.serial += 1
        persons[case.book.row] = make_person(world.random, replay.serial)
        case.card_number = persons[case.book.row].card_number
    world.sandbox.set_profiles({persons[case.book.row].identity_number: case.book.bureau for case in cases})
    for case in cases:
        case.customer = people.register(world, persons[case.book.row], source="网络推广")
    world.settle()
    for case in cases:
        people.tell_finances(
            world,
            _customer(case),
            persons[case.book.row],
            monthly_income=case.book.monthly_income,
            monthly_debt=case.book.monthly_debt,
            employment_years=case.book.employment_years,
            housing=case.book.housing,
        )
    world.settle()


def _customer(case: Case) -> Customer:
    assert case.customer is not None, "he has joined"
    return case.customer


def _loan_id(case: Case) -> int:
    assert case.loan_id is not None, "his loan was paid out"
    return case.loan_id


def _apply(replay: Replay, cases: list[Case]) -> None:
    world = replay.world
    for case in cases:
        product = _price_class(case.book.annual_rate, world)
        with _Refusals(replay, case):
            case.application_id = people.submit(
                world,
                _customer(case),
                product=product,
                amount=case.book.amount,
                periods=case.book.periods,
                method=METHOD,
                purpose=case.book.purpose,
                purpose_text=case.book.purpose_text,
            ).pk
    world.settle()


def _price_class(rate: Decimal, world: World) -> Product:
    """Return the product of one of the book's prices: whoever is approved in it pays that price, whatever his grade."""
    code = f"lc-{rate * 10_000:.0f}"
    known = Product.objects.filter(code=code).first()
    if known is not None:
        return known
    return create_product(
        values={
            "code": code,
            "name": f"LendingClub {rate * 100:.2f} %",
            "name_en": f"LendingClub {rate * 100:.2f} %",
            "parameter_set": PARAMETER_SET,
            "methods": [METHOD],
            "periods_allowed": [36, 60],
            "amount_min": Decimal("1000.00"),
            "amount_max": Decimal("40000.00"),
            "amount_step": _STEP,
            "payment_rounding": "up",
            "due_date_shift": "NONE",
            "bid_min": _STEP,
            "bid_step": _STEP,
            "rate_by_grade": dict.fromkeys("ABCDE", str(rate)),
        },
        actor=None,
        now=world.now,
    )


class _Refusals:
    """Note why the house refuses a step of a case, and go on with the others."""

    def __init__(self, replay: Replay, case: Case) -> None:
        self._replay, self._case = replay, case

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, BusinessError):
            self._case.refusal = error.code
            self._replay.refusals[error.code] += 1
            return True
        return False


def _review(replay: Replay) -> None:
    """Let people look at what was referred: clean payers are approved, the others declined for the rules' reasons."""
    world = replay.world
    waiting = Application.objects.filter(state=Application.State.REFERRED, product__parameter_set=PARAMETER_SET)
    bureau = {case.application_id: case.book.bureau for case in replay.cases if case.application_id}
    for application in waiting.order_by("pk"):
        is_clean = not bureau[application.pk]["max_days_past_due_24_months"]
        review = propose_review(
            application_id=application.pk,
            outcome="APPROVE" if is_clean else "DECLINE",
            grade=application.grade or "E",
            approved_amount=application.amount if is_clean else None,
            reason_codes=[] if is_clean else list(application.reason_codes),
            note="近24个月无逾期" if is_clean else "近24个月有逾期",
            actor=replay.staff["zhaomin"].user,
            now=world.now,
        )
        confirm_review(
            review_id=review.pk,
            note="同意",
            actor=replay.staff["sunlei"].user,
            now=world.now,
            business_date=world.today,
        )
    world.settle()


def _list_and_fill(replay: Replay, cases: list[Case]) -> None:
    world = replay.world
    approved = Application.objects.filter(
        pk__in=[case.application_id for case in cases if case.application_id], state=Application.State.APPROVED
    ).select_related("offer")
    offers = {application.pk: application.offer for application in approved}
    money = {pk: row.available for pk, row in balances_of_customers([row.pk for row in replay.investors]).items()}
    for case in cases:
        offer = offers.get(case.application_id or 0)
        if offer is None:
            continue
        with _Refusals(replay, case):
            listing = accept_offer(
                offer_id=offer.pk,
                customer_id=_customer(case).pk,
                disclosure_hash=offer.disclosure_hash,
                now=world.now,
                business_date=world.today,
            )
            case.listing_id = listing.pk
            _fill(replay, case, listing, money)
    world.settle()


def _fill(replay: Replay, case: Case, listing: Listing, money: dict[int, Decimal]) -> None:
    """Divide a listing among three to five investors at random; who has too little lets it pass."""
    world = replay.world
    count = world.random.randint(_LENDERS_LEAST, _LENDERS_MOST)
    weights = [world.random.randint(1, 6) for _share in range(count)]
    steps = int(listing.amount / _STEP)
    shares = [1 + extra for extra in split_fen(steps - count, weights)]
    able = world.random.sample(replay.investors, len(replay.investors))
    for share in shares:
        amount = share * _STEP
        investor = next((row for row in able if money[row.pk] >= amount), None)
        if investor is None:
            return
        able.remove(investor)
        people.bid(world, listing, investor, amount.quantize(ZERO), key=str(case.book.row))
        money[investor.pk] -= amount


def _sign(replay: Replay, cases: list[Case]) -> None:
    world = replay.world
    by_listing = {case.listing_id: case for case in cases if case.listing_id}
    contracts = Contract.objects.filter(loan__listing__in=by_listing, state=Contract.State.SIGNING)
    rows = contracts.order_by("pk").values_list("pk", "pdf_hash", "loan__borrower_id", "loan_id", "loan__listing_id")
    for contract_id, pdf_hash, borrower_id, loan_id, listing_id in rows:
        by_listing[listing_id].loan_id = loan_id
        declare_borrower_will(
            contract_id=contract_id,
            customer_id=borrower_id,
            pdf_hash=pdf_hash,
            evidence="simulated SMS code",
            now=world.now,
        )
    world.settle()
    paid_out = Loan.objects.filter(pk__in=[case.loan_id for case in cases if case.loan_id], state=Loan.State.ACTIVE)
    running = set(paid_out.values_list("pk", flat=True))
    for case in cases:
        if case.loan_id in running and (case.book.status in _STOPPED or case.book.status == _FULLY_PAID):
            _plan_behaviour(replay, case)


def _plan_behaviour(replay: Replay, case: Case) -> None:
    """Plan the day on which the borrower leaves his schedule, at the instalment where the book says he did."""
    rows = list(Instalment.objects.filter(loan_id=_loan_id(case)).order_by("n"))
    if case.book.status == _FULLY_PAID:
        paid = count_periods([row.interest for row in rows], case.book.paid_interest)
        replay.planned[rows[max(paid, 1) - 1].due_date + timedelta(days=1)].append(partial(_settle, replay, case))
        return
    paid = count_periods([row.principal for row in rows], case.book.paid_principal)
    due = rows[min(paid, len(rows) - 1)].due_date
    replay.planned[due - timedelta(days=1)].append(partial(_stop_paying, replay, case))
    late_days = _PEOPLE_WITH_ARREARS_PAY_AFTER.get(case.book.status)
    if late_days is not None:
        replay.planned[due + timedelta(days=late_days)].append(partial(_pay_late, replay, case))


def count_periods(parts: Iterable[Decimal], paid: Decimal) -> int:
    """Return how many whole instalments a paid sum covers, a yuan of rounding aside: 984.14 covers two of 488 + 494."""
    return sum(total <= paid + 1 for total in accumulate(parts))


def _settle(replay: Replay, case: Case) -> None:
    world, customer = replay.world, _customer(case)
    loan = Loan.objects.get(pk=_loan_id(case))
    if loan.state != Loan.State.ACTIVE:
        return
    price = get_settlement_price(loan=loan, business_date=world.today)
    _bring_money(world, customer, price.total, key=f"settle:{loan.pk}")
    settle_early(
        loan_id=loan.pk,
        expected_total=price.total,
        idempotency_key=f"replay-settle:{loan.pk}",
        business_date=world.today,
        now=world.now,
        actor=customer.user,
    )


def _stop_paying(replay: Replay, case: Case) -> None:
    """Spend what is left of the loan; from now on the card has nothing either."""
    world, customer = replay.world, _customer(case)
    available = balances_of_customers([customer.pk])[customer.pk].available
    if available:
        people.withdraw(world, customer, available, key=f"stop:{case.loan_id}")
    world.sandbox.set_cards({case.card_number: {"outcome": "INSUFFICIENT_FUNDS"}})


def _pay_late(replay: Replay, case: Case) -> None:
    """Pay what is overdue; from now on the card pays again."""
    world, customer = replay.world, _customer(case)
    loan = Loan.objects.select_related("standing").get(pk=_loan_id(case))
    owed = loan.standing.overdue_amount + loan.standing.penalty_outstanding
    if loan.state != Loan.State.ACTIVE or not owed:
        return
    world.sandbox.set_cards({case.card_number: {"outcome": ""}})
    _bring_money(world, customer, owed, key=f"late:{loan.pk}")
    record_repayment(
        loan_id=loan.pk,
        amount=owed,
        idempotency_key=f"replay-late:{loan.pk}",
        business_date=world.today,
        now=world.now,
        actor=customer.user,
    )


def _bring_money(world: World, customer: Customer, wanted: Decimal, *, key: str) -> None:
    lacking = wanted - balances_of_customers([customer.pk])[customer.pk].available
    if lacking > ZERO:
        people.deposit(world, customer, lacking, key=key)


def get_legal_cap(on: date) -> Decimal:
    """Return four times the one-year LPR in force on a date (2020 解释 art. 25)."""
    return parameters.get_decimal("lending.cap_lpr_multiple", on=on) * parameters.get_decimal("lending.lpr_1y", on=on)
