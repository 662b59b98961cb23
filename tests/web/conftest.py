"""A small book as rows, and people of each role who look at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import management
from django.test import Client
from playwright.sync_api import Page, expect

from core import clock, seeding
from core.models import BusinessDate, User
from customers.models import Customer, WorkItem
from customers.operations import history
from customers.rules.names import build_name_keys
from lending.models import Application, LenderShare, Listing, Loan, LoanState
from messaging.models import Message, Template
from risk.models import Alert
from segmentation.operations.attributes import refresh_attributes
from service.models import CollectionCase
from staff.models import Department, Role, StaffMember, Team
from staff.operations import create_department
from tests.fixtures import borrowers
from tests.fixtures.borrowers import LoanPlan
from tests.fixtures.browser import browser, page

__all__ = ["browser", "page"]

from tests.fixtures.kept import Kept

TODAY = date(2026, 3, 2)
NOW = clock.at(TODAY, 10)
PASSWORD = "a-long-password-1"


@dataclass
class Book:
    """What the pages show."""

    team: Team
    rm: User
    other_rm: User
    lead: User
    officer: User
    manager: User
    checker: User
    customer_user: User
    borrower: Customer
    investor: Customer
    application: Application
    referred: Application
    listing: Listing
    loan: Loan
    alert: Alert
    case: CollectionCase
    message: Message
    work: WorkItem


def make_person(role: str, username: str, department: Department, team: Team | None) -> User:
    """A member of staff with one standard role and a password."""
    user = User.objects.create(username=username, kind=User.Kind.STAFF, display_name=username)
    user.set_password(PASSWORD)
    user.save()
    member = StaffMember.objects.create(user=user, department=department, team=team)
    member.roles.add(Role.objects.get(code=role))
    return user


def make_customer(number: int, name: str, rm: User, **fields: object) -> Customer:
    """A customer with search grams."""
    keys = build_name_keys(name)
    return Customer.objects.create(
        number=f"C-{number}",
        name=name,
        name_key=keys.sort_key,
        search_grams=list(keys.grams),
        status=Customer.Status.IDENTIFIED,
        identity_number=f"{number:018d}",
        identity_index=f"identity-{number}",
        phone="13800138000",
        phone_index=f"phone-{number}",
        phone_tail_index="tail",
        address="北京市朝阳区建国路1号",
        rm=rm.staff_member,
        registered_at=NOW - timedelta(days=number),
        **fields,
    )


def make_loan(number: int, borrower: Customer, investor: Customer, *, dpd: int = 0) -> Loan:
    """A running loan of three instalments with one lender; the first one is unpaid when it is late."""
    plan = LoanPlan(
        start_date=TODAY - timedelta(days=31 + dpd),
        first_due_date=TODAY - timedelta(days=dpd),
        method="equal_instalment",
        annual_rate=Decimal("0.12"),
        principal=Decimal("3000.00"),
        periods=3,
        interest=Decimal("20.00"),
        dpd=dpd,
        bucket="M1" if dpd else "M0",
    )
    loan = borrowers.make_loan(borrower, plan, now=NOW, number=number)
    LoanState.objects.filter(loan=loan).update(
        overdue_amount=Decimal("1020.00") if dpd else Decimal(0),
        oldest_unpaid_due_date=plan.first_due_date if dpd else None,
        next_due_date=TODAY + timedelta(days=10),
        next_due_amount=Decimal("1020.00"),
    )
    LenderShare.objects.create(loan=loan, investor=investor, principal=plan.principal)
    return loan


@pytest.fixture(scope="module")
def _kept_book(kept: Kept) -> Book | None:
    return kept.build(build_book)


@pytest.fixture
def book(kept: Kept, _kept_book: Book | None, db: None) -> Iterator[Book]:
    """The book on a Monday morning."""
    with clock.use_clock(NOW):
        yield kept.start(_kept_book, build_book)


@pytest.fixture
def live_book(transactional_db: None) -> Iterator[Book]:
    """The book as a live server's own threads see it; they run on the real clock."""
    with clock.use_clock(NOW):
        built = build_book()
    yield built
    management.call_command("clearsessions")


def build_book() -> Book:
    """Seed the house and write the rows."""
    BusinessDate.objects.all().delete()
    seeding.run_seeds(business_date=TODAY, now=NOW)
    BusinessDate.objects.update_or_create(pk=1, defaults={"value": TODAY})
    place = create_department(name="客户关系部", kind="RELATIONSHIP")
    team, other_team = (Team.objects.create(name=name, department=place) for name in ("一组", "二组"))
    people = {
        "rm": make_person("rm", "lijing", place, team),
        "other_rm": make_person("rm", "zhangqiang", place, other_team),
        "lead": make_person("team-lead", "chen", place, team),
        "officer": make_person("risk-officer", "wang", place, None),
        "checker": make_person("risk-manager", "liu", place, None),
        "manager": make_person("manager", "zhou", place, None),
    }
    rm = people["rm"]
    borrower = make_customer(1, "王小明", rm, is_borrower=True)
    investor = make_customer(2, "欧阳娜娜", rm, is_investor=True)
    customer_user = User.objects.create(username="customer", kind=User.Kind.CUSTOMER)
    customer_user.set_password(PASSWORD)
    customer_user.save()
    Customer.objects.filter(pk=borrower.pk).update(user=customer_user)
    loan = make_loan(1, borrower, investor, dpd=5)
    referred = Application.objects.create(
        number="AP-9",
        customer=borrower,
        product=loan.product,
        amount=Decimal("5000.00"),
        periods=6,
        method="equal_instalment",
        purpose="CONSUMPTION",
        declared_at=NOW,
        project_hash="referred",
        state=Application.State.REFERRED,
        submitted_at=NOW,
        business_date=TODAY,
        grade="C",
    )
    history.add_timeline(
        customer_id=borrower.pk, kind="change", text_code="customers.registered", params={}, at=NOW, key="t1"
    )
    history.raise_work(
        group=WorkItem.Group.RISK,
        kind="risk.overdue",
        reason_code="risk.loan_overdue",
        params={"number": loan.number, "amount": "1020.00"},
        key="w1",
        now=NOW,
        customer_id=borrower.pk,
        due_at=NOW - timedelta(hours=2),
        url=f"/loans/{loan.public_id}/",
    )
    built = Book(
        **people,
        team=team,
        customer_user=customer_user,
        borrower=borrower,
        investor=investor,
        application=loan.listing.application,
        referred=referred,
        listing=loan.listing,
        loan=loan,
        alert=Alert.objects.create(
            kind=Alert.Kind.LOAN,
            key="loan:1",
            loan=loan,
            customer=borrower,
            severity="HIGH",
            reason_code="risk.loan_in_bucket",
            params={"number": loan.number, "dpd": 5, "bucket": "M1", "amount": "1020.00"},
            raised_at=NOW,
            business_date=TODAY,
        ),
        case=CollectionCase.objects.create(
            loan=loan,
            customer=borrower,
            stage=CollectionCase.Stage.REMIND,
            bucket="M1",
            dpd=5,
            overdue_amount=Decimal("1020.00"),
            assignee=rm.staff_member,
            opened_at=NOW,
            opened_date=TODAY,
        ),
        message=Message.objects.create(
            customer=borrower,
            template=Template.objects.filter(kind="NOTICE").first() or Template.objects.first(),
            channel="SMS",
            kind="NOTICE",
            text="您好",
            dedup_key="m1",
            created_at=NOW,
            send_after=NOW,
        ),
        work=WorkItem.objects.get(key="w1"),
    )
    refresh_attributes(customer_ids=None, business_date=TODAY, now=NOW)
    return built


def log_in(page: Page, server: str, username: str, language: str = "en") -> None:
    """Log somebody in through the form of a live server."""
    page.goto(f"{server}/login/")
    other = page.locator(f'button[name="language"][value="{language}"]')
    if other.count():
        other.click()
    page.locator("#id_username").fill(username)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("form.stack button").click()
    expect(page.locator(".page-title h1")).to_be_visible()


def as_user(user: User) -> Client:
    """A browser in which somebody is logged in."""
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def moment(days: int) -> datetime:
    """An instant some days from the Monday."""
    return NOW + timedelta(days=days)
