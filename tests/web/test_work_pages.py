"""Leads, opportunities, calendar, funnel and the RM's panels over HTTP, by scope."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from core.models import AuditEntry, User
from customers.models import Contact, ContactPlan, Customer, CustomerCost, Lead, Need, Note, Opportunity, Promise
from customers.operations import diary, leads, opportunities
from customers.operations.leads import LeadIntake
from tests.web.conftest import NOW, Book, as_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(book: Book) -> Lead:
    return leads.take_in_lead(
        intake=LeadIntake(
            method="CONSULTATION", role="BORROWER", name="赵子龙", phone="13700000001", origin={"enquiry": "利率"}
        ),
        owner_id=book.rm.staff_member.pk,
        actor=book.rm,
        now=NOW,
    )


@pytest.fixture
def opportunity(book: Book) -> Opportunity:
    return opportunities.open_opportunity(
        customer_id=book.borrower.pk,
        role="BORROWER",
        title="装修贷",
        amount=Decimal("50000.00"),
        actor=book.rm,
        now=NOW,
    )


def get(user: User, url: str) -> str:
    answer = as_user(user).get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()


@pytest.mark.parametrize("tab", ["needs", "diary", "value"])
def test_panels_open_for_those_in_scope_only(book: Book, tab: str) -> None:
    url = f"/customers/{book.borrower.public_id}/{tab}/"
    get(book.rm, url)
    get(book.rm, f"/customers/{book.borrower.public_id}/?tab={tab}")
    assert as_user(book.other_rm).get(url).status_code == 404
    assert as_user(book.customer_user).get(url).status_code == 403
    assert Client().get(url).status_code == 302


def test_a_lead_is_seen_by_its_owner_and_his_lead_with_its_phone_masked(book: Book, lead: Lead) -> None:
    url = f"/leads/{lead.public_id}/"
    for user in (book.rm, book.lead, book.manager):
        for page in (get(user, url), get(user, "/leads/")):
            assert "赵子龙" in page
            assert "13700000001" not in page
    assert as_user(book.other_rm).get(url).status_code == 404
    assert "赵子龙" not in get(book.other_rm, "/leads/")
    assert as_user(book.officer).get(url).status_code == 403
    shown = as_user(book.rm).post(f"{url}reveal/", {"reason": "回电"})
    assert shown.status_code in {422, 200}
    shown = as_user(book.rm).post(f"{url}reveal/", {"reason": "calling him back"})
    assert "13700000001" in shown.content.decode()
    assert AuditEntry.objects.filter(action="customers.unmasked.lead_phone", is_sensitive_read=True).exists()


@pytest.mark.parametrize("method", ["ACQUAINTANCE", "CHAIN", "SMS", "EXHIBITION"])
def test_each_method_asks_for_its_own(book: Book, method: str) -> None:
    page = get(book.rm, f"/leads/new/?method={method}")
    assert 'name="phone"' in page
    answer = as_user(book.rm).post(f"/leads/new/?method={method}", {"role": "BORROWER", "name": "赵"})
    assert answer.status_code == 422
    assert Lead.objects.count() == 0


def test_a_lead_is_taken_in_answered_and_won(book: Book) -> None:
    client = as_user(book.rm)
    answer = client.post(
        "/leads/new/?method=INTRODUCTION",
        {
            "role": "INVESTOR",
            "name": "周瑜",
            "phone": "13700000009",
            "introduced_how": "聚会",
            "introducer": book.investor.number,
            "amount": "20000",
            "percent": "7.5",
        },
    )
    assert answer.status_code == 302, answer.content.decode()[:3000]
    row = Lead.objects.get()
    assert (row.owner, row.introducer) == (book.rm.staff_member, book.investor)
    assert Need.objects.get().annual_rate == Decimal("0.075")
    url = answer["Location"]
    client.post(f"{url}answer/", {"channel": "CALL", "result": "REACHED", "note": "好"})
    client.post(f"{url}qualify/")
    client.post(f"{url}convert/")
    row.refresh_from_db()
    assert row.state == "CONVERTED"
    assert row.customer is not None
    assert row.customer.rm == book.rm.staff_member
    get(book.rm, url)
    get(book.rm, f"/customers/{row.customer.public_id}/?tab=diary")


def test_the_same_phone_twice_says_so_on_the_form(book: Book, lead: Lead) -> None:
    answer = as_user(book.rm).post(
        "/leads/new/?method=CONSULTATION",
        {"role": "BORROWER", "name": "x", "phone": "13700000001", "enquiry": "x"},
    )
    assert answer.status_code == 422
    assert "works on this person already" in answer.content.decode()
    assert Lead.objects.count() == 1


@pytest.mark.parametrize("act", ["answer", "need", "qualify", "convert", "lose", "assign"])
def test_acts_on_leads_out_of_scope_are_refused(book: Book, lead: Lead, act: str) -> None:
    before = AuditEntry.objects.count()
    url = f"/leads/{lead.public_id}/{act}/"
    assert as_user(book.other_rm).post(url).status_code == 404
    assert as_user(book.officer).post(url).status_code == 403
    assert as_user(book.customer_user).post(url).status_code == 403
    assert Client().post(url).status_code == 302
    assert AuditEntry.objects.count() == before


def test_a_lead_goes_to_a_colleague_in_reach_only(book: Book, lead: Lead) -> None:
    url = f"/leads/{lead.public_id}/assign/"
    as_user(book.lead).post(url, {"member": book.other_rm.staff_member.pk})
    lead.refresh_from_db()
    assert lead.owner == book.rm.staff_member
    as_user(book.manager).post(url, {"member": book.other_rm.staff_member.pk})
    lead.refresh_from_db()
    assert lead.owner == book.other_rm.staff_member


POSTS: dict[str, dict[str, Any]] = {
    "needs/add/": {"role": "BORROWER", "amount": "1000", "text": "x"},
    "opportunities/add/": {"role": "BORROWER", "title": "x", "amount": "1000"},
    "costs/add/": {"kind": "gift", "amount": "10", "key": "k"},
    "notes/add/": {"kind": "FEEDBACK", "text": "满意"},
    "promises/add/": {"text": "回电", "due_at": "2027-01-01T10:00"},
    "plans/add/": {"channel": "CALL", "purpose": "回访", "planned_at": "2027-01-01T10:00"},
    "contact/": {"channel": "VISIT", "note": "x", "minutes": "30", "place": "店里"},
}
MODELS = (Need, Opportunity, CustomerCost, Note, Promise, ContactPlan, Contact)


@pytest.mark.parametrize(("path", "model"), zip(POSTS, MODELS, strict=True))
def test_what_is_entered_stands_with_the_customer(book: Book, path: str, model: Any) -> None:
    url = f"/customers/{book.borrower.public_id}/{path}"
    for user, code in ((book.other_rm, 404), (book.officer, 403), (book.customer_user, 403)):
        assert as_user(user).post(url, POSTS[path]).status_code == code
    as_user(book.rm).post(url, {})
    assert not model.objects.exists()
    assert as_user(book.rm).post(url, POSTS[path]).status_code == 302
    assert model.objects.filter(customer=book.borrower).exists()
    for tab in ("needs", "diary", "value"):
        get(book.rm, f"/customers/{book.borrower.public_id}/{tab}/")


def test_small_acts_are_done_by_those_in_scope(book: Book) -> None:
    common: dict[str, Any] = {"customer_id": book.borrower.pk, "actor": book.rm, "now": NOW}
    promise = diary.make_promise(text="x", due_at=NOW + timedelta(days=1), **common)
    plan = diary.plan_contact(channel="CALL", purpose="x", planned_at=NOW + timedelta(hours=1), **common)
    note = diary.add_note(text="x", **common)
    urls = [f"/promises/{promise.public_id}/kept/", f"/plans/{plan.public_id}/drop/", f"/notes/{note.public_id}/pin/"]
    for url in urls:
        assert as_user(book.other_rm).post(url).status_code == 404
        assert as_user(book.officer).post(url).status_code == 403
        assert as_user(book.rm).post(url).status_code == 302
    for row in (promise, plan, note):
        row.refresh_from_db()
    assert (promise.state, plan.state, note.is_pinned) == ("KEPT", "DROPPED", True)


def test_the_board_moves_a_card_with_undo(book: Book, opportunity: Opportunity) -> None:
    assert "装修贷" in get(book.rm, "/opportunities/")
    assert "装修贷" in get(book.rm, "/opportunities/?view=list&stage=NEED")
    assert "装修贷" not in get(book.other_rm, "/opportunities/")
    url = f"/opportunities/{opportunity.public_id}/stage/"
    assert as_user(book.other_rm).post(url, {"stage": "WON"}).status_code == 404
    assert as_user(book.rm).post(url, {"stage": "LOST"}).status_code == 422
    opportunity.refresh_from_db()
    assert opportunity.stage == "NEED"
    answer = as_user(book.rm).post(url, {"stage": "WON", "version": "1"}, HTTP_HX_REQUEST="true")
    assert '"undo"' in answer["HX-Trigger"]
    assert as_user(book.rm).post(url, {"stage": "NEED", "version": "1"}).status_code == 409


@pytest.mark.parametrize(
    "url",
    [
        "/calendar/",
        "/calendar/?span=month",
        "/calendar/?who=team&day=2026-02-28",
        "/calendar/?day=nonsense",
        "/leads/funnel/",
        "/leads/funnel/?since=2026-01-01&until=2025-01-01",
        "/leads/stopped/",
        "/leads/research/",
        "/leads/?view=all&state=NEW&q=13700000001",
        "/",
    ],
)
def test_pages_open(book: Book, lead: Lead, url: str) -> None:
    for user in (book.rm, book.lead, book.manager):
        get(user, url)
    assert Client().get(url).status_code == 302
    assert as_user(book.customer_user).get(url).status_code == 403


def test_today_says_why_now(book: Book, lead: Lead) -> None:
    Customer.objects.filter(pk=book.investor.pk).update(birth_date=NOW.date().replace(year=1990, day=4))
    ContactPlan.objects.create(
        customer=book.borrower,
        member=book.rm.staff_member,
        channel="CALL",
        purpose="了解近况",
        planned_at=NOW,
        is_by_rule=True,
        created_at=NOW,
        reason={
            "code": "customers.revisit_due",
            "value_tier": "HIGH",
            "stage": "MATURE",
            "interval": 14,
            "since": 16,
            "weekday": "D1",
            "hours": "10–11",
        },
    )
    page = get(book.rm, "/")
    assert "high value, mature: every 14 days, last contact 16 days ago, best Tue 10–11" in page
    assert "Birthday on 03-04" in page
    assert "first response by 03-02 12:00" in page
    other = get(book.other_rm, "/")
    assert "赵子龙" not in other
    assert "王小明" not in other


def test_the_calendar_hides_what_is_out_of_scope(book: Book) -> None:
    diary.plan_contact(
        customer_id=book.borrower.pk,
        channel="CALL",
        purpose="续借",
        planned_at=NOW + timedelta(days=1),
        actor=book.rm,
        now=NOW,
    )
    assert "王小明" in get(book.rm, "/calendar/")
    assert "王小明" in get(book.lead, "/calendar/?who=team")
    assert "王小明" not in get(book.other_rm, "/calendar/?who=team")


def test_the_funnel_shows_how_promises_are_kept(book: Book) -> None:
    promise = diary.make_promise(
        customer_id=book.borrower.pk, text="回电", due_at=NOW + timedelta(hours=1), actor=book.rm, now=NOW
    )
    diary.close_promise(promise_id=promise.pk, is_kept=True, actor=book.rm, now=NOW)
    assert "Promises kept" in get(book.lead, "/leads/funnel/")
    assert "Promises kept" not in get(book.other_rm, "/leads/funnel/")


def test_a_finding_is_kept(book: Book) -> None:
    answer = as_user(book.rm).post("/leads/research/", {"kind": "MARKET", "title": "利率下行", "text": "LPR 下调"})
    assert answer.status_code == 302
    assert "利率下行" in get(book.other_rm, "/leads/research/?kind=MARKET")
    assert as_user(book.officer).get("/leads/research/").status_code == 403
