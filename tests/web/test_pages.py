"""What pages show and do."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from core import clock
from core.models import AuditEntry
from customers.models import Customer, TimelineEntry, WorkItem
from customers.operations import history
from lending.models import Application, Loan
from risk.models import Alert, Review
from service.models import CollectionContact
from staff.models import StaffMember
from tests.pictures import list_changes, take_picture
from tests.web.conftest import NOW, PASSWORD, TODAY, Book, as_user, make_customer, make_loan

MANY = 50


def grow(book: Book) -> None:
    """Let the book grow to fifty of everything."""
    for number in range(10, 10 + MANY):
        borrower = make_customer(number, "李雷", book.rm, is_borrower=True)
        make_loan(number, borrower, book.investor, dpd=number % 3)


@pytest.mark.parametrize(
    ("url", "most"),
    [
        ("/", 26),
        ("/customers/", 16),
        ("/customers/?q=li&sort=name&overdue=on", 16),
        ("/loans/", 16),
        ("/loans/?overdue=on&sort=-overdue", 16),
        ("/listings/", 14),
        ("/applications/", 14),
        ("/collections/", 12),
        ("/messages/", 12),
        ("/palette/?q=li", 12),
        ("/analytics/", 45),
    ],
)
def test_lists_take_as_many_queries_for_fifty_rows_as_for_one(
    book: Book, url: str, most: int, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client = as_user(book.rm)
    with django_assert_max_num_queries(most):
        client.get(url)
    grow(book)
    with django_assert_max_num_queries(most):
        assert client.get(url).status_code == 200


def test_the_customer_page_takes_a_bounded_number_of_queries(
    book: Book, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(MANY):
        make_loan(100 + number, book.borrower, book.investor, dpd=number % 2)
        TimelineEntry.objects.create(
            customer=book.borrower, at=NOW, kind="contact", text_code="customers.contact.CALL", key=f"many{number}"
        )
    page = f"/customers/{book.borrower.public_id}/"
    client = as_user(book.rm)
    for url in (page, f"{page}loans/", f"{page}money/", f"{page}risk/"):
        with django_assert_max_num_queries(20):
            assert client.get(url).status_code == 200


def test_a_list_is_paged_by_key_both_ways(book: Book) -> None:
    grow(book)
    client = as_user(book.rm)

    def numbers(html: str) -> list[str]:
        return re.findall(r'class="row-link" href="[^"]+">(LN-\d+)<', html)

    def link(html: str, cursor: int) -> str:
        found = re.findall(r'href="(\?[^"]*cursor=[^"]+)"', html)
        return found[cursor].replace("&amp;", "&")

    first = client.get("/loans/?sort=-principal").content.decode()
    second = client.get(f"/loans/{link(first, -1)}").content.decode()
    seen = numbers(first) + numbers(second)
    assert len(seen) == len(set(seen)) == MANY + 1
    back = client.get(f"/loans/{link(second, 0)}").content.decode()
    assert numbers(back) == numbers(first)
    assert numbers(client.get("/loans/?cursor=nonsense").content.decode())


def test_a_search_finds_by_fragment_pinyin_and_number(book: Book) -> None:
    client = as_user(book.rm)
    for text in ("小明", "wangxiao", "wxm", "C-1"):
        html = client.get("/customers/", {"q": text}).content.decode()
        assert "王小明" in html, text
        assert "欧阳娜娜" not in html, text


def test_filters_narrow_the_list(book: Book) -> None:
    client = as_user(book.rm)
    assert "欧阳娜娜" not in client.get("/customers/?overdue=on").content.decode()
    assert "王小明" not in client.get("/customers/?role=investor").content.decode()
    assert "LN-1" in client.get("/loans/?late_from=5").content.decode()
    assert "LN-1" not in client.get("/loans/?late_from=6").content.decode()


def test_an_export_is_masked_and_leaves_a_trace(book: Book) -> None:
    answer = as_user(book.rm).post("/customers/export/?role=borrower")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "王**" in text and "138****8000" in text
    assert "王小明" not in text and "13800138000" not in text and "欧阳" not in text
    trace = AuditEntry.objects.get(action="customers.exported")
    assert trace.is_sensitive_read and trace.data["rows"] == 1


def test_a_masked_field_needs_a_reason_and_leaves_a_trace(book: Book) -> None:
    url = f"/customers/{book.borrower.public_id}/reveal/phone/"
    client = as_user(book.rm)
    assert "13800138000" not in client.get(f"/customers/{book.borrower.public_id}/").content.decode()
    assert client.post(url, {"reason": ""}).status_code == 422
    assert not AuditEntry.objects.filter(is_sensitive_read=True).exists()
    answer = client.post(url, {"reason": "calling about the instalment"})
    assert answer.content.decode().strip() == "13800138000"
    trace = AuditEntry.objects.get(is_sensitive_read=True)
    assert (trace.actor, trace.reason) == (book.rm, "calling about the instalment")


def test_a_contact_goes_to_the_timeline_and_its_promise_to_the_list(book: Book) -> None:
    url = f"/customers/{book.borrower.public_id}/contact/"
    as_user(book.rm).post(url, {"channel": "CALL", "note": "wants to pay", "promised_at": "2026-03-05T15:00"})
    page = as_user(book.rm).get(f"/customers/{book.borrower.public_id}/").content.decode()
    assert "Talked on the phone" in page and "wants to pay" in page
    item = WorkItem.objects.get(kind="customers.promise")
    assert item.assignee == StaffMember.objects.get(user=book.rm)
    assert item.due_at == clock.at(TODAY + timedelta(days=3), 15)
    as_user(book.rm).post(url, {"channel": "CALL", "note": "paid"})
    item.refresh_from_db()
    assert item.state == WorkItem.State.DONE


def test_a_contact_without_a_known_channel_changes_nothing(book: Book) -> None:
    before = TimelineEntry.objects.count()
    answer = as_user(book.rm).post(f"/customers/{book.borrower.public_id}/contact/", {"channel": "PIGEON"})
    assert answer.status_code == 422
    assert TimelineEntry.objects.count() == before


def test_work_is_done_undone_and_put_off(book: Book) -> None:
    client = as_user(book.rm)
    assert "is overdue by ¥1,020.00" in client.get("/").content.decode()
    answer = client.post(f"/work/{book.work.public_id}/done/", HTTP_HX_REQUEST="true")
    assert "undo" in answer["HX-Trigger"]
    assert "is overdue by ¥1,020.00" not in client.get("/").content.decode()
    client.post(f"/work/{book.work.public_id}/undo/")
    assert "is overdue by ¥1,020.00" in client.get("/").content.decode()
    client.post(f"/work/{book.work.public_id}/snooze/")
    assert "is overdue by ¥1,020.00" not in client.get("/").content.decode()
    with clock.use_clock(NOW + timedelta(days=1)):
        assert "is overdue by ¥1,020.00" in client.get("/").content.decode()


def test_two_people_decide_a_referred_application(book: Book) -> None:
    page = f"/applications/{book.referred.public_id}/"
    proposal = {"outcome": "DECLINE", "reason_codes": ["SCORE_TOO_LOW"], "note": "too much debt"}
    wrong = as_user(book.officer).post(f"{page}propose/", {"outcome": "DECLINE", "note": ""})
    assert wrong.status_code == 422 and not Review.objects.exists()
    assert as_user(book.rm).post(f"{page}propose/", proposal).status_code in {403, 422}
    assert not Review.objects.exists()
    as_user(book.checker).post(f"{page}propose/", proposal)
    review = Review.objects.get()
    # The maker sees why he cannot confirm, and cannot.
    assert "another person has to confirm" in as_user(book.checker).get(page).content.decode()
    as_user(book.checker).post(f"/reviews/{review.public_id}/confirm/")
    review.refresh_from_db()
    assert review.state == Review.State.PROPOSED
    as_user(book.checker).post(f"/reviews/{review.public_id}/send-back/", {"note": "mine"})
    assert as_user(book.officer).post(f"/reviews/{review.public_id}/confirm/").status_code == 403
    assert Application.objects.get(pk=book.referred.pk).state == Application.State.REFERRED


def test_a_second_person_confirms_over_http(book: Book) -> None:
    page = f"/applications/{book.referred.public_id}/"
    proposal = {"outcome": "DECLINE", "reason_codes": ["SCORE_TOO_LOW"], "note": "too much debt"}
    as_user(book.officer).post(f"{page}propose/", proposal)
    review = Review.objects.get()
    before = take_picture()
    assert as_user(book.officer).post(f"/reviews/{review.public_id}/confirm/").status_code == 403
    assert as_user(book.rm).post(f"/reviews/{review.public_id}/confirm/").status_code == 403
    assert set(list_changes(before)) <= {"core_user", "django_session"}
    assert as_user(book.checker).post(f"/reviews/{review.public_id}/confirm/").status_code == 302
    review.refresh_from_db()
    assert review.state == Review.State.CONFIRMED
    assert Application.objects.get(pk=book.referred.pk).state == Application.State.DECLINED
    # A second click finds it decided and changes nothing.
    decided = take_picture()
    as_user(book.checker).post(f"/reviews/{review.public_id}/confirm/")
    assert set(list_changes(decided)) <= {"core_user", "django_session"}


def test_an_alert_is_taken_up_noted_and_closed(book: Book) -> None:
    url = f"/risk/alerts/{book.alert.public_id}/"
    client = as_user(book.officer)
    client.post(f"{url}acknowledge/")
    client.post(f"{url}note/", {"text": "called the borrower"})
    client.post(f"{url}close/", {"closure": "HANDLED", "note": ""})
    assert Alert.objects.get().state == Alert.State.ACKNOWLEDGED
    client.post(f"{url}close/", {"closure": "HANDLED", "note": "paid tomorrow"})
    alert = Alert.objects.get()
    assert (alert.state, alert.owner) == (Alert.State.CLOSED, StaffMember.objects.get(user=book.officer))
    assert "called the borrower" in client.get(url).content.decode()


def test_a_collection_contact_outside_the_hours_is_refused_and_kept_out(book: Book) -> None:
    url = f"/collections/{book.case.public_id}/contact/"
    given = {"channel": "CALL", "outcome": "REACHED", "note": "will pay"}
    with clock.use_clock(clock.at(TODAY, 23)):
        as_user(book.rm).post(url, given)
    assert not CollectionContact.objects.exists()
    as_user(book.rm).post(url, given)
    assert CollectionContact.objects.count() == 1


def test_an_instalment_is_split_among_its_lenders_to_the_fen(book: Book) -> None:
    html = as_user(book.rm).get(f"/loans/{book.loan.public_id}/instalments/1/").content.decode()
    assert "欧阳娜娜" in html and "¥1,000.00" in html and "¥20.00" in html
    assert as_user(book.rm).get(f"/loans/{book.loan.public_id}/instalments/4/").status_code == 404


def test_tabs_follow_the_rights(book: Book) -> None:
    url = f"/customers/{book.borrower.public_id}/"
    assert f"{url}?tab=messages" in as_user(book.rm).get(url).content.decode()
    assert f"{url}?tab=messages" not in as_user(book.officer).get(url).content.decode()
    assert as_user(book.officer).get(f"{url}?tab=messages").status_code == 404


def log_in(client: Client, username: str, password: str = PASSWORD) -> Any:
    return client.post("/login/", {"username": username, "password": password})


def test_the_strip_says_how_long_a_customer_is_with_us(book: Book) -> None:
    page = as_user(book.rm).get(f"/customers/{book.borrower.public_id}/").content.decode()
    title = re.search(r'title="([^"]*)">[^<]*<strong>less than a year', page)
    assert title is not None and str(book.loan.start_date) in title[1] and "<" not in title[1]


def test_staff_log_in_and_customers_do_not(book: Book) -> None:
    assert log_in(Client(), "lijing").status_code == 302
    assert AuditEntry.objects.filter(action="core.logged_in", actor=book.rm).exists()
    refused = log_in(Client(), "customer")
    wrong = log_in(Client(), "customer", "something else")
    assert refused.status_code == wrong.status_code == 200
    sentence = r'role="alert">.*?<div>(.*?)</div>'
    assert re.findall(sentence, refused.content.decode()) == re.findall(sentence, wrong.content.decode())


def test_a_second_factor_is_asked_where_it_is_set_up(book: Book) -> None:
    device = TOTPDevice.objects.create(user=book.rm, confirmed=True, name="app")
    client = Client()
    assert log_in(client, "lijing")["Location"] == "/login/code/"
    assert client.get("/")["Location"].startswith("/login/")
    assert client.post("/login/code/", {"code": "000000"}).status_code == 422
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    answer = client.post("/login/code/", {"code": f"{totp(device.bin_key):06d}"})
    assert answer["Location"] == "/"
    assert client.get("/").status_code == 200


def test_the_second_factor_is_set_up_by_its_first_code(book: Book) -> None:
    client = as_user(book.rm)
    assert "data:image/svg+xml" in client.get("/account/second-factor/").content.decode()
    device = TOTPDevice.objects.get(user=book.rm)
    assert client.post("/account/second-factor/", {"code": "1"}).status_code == 422
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    client.post("/account/second-factor/", {"code": f"{totp(device.bin_key):06d}"})
    assert TOTPDevice.objects.get(user=book.rm).confirmed


def test_language_and_theme_stay_with_the_user(book: Book) -> None:
    client = as_user(book.rm)
    client.post("/i18n/setlang/", {"language": "en"})
    client.post("/preferences/theme/", {"theme": "dark"})
    book.rm.refresh_from_db()
    assert (book.rm.language, book.rm.theme) == ("en", "dark")
    elsewhere = log_in(Client(), "lijing")
    assert elsewhere.cookies["django_language"].value == "en" and elsewhere.cookies["theme"].value == "dark"


@pytest.mark.parametrize("query", ["until=0001-01-01", "since=0001-01-01", "since=9999-12-31&until=9999-12-31"])
def test_the_dashboard_takes_any_time(book: Book, query: str) -> None:
    assert as_user(book.manager).get(f"/analytics/?{query}").status_code == 200


def test_amounts_on_the_dashboard_open_their_records(book: Book) -> None:
    html = as_user(book.manager).get("/analytics/").content.decode()
    assert "/loans/?overdue=on" in html and "/loans/?late_from=31" in html
    assert Loan.objects.get().standing.overdue_amount == Decimal("1020.00")
    assert Customer.objects.count() == 2


def test_money_set_aside_on_the_timeline_bears_no_sign(book: Book) -> None:
    for number, code in enumerate(("lending.bid_lent", "lending.receipt")):
        history.add_timeline(
            customer_id=book.investor.pk,
            kind="money",
            text_code=code,
            params={"number": "LN-1"},
            at=NOW,
            key=f"flow:{number}",
            amount=Decimal("1234.00"),
        )
    page = as_user(book.rm).get(f"/customers/{book.investor.public_id}/").content.decode()
    assert page.count("+¥1,234.00") == 1
    assert page.count("¥1,234.00") == 2
