"""The demo world: some months in the life of a small platform, made by the real operations only.

Every borrower has a plan: what he asks for, how he behaves. Cards of people who pay are debited by the product itself;
people who pay late or never have cards that refuse for a while or for good.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import cycle
from random import Random

from customers.models import Customer
from customers.operations.assignment import assign_rm
from ledger.queries import balance_of
from ledger.rules.accounts import available_account
from lending.models import Application, Listing, Loan, Product
from lending.operations.applications import withdraw_application
from lending.operations.repayments import record_repayment
from lending.operations.settlements import get_settlement_price, settle_early
from risk.operations.reviews import confirm_review, propose_review
from simulation import people
from simulation.facts import Person, make_person
from simulation.staff import hire_everybody
from simulation.workspace import pipeline, script
from simulation.workspace.story import LEAVER, MANAGERS, Story
from simulation.world import World
from staff.models import StaffMember

Report = Callable[[int, int, str], None]
_METHODS = {
    "xinyong-debx": ("equal_instalment", (6, 12, 24), (8000, 60000)),
    "jingying-debj": ("equal_principal", (6, 12, 24), (20000, 120000)),
    "zhouzhuan-xxhb": ("interest_only_bullet", (3, 6), (10000, 80000)),
    "duanqi-ycx": ("bullet", (1, 2, 3), (3000, 30000)),
}
_PURPOSES = [
    ("CONSUMPTION", "购买家用电器"),
    ("RENOVATION", "房屋装修"),
    ("EDUCATION", "职业培训学费"),
    ("WORKING_CAPITAL", "店铺进货周转"),
    ("EQUIPMENT", "更新生产设备"),
    ("MEDICAL", "家人医疗费用"),
]
# What becomes of the applications, in turn: most go well, each other ending is there to be seen.
_BEHAVIOURS = (
    "PAYS",
    "LATE",
    "PAYS",
    "DEFAULTS",
    "PAYS",
    "DECLINED",
    "PAYS",
    "REFERRED",
    "EARLY",
    "LATE",
    "PAYS",
    "FAILS",
    "DEFAULTS",
    "PAYS",
    "WITHDRAWN",
    "PAYS",
)
# Who comes in the last days, so that the present has something open at every step.
_LATECOMERS = ("REFERRED_OPEN", "FILLING", "OFFER_OPEN", "REFERRED_OPEN")
_SHARE_OF_DAYS_JOINED = 0.7
# Who pays in time has something of a coupon; what others pay with stays as it is.
_USING_COUPONS = {"PAYS", "EARLY"}
# Serial number -> days after the present on which the person has a birthday, so that somebody is to be congratulated.
_BIRTHDAYS = {1: 0, 2: 0, 3: 1, 5: 2, 6: 1}


@dataclass
class Borrower:
    """A borrower and how he behaves."""

    customer: Customer
    person: Person
    behaviour: str
    applies_on: date
    loan_id: int | None = None
    refuses_until: date | None = None
    open_listing: Listing | None = None
    fill_on: date | None = None


@dataclass
class Demo:
    """The story in progress."""

    world: World
    days: int
    borrower_count: int
    investor_count: int
    staff: dict[str, StaffMember] = field(default_factory=dict)
    investors: list[Customer] = field(default_factory=list)
    borrowers: list[Borrower] = field(default_factory=list)
    serial: int = 0
    last_day: date = date.max
    story: Story | None = None

    def next_person(self) -> Person:
        """Return somebody new."""
        self.serial += 1
        ahead = _BIRTHDAYS.get(self.serial)
        birthday = self.last_day + timedelta(days=ahead) if ahead is not None else None
        return make_person(self.world.random, self.serial, birthday=birthday)


def build(world: World, *, first_day: date, last_day: date, customers: int, report: Report) -> Demo:
    """Live through the days from the first to the last; the last one stays open as the present business date."""
    demo = Demo(world, (last_day - first_day).days, customers * 3 // 5, customers - customers * 3 // 5)
    demo.staff = hire_everybody()
    demo.last_day = last_day
    demo.story = Story(world, demo.staff, first_day, last_day, Random(world.random.getrandbits(32)), demo.next_person)
    managers = cycle([demo.staff[name] for name in (*MANAGERS, LEAVER)])
    report(0, demo.days, "people join")
    _gather_investors(demo, managers)
    day = first_day
    script.begin(demo.story)
    while True:
        world.begin_day()
        _live(demo, day, first_day, managers)
        script.live_day(demo.story, day)
        world.settle()
        report((day - first_day).days, demo.days, day.isoformat())
        if day >= last_day:
            break
        world.close_day()
        day += timedelta(days=1)
    return demo


def _gather_investors(demo: Demo, managers: Iterator[StaffMember]) -> None:
    world = demo.world
    for number in range(demo.investor_count):
        customer = people.join(
            world, demo.next_person(), monthly_income=world.random.randint(15, 60) * 1000, source="缘故法"
        )
        _assign(demo, customer, managers)
        people.become_investor(world, customer, answers="ddcdcb"[number % 6])
        amount = Decimal(world.random.randint(6, 40) * 10_000)
        people.deposit(world, customer, amount, gateway=("wechat", "alipay")[number % 2], key=f"{customer.pk}:start")
        world.settle()
        demo.investors.append(customer)


def _assign(demo: Demo, customer: Customer, managers: Iterator[StaffMember]) -> None:
    if customer.rm_id is not None:
        # A rule, or the lead he came from, has chosen already.
        return
    rm = next(member for member in managers if member.is_active)
    backup = demo.staff["zhangqiang" if rm != demo.staff["zhangqiang"] else "lijing"]
    manager = demo.staff["xugang"].user
    assign_rm(customer_id=customer.pk, rm=rm, backup=backup, actor=manager, now=demo.world.now, is_forced=True)


def _live(demo: Demo, day: date, first_day: date, managers: Iterator[StaffMember]) -> None:
    """Do everything that people do on one day."""
    early_count = demo.borrower_count - len(_LATECOMERS)
    place = (day - first_day).days
    due = min(int(place * early_count / max(demo.days * _SHARE_OF_DAYS_JOINED, 1)) + 1, early_count)
    while len(demo.borrowers) < due:
        _let_borrower_join(demo, day, managers, _BEHAVIOURS[len(demo.borrowers) % len(_BEHAVIOURS)])
    from_end = demo.days - place
    if from_end < len(_LATECOMERS):
        _let_borrower_join(demo, day, managers, _LATECOMERS[len(_LATECOMERS) - 1 - from_end])
    for borrower in demo.borrowers:
        if borrower.open_listing is not None and borrower.fill_on == day:
            _fill(demo, borrower)
        if borrower.loan_id is not None:
            _behave(demo, borrower, day)
    demo.world.settle()


def _let_borrower_join(demo: Demo, day: date, managers: Iterator[StaffMember], behaviour: str) -> None:
    world, story = demo.world, demo.story
    assert story is not None
    person = story.await_person(day) or demo.next_person()
    income = 26_000 if behaviour.startswith("REFERRED") else world.random.randint(9, 28) * 1000
    reports = {
        "DECLINED": {
            "score": 410,
            "is_overdue_now": True,
            "overdue_count_24_months": 7,
            "max_days_past_due_24_months": 95,
        },
        "REFERRED": {
            "score": 610,
            "overdue_count_24_months": 2,
            "max_days_past_due_24_months": 35,
            "query_count_3_months": 6,
        },
        "DEFAULTS": {"score": 690, "overdue_count_24_months": 1, "max_days_past_due_24_months": 12},
    }
    bureau = people.good_report(
        **reports.get(behaviour.removesuffix("_OPEN"), {"score": world.random.randint(680, 820)})
    )
    world.sandbox.set_profiles({person.identity_number: bureau})
    customer = people.join(
        world,
        person,
        monthly_income=income,
        employment_years=world.random.randint(2, 15),
        source="微信小程序" if len(demo.borrowers) % 3 == 2 else "网络推广",
    )
    _assign(demo, customer, managers)
    pipeline.welcome(story, customer)
    borrower = Borrower(customer, person, behaviour, day)
    demo.borrowers.append(borrower)
    _apply(demo, borrower, income)


def _apply(demo: Demo, borrower: Borrower, income: int) -> None:
    world = demo.world
    code = _choose_product(demo)
    if code is None:
        return
    method, periods, (least, greatest) = _METHODS[code]
    chosen = world.random.choice(periods)
    amount = Decimal(min(world.random.randint(least, greatest), income * max(chosen // 3, 1)) // 1000 * 1000)
    purpose, purpose_text = world.random.choice(_PURPOSES)
    application = people.apply_for(
        world,
        borrower.customer,
        product=Product.objects.get(code=code),
        amount=max(amount, Decimal(5000)),
        periods=chosen,
        method=method,
        purpose=purpose,
        purpose_text=purpose_text,
    )
    if application.state == Application.State.REFERRED and borrower.behaviour != "REFERRED_OPEN":
        application = _review(demo, application)
    if application.state != Application.State.APPROVED:
        return
    if borrower.behaviour == "WITHDRAWN":
        withdraw_application(application_id=application.pk, customer_id=borrower.customer.pk, now=world.now)
        return
    if borrower.behaviour == "OFFER_OPEN":
        return
    if borrower.behaviour in _USING_COUPONS:
        people.use_coupon(world, application)
    borrower.open_listing = people.accept(world, application)
    if borrower.behaviour == "FILLING":
        for investor in demo.investors[:4]:
            if _can_take(investor, borrower.open_listing, Decimal(1000)):
                people.bid(world, borrower.open_listing, investor, Decimal(1000))
    elif borrower.behaviour != "FAILS":
        borrower.fill_on = world.today + timedelta(days=len(demo.borrowers) % 3)
    if borrower.fill_on == world.today:
        _fill(demo, borrower)


def _choose_product(demo: Demo) -> str | None:
    """Return the next product in turn that risk has not paused."""
    open_codes = set(Product.objects.filter(state=Product.State.ACTIVE).values_list("code", flat=True))
    start = len(demo.borrowers) % len(_METHODS)
    in_turn = [*list(_METHODS)[start:], *list(_METHODS)[:start]]
    return next((code for code in in_turn if code in open_codes), None)


def _review(demo: Demo, application: Application) -> Application:
    """Let the risk officer propose and the risk manager confirm."""
    world = demo.world
    review = propose_review(
        application_id=application.pk,
        outcome="APPROVE",
        grade="D",
        approved_amount=application.amount,
        reason_codes=[],
        note="收入与工作稳定，历史逾期已结清",
        actor=demo.staff["zhaomin"].user,
        now=world.now,
    )
    confirm_review(
        review_id=review.pk, note="同意", actor=demo.staff["sunlei"].user, now=world.now, business_date=world.today
    )
    world.settle()
    application.refresh_from_db()
    return application


def _fill(demo: Demo, borrower: Borrower) -> None:
    world, listing = demo.world, borrower.open_listing
    assert listing is not None
    borrower.open_listing = None
    able = [row for row in demo.investors if row.pk != borrower.customer.pk]
    world.random.shuffle(able)
    left = listing.amount
    for investor in able:
        if not left:
            break
        share = min(left, Decimal(world.random.randint(2, 12) * 1000))
        if _can_take(investor, listing, share):
            people.bid(world, listing, investor, share)
            left -= share
    if left:
        return
    loan = people.sign(world, listing)
    borrower.loan_id = loan.pk
    if not loan.product.auto_withdraw:
        people.withdraw(world, borrower.customer, loan.principal, key=f"payout:{loan.pk}")
        world.settle()
    _prepare_card(demo, borrower)


def _can_take(investor: Customer, listing: Listing, share: Decimal) -> bool:
    """Tell whether an investor's tier and money allow the bid, so that the story has no refusals in it."""
    investor.refresh_from_db(fields=["investor_type"])
    tier = int(investor.investor_type[1:] or 0)
    return tier >= listing.risk_grade and balance_of(available_account(investor.pk)) >= share


def _prepare_card(demo: Demo, borrower: Borrower) -> None:
    """Make the card behave as its owner: it pays, refuses for some days after each due date, or refuses for good."""
    if borrower.behaviour in {"LATE", "DEFAULTS"}:
        demo.world.sandbox.set_cards({borrower.person.card_number: {"outcome": "INSUFFICIENT_FUNDS"}})


def _behave(demo: Demo, borrower: Borrower, day: date) -> None:
    world = demo.world
    assert borrower.loan_id is not None
    loan = Loan.objects.select_related("standing").get(pk=borrower.loan_id)
    if loan.state != Loan.State.ACTIVE or loan.start_date is None:
        return
    if borrower.behaviour == "LATE" and loan.standing.dpd >= 6:
        owed = loan.standing.overdue_amount + loan.standing.penalty_outstanding
        people.deposit(world, borrower.customer, owed, key=f"late:{loan.pk}:{day}")
        record_repayment(
            loan_id=loan.pk,
            amount=owed,
            idempotency_key=f"late:{loan.pk}:{day}",
            business_date=world.today,
            now=world.now,
            actor=borrower.customer.user,
        )
    if borrower.behaviour == "EARLY" and (day - loan.start_date).days == 40:
        price = get_settlement_price(loan=loan, business_date=world.today)
        people.deposit(world, borrower.customer, price.total, key=f"early:{loan.pk}")
        settle_early(
            loan_id=loan.pk,
            expected_total=price.total,
            idempotency_key=f"early:{loan.pk}",
            business_date=world.today,
            now=world.now,
            actor=borrower.customer.user,
        )
