"""Entering a customer by hand: the form, the answer while typing, what is refused."""

import re

import pytest
from django.test import Client

from core.models import AuditEntry
from customers.models import Customer, Lead, OwnerChange
from customers.operations.conflicts import DAILY_LIMIT
from tests.pictures import list_changes, take_picture
from tests.web.conftest import NOW, Book, as_user

PERSON = {"name": "司马懿", "phone": "13700001111", "role": "borrower", "likes": "下棋"}
# Who logs in, and the answer's own session.
LOGIN = {"core_user", "django_session"}


def enter(client: Client, **fields: str) -> tuple[int, str]:
    answer = client.post("/customers/new/", {**PERSON, **fields})
    return answer.status_code, answer.content.decode()


def test_an_rm_enters_a_customer_who_is_his_own(book: Book) -> None:
    client = as_user(book.rm)
    answer = client.post("/customers/new/", PERSON)
    customer = Customer.objects.get(name="司马懿")
    assert answer["Location"] == f"/customers/{customer.public_id}/"
    assert customer.rm == book.rm.staff_member and customer.is_borrower and customer.source == "RM"
    assert customer.likes == "下棋" and customer.owned_since is not None
    assert OwnerChange.objects.get(customer=customer).reason == "ASSIGNED"
    assert AuditEntry.objects.filter(action="customers.taken_in", actor=book.rm).count() == 1
    assert "司马懿" in client.get("/customers/").content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"phone": ""}, "phone"),
        ({"phone": "123"}, "phone"),
        ({"name": ""}, "name"),
        ({"identity_number": "110101199001010000"}, "identity_number"),
        ({"email": "nobody"}, "email"),
        ({"birth_date": "2999-01-01"}, "birth_date"),
    ],
)
def test_what_the_rules_of_the_intake_refuse_stands_at_its_field(book: Book, given: dict[str, str], said: str) -> None:
    client = as_user(book.rm)
    before = take_picture()
    status, html = enter(client, **given)
    assert status == 422
    field = re.search(rf'<input[^>]*id="id_{said}"[^>]*>', html)
    assert field is not None and "aria-invalid" in field[0]
    assert set(list_changes(before)) <= LOGIN


def test_somebody_known_by_phone_is_not_entered_twice(book: Book) -> None:
    Customer.objects.filter(pk=book.borrower.pk).update(rm=book.other_rm.staff_member)
    enter(as_user(book.rm))
    client = as_user(book.other_rm)
    before = take_picture()
    status, html = enter(client, name="司马昭")
    assert status == 422 and "is a customer already" in html
    assert set(list_changes(before)) <= LOGIN


def test_a_namesake_is_entered_only_as_another_person(book: Book) -> None:
    client = as_user(book.rm)
    before = take_picture()
    status, html = enter(client, name="王小明")
    assert status == 422 and "Somebody like this person is a customer already." in html
    assert set(list_changes(before)) <= LOGIN
    assert enter(client, name="王小明", is_another="on")[0] == 302
    assert Customer.objects.filter(name="王小明").count() == 2


def test_an_open_lead_is_won_instead(book: Book) -> None:
    client = as_user(book.other_rm)
    client.post(
        "/leads/new/?method=CONSULTATION",
        {"role": "BORROWER", "name": "司马懿", "phone": PERSON["phone"], "enquiry": "利率", "enquiry_channel": "电话"},
    )
    assert Lead.objects.count() == 1
    mine = as_user(book.rm)
    before = take_picture()
    status, html = enter(mine, is_another="on")
    assert status == 422 and "There is an open lead with this phone" in html and book.other_rm.display_name in html
    assert set(list_changes(before)) <= LOGIN


def test_while_typing_conflicts_and_own_likes_are_told(book: Book) -> None:
    Customer.objects.filter(pk=book.borrower.pk).update(birth_date="1990-05-17")
    rm, other = as_user(book.rm), as_user(book.other_rm)
    typed = {"name": "王晓明", "birth_date": "1990-05-17"}
    answer = rm.post("/customers/new/check/", typed).content.decode()
    assert "Perhaps the same person" in answer and f"/customers/{book.borrower.public_id}/" in answer
    assert "born on the same day" in answer and "names sound the same" in answer
    outside = other.post("/customers/new/check/", typed).content.decode()
    assert "Perhaps the same person" not in outside and book.borrower.public_id not in outside
    namesake = other.post("/customers/new/check/", {"name": "王小明"}).content.decode()
    assert "same name only" in namesake and book.rm.display_name in namesake
    assert book.borrower.public_id not in namesake and "138" not in namesake
    assert AuditEntry.objects.filter(action="customers.conflict_checked").count() == 3
    assert rm.post("/customers/new/check/", {"name": "王"}).content == b""
    assert AuditEntry.objects.filter(action="customers.conflict_checked").count() == 3


def test_who_asks_too_often_is_told_nothing(book: Book) -> None:
    client = as_user(book.rm)
    asked = {"actor": book.rm, "action": "customers.conflict_checked", "at": NOW}
    AuditEntry.objects.bulk_create([AuditEntry(**asked) for _time in range(DAILY_LIMIT)])
    answer = client.post("/customers/new/check/", {"name": "王小明"})
    assert answer.status_code == 429 and "You have asked" in answer.content.decode()
    assert "same name only" not in answer.content.decode()


def test_the_page_is_reached_from_list_palette_and_today(book: Book) -> None:
    rm, officer = as_user(book.rm), as_user(book.officer)
    assert 'href="/customers/new/"' in rm.get("/customers/").content.decode()
    assert 'href="/customers/new/"' not in officer.get("/customers/").content.decode()
    assert "/customers/new/" in rm.get("/palette/?q=new+cust").content.decode()
    assert "/customers/new/" not in officer.get("/palette/?q=new+cust").content.decode()
    assert officer.post("/customers/new/", PERSON).status_code == 403
    assert officer.post("/customers/new/check/", PERSON).status_code == 403
    assert not Customer.objects.filter(name="司马懿").exists()


FIRM = {
    "name": "顺达物流有限公司",
    "identity_number": "91110108MA01KPQW2H",
    "legal_representative": "司马懿",
    "contact_person": "司马昭",
    "phone": "13700002222",
    "role": "investor",
}


def test_a_company_is_entered_with_its_own_facts(book: Book) -> None:
    client = as_user(book.rm)
    page = client.get("/customers/new/?kind=company").content.decode()
    assert 'name="legal_representative"' in page and 'name="birth_date"' not in page
    answer = client.post("/customers/new/?kind=company", FIRM)
    firm = Customer.objects.get(name=FIRM["name"])
    assert answer["Location"] == f"/customers/{firm.public_id}/"
    assert (firm.kind, firm.rm, firm.is_investor) == ("COMPANY", book.rm.staff_member, True)
    assert firm.custom == {"legal_representative": "司马懿", "contact_person": "司马昭"}
    record = client.get(f"/customers/{firm.public_id}/").content.decode()
    assert "Legal representative" in record and "司马昭" in record and "Born" not in record
    assert FIRM["identity_number"] not in record
    profile = client.get(f"/customers/{firm.public_id}/profile/").content.decode()
    assert "unified social credit code" in profile and "birth date" not in profile
    assert client.get(f"/customers/{firm.public_id}/profile/birth_date/").status_code == 404
    asked = client.post("/customers/new/check/?kind=company", FIRM).content.decode()
    assert book.rm.display_name in asked and f"/customers/{firm.public_id}/" in asked
    before = take_picture()
    again = client.post("/customers/new/?kind=company", {**FIRM, "is_another": "on"})
    assert again.status_code == 422 and "Another customer has this already" in again.content.decode()
    namesake = {**FIRM, "identity_number": "91310105MA3FC5X80K", "phone": "13700003333"}
    assert client.post("/customers/new/?kind=company", namesake).status_code == 422
    assert set(list_changes(before)) <= LOGIN


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"identity_number": "91110108MA01KPQW2A"}, "identity_number"),
        ({"phone": "1"}, "phone"),
        ({"name": "无"}, "name"),
    ],
)
def test_what_is_no_company_is_refused_at_its_field(book: Book, given: dict[str, str], said: str) -> None:
    client = as_user(book.rm)
    before = take_picture()
    answer = client.post("/customers/new/?kind=company", {**FIRM, **given})
    field = re.search(rf'<input[^>]*id="id_{said}"[^>]*>', answer.content.decode())
    assert answer.status_code == 422 and field is not None and "aria-invalid" in field[0]
    assert set(list_changes(before)) <= LOGIN
