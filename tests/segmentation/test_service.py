"""Service packages that plan contacts, what moves a customer, who is won, and the same through the interface."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from core import clock
from core.api.tokens import issue_token
from core.models import User
from customers.models import ContactPlan, Customer, FinancialProfile, Relation
from customers.operations import revisits
from customers.operations.profile import update_profile
from customers.operations.seed_work import seed_work
from lending.models import Application
from segmentation.models import Decline, Labels, LabelStay, Segment, ServicePackage
from segmentation.operations.choices import choose_label
from segmentation.queries import lifecycle
from segmentation.queries.acquisition import list_won
from segmentation.queries.labelling import REASONS
from segmentation.queries.safety import read_safety
from segmentation.queries.service import list_breaches, measure_given
from segmentation.rules.sensitivity import Offer, choose_offers
from staff import rights
from staff.models import Role
from staff.queries import get_access
from tests.segmentation.labelling import label
from tests.segmentation.test_segments import make
from tests.web.conftest import NOW, TODAY, Book, _kept_book, as_user, book, make_customer, make_loan, make_person

__all__ = ["_kept_book", "book"]


def plan() -> list[int]:
    for low, high in revisits.list_partitions(TODAY):
        revisits.plan_revisits(TODAY, low, high, NOW)
    return [row.reason["interval"] for row in ContactPlan.objects.order_by("customer_id")]


def test_a_package_plans_contacts_sooner_than_the_rules(book: Book) -> None:
    seed_work(TODAY, NOW)
    Customer.objects.update(latest_contact_at=NOW - timedelta(days=11), next_promise_at=None)
    label()
    ServicePackage.objects.update(contact_days=20)
    assert plan() == []
    # Who cares for service is contacted twice as often.
    Labels.objects.filter(pk=book.investor.pk).update(sensitivity="SERVICE")
    assert plan() == [10]


@pytest.mark.parametrize(("sensitivity", "is_lent", "shown"), [
    ("", True, []), ("SERVICE", True, []), ("SAFETY", True, [0, 1, 2]), ("SAFETY", False, []),
    ("PRICE", True, [1, 2, 3]), ("PRICE", False, [0, 3]),
])  # fmt: skip
def test_what_moves_a_customer_decides_what_he_is_shown(sensitivity: str, is_lent: bool, shown: list[int]) -> None:
    rates = (
        [(".08", 1), (".09", 1), (".12", 1), (".15", 4)]
        if is_lent
        else [(".08", 0), (".10", 0), (".14", 0), (".09", 0)]
    )
    offers = [Offer(Decimal(rate), grade) for rate, grade in rates]
    found = choose_offers(sensitivity, offers, is_lent=is_lent)
    assert sorted(found) == shown
    assert all(reasons[0]["code"] == sensitivity.lower() for reasons in found.values())


def test_breaches_name_who_and_since_when(book: Book) -> None:
    label()
    access = get_access(book.manager)
    assert access is not None
    package = ServicePackage.objects.get(service_class="ORDINARY")
    late = NOW - timedelta(days=package.contact_days + 1)
    Customer.objects.filter(pk=book.investor.pk).update(latest_contact_at=late, rm=None)
    assert [(row.pk, row.since_at) for row in list_breaches(access, package, "contact", NOW)] == [
        (book.investor.pk, late)
    ]
    assert not list_breaches(access, package, "rm", NOW).exists()
    choose_label(
        customer_id=book.investor.pk, label="sensitivity", value="SERVICE", reason="asks often", until_date=None,
        business_date=TODAY, actor=book.rm, now=NOW,
    )  # fmt: skip
    label()
    assert list_breaches(access, package, "rm", NOW).get().pk == book.investor.pk
    assert sum(given.customers for given in measure_given(access).values()) == 2


def make_reader(book: Book) -> User:
    """Somebody who sees customers and their labels, and nothing of their money."""
    given = [rights.VIEW_CUSTOMERS, rights.VIEW_SEGMENTS]
    Role.objects.create(code="reader", name="reader", scope="ALL", rights=given)
    return make_person("reader", "reader", book.team.department, None)


def test_the_facts_sheet_says_what_stands_behind_the_money(book: Book) -> None:
    before = read_safety(book.investor.pk)
    (lent,) = before.lent
    assert (lent.loans, lent.guaranteed, before.total > 0) == (1, 0, True)
    friend = make_customer(60, "赵担保", book.rm)
    Relation.objects.create(
        customer=friend, other=book.borrower, kind="GUARANTOR", amount="3000.00", source="RM", created_at=NOW
    )
    (lent,) = read_safety(book.investor.pk).lent
    assert (lent.guaranteed, lent.answered_for) == (1, Decimal("3000.00"))
    # Another loan of the same borrower brings no second guarantee.
    make_loan(61, Customer.objects.get(pk=book.borrower.pk), Customer.objects.get(pk=book.investor.pk))
    found = read_safety(book.investor.pk).lent
    assert sum(row.loans for row in found) == 2 and max(row.answered_for for row in found) == Decimal("3000.00")
    address = f"/customers/{book.investor.public_id}/safety/"
    assert "3,000.00" in as_user(book.rm).get(address).content.decode()
    assert as_user(book.other_rm).get(address).status_code == 404
    assert as_user(make_reader(book)).get(address).status_code == 403


def test_income_is_an_attribute_by_its_band_alone(book: Book) -> None:
    given: dict[str, Any] = {
        "monthly_debt_payment": 0, "assets": 0, "liabilities": 0, "other_platform_balance": 0, "address": "", "email": "",
        "occupation": "教师", "employer": "", "is_student": False, "employment_years": 3, "housing": "", "source": "APP",
    }  # fmt: skip
    update_profile(customer_id=book.borrower.pk, monthly_income="12000.00", now=NOW, business_date=TODAY, **given)
    profile = FinancialProfile.objects.filter(customer=book.borrower).latest("pk")
    assert profile.income_band == "10-20"
    label()
    access = get_access(book.manager)
    assert access is not None
    won = list_won(access, trait="income_band", today=TODAY, within_days=30)
    assert {(row.value, row.registered) for row in won} >= {("10-20", 1)}
    page = as_user(book.manager).get("/lifecycle/?trait=income_band").content.decode()
    assert "10-20" in page and "12000" not in page


def test_who_invests_otherwise_than_stated_is_listed(book: Book) -> None:
    Customer.objects.filter(pk=book.investor.pk).update(investor_type="C5", investor_type_expires_date=TODAY)
    label()
    address = "/labels/customers/?flag=preference_mismatch"
    assert address in as_user(book.rm).get("/labels/").content.decode()
    shown = as_user(book.rm).get(address).context["rows"]
    assert [row["customer"].pk for row in shown] == [book.investor.pk]
    assert as_user(book.other_rm).get(address).context["rows"] == []
    assert as_user(book.rm).get("/labels/customers/?flag=clv").status_code == 404


def test_prime_customers_stand_in_the_order_of_their_points(book: Book) -> None:
    for number in (70, 71):
        make_loan(number, make_customer(number, "孙优", book.rm, is_borrower=True), book.investor)
    label()
    Labels.objects.filter(pk=book.investor.pk).update(prime_score=99)
    values = set(Labels.objects.filter(prime__isnull=False).values_list("prime", flat=True))
    for value in values:
        rows = as_user(book.manager).get(f"/labels/customers/?label=prime&value={value}").context["rows"]
        scores = [row["customer"].score for row in rows]
        assert scores == sorted(scores, reverse=True) and all(len(row["parts"]) == 5 for row in rows)


def test_the_panel_says_what_a_label_brings(book: Book) -> None:
    Application.objects.create(
        number="AP-77", customer=book.investor, product=book.loan.product, amount="5000.00", periods=6,
        method="equal_instalment", purpose="CONSUMPTION", declared_at=NOW, project_hash="declined", submitted_at=NOW,
        business_date=TODAY, state="DECLINED", outcome="DECLINE", decided_at=NOW, ended_at=NOW,
        reason_codes=["DEBT_TOO_HIGH"],
    )  # fmt: skip
    Application.objects.filter(number="AP-77").update(decided_at=NOW)
    choose_label(
        customer_id=book.investor.pk, label="sensitivity", value="SAFETY", reason="asks for it", until_date=None,
        business_date=TODAY, actor=book.rm, now=NOW,
    )  # fmt: skip
    label()
    panel = as_user(book.rm).get(f"/customers/{book.investor.public_id}/labels/").content.decode()
    assert f"/customers/{book.investor.public_id}/safety/" in panel
    assert panel.count("define-facts") >= 5 and "2026-1" in panel


def test_who_may_not_read_loans_is_told_neither_of_money_nor_of_declines(book: Book) -> None:
    refused = make_customer(72, "钱遭拒", book.rm)
    Application.objects.create(
        number="AP-78", customer=refused, product=book.loan.product, amount="5000.00", periods=6,
        method="equal_instalment", purpose="CONSUMPTION", declared_at=NOW, project_hash="refused", submitted_at=NOW,
        business_date=TODAY, state="DECLINED", outcome="DECLINE", decided_at=NOW, ended_at=NOW,
        reason_codes=["DEBT_TOO_HIGH"],
    )  # fmt: skip
    choose_label(
        customer_id=refused.pk, label="sensitivity", value="SAFETY", reason="asks for it", until_date=None,
        business_date=TODAY, actor=book.rm, now=NOW,
    )  # fmt: skip
    label()
    stay = LabelStay.objects.filter(customer_id=refused.pk, label="sensitivity")[0]
    stay.pk, stay.label, stay.value, stay.reason = (
        None,
        "non_customer",
        "DECLINED",
        dict.fromkeys(REASONS["non_customer"]),
    )
    stay.save()
    (reason,) = lifecycle.list_decline_reasons(refused.pk)
    address = f"/customers/{refused.public_id}/labels/"
    shown, held = (as_user(who).get(address).content.decode() for who in (book.rm, make_reader(book)))
    assert reason in shown and "/safety/" in shown
    assert "define-facts" in held and reason not in held and "/safety/" not in held


def test_the_interface_says_the_same(book: Book) -> None:
    label()
    segment: Segment = make(book, "借款人", {"all": [{"fact": "borrower", "is": "is", "values": ["yes"]}]})
    Decline.objects.create(customer=book.borrower, role="BORROWER", began_date=TODAY, signs=["LOGIN"])
    wanted = [rights.VIEW_SEGMENTS, rights.EDIT_SEGMENTS]
    token = issue_token(user=book.manager, scopes=wanted, now=clock.now())["token"]
    client = Client(headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"})

    def get(path: str) -> Any:
        answer = client.get(f"/api/v1/staff/{path}")
        assert answer.status_code == 200, (path, answer.content)
        return answer.json()

    base = f"segments/{segment.public_id}/"
    why = get(f"{base}customers/{book.borrower.public_id}/")
    assert (why["is_in"], why["fits"], why["conditions"][0]["holds"]) == (True, True, True)
    assert get(f"{base}customers/{book.investor.public_id}/")["fits"] is False
    assert {row["service_class"] for row in get("service-packages/")} == {"KEY", "IMPORTANT", "ORDINARY"}
    assert get("declines/")["results"][0]["customer_id"] == book.borrower.public_id
    assert len(get("playbooks/")) == 6
    assert get("service-packages/breaches/?service_class=KEY&kind=rm")["results"] == []
    assert client.get("/api/v1/staff/service-packages/breaches/?service_class=X&kind=rm").status_code == 404
    assert client.post(f"/api/v1/staff/{base}archive/").json()["state"] == "ARCHIVED"
    assert client.post(f"/api/v1/staff/{base}restore/").json()["state"] == "ACTIVE"
