"""The journey on the customer page, the page of the process and corrective actions over HTTP, by scope."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from core.models import User
from customers.models import CorrectiveAction, Customer, Lead, ProcessStep, StepRun
from customers.operations import funnel, process
from tests.pictures import unchanged
from tests.web.conftest import NOW, TODAY, Book, as_user, make_customer

pytestmark = pytest.mark.django_db
LATE = TODAY - timedelta(days=5)


@pytest.fixture
def journeys(book: Book) -> Book:
    """Both customers of the RM and one of another one's registered this morning."""
    other = make_customer(7, "孙尚香", book.other_rm)
    people = [book.borrower, book.investor, other]
    funnel.note_step(customer_ids=[one.pk for one in people], step="REGISTERED", now=NOW)
    # Who was told of it a fortnight ago is late by now; one first call was made in time.
    StepRun.objects.filter(code="first-call").update(due_date=LATE)
    StepRun.objects.filter(code="first-call", customer=book.investor).update(
        state="DONE", done_at=clock.at(LATE, 9), done_by=book.rm
    )
    return book


def run_of(customer: Customer, code: str) -> StepRun:
    return StepRun.objects.get(customer=customer, code=code)


def get(user: User, url: str) -> str:
    answer = as_user(user).get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return str(answer.content.decode())


def test_the_journey_says_what_is_late_and_who_may_settle_it(journeys: Book) -> None:
    b = journeys
    url = f"/customers/{b.borrower.public_id}/journey/"
    shown = get(b.rm, url)
    assert "First call" in shown and "Review of the first month" in shown and "ahead" in shown
    assert f"/steps/{run_of(b.borrower, 'first-call').public_id}/done/" in shown
    assert "/steps/" not in get(b.officer, url)
    assert "No step has begun" in get(b.rm, f"/customers/{make_customer(8, '周瑜', b.rm).public_id}/journey/")
    with unchanged(but={"core_user", "django_session"}):
        assert as_user(b.other_rm).get(url).status_code == 404


def test_a_step_is_settled_from_the_journey(journeys: Book) -> None:
    b = journeys
    run = run_of(b.borrower, "first-call")
    url = f"/steps/{run.public_id}/"
    with unchanged(but={"core_user", "django_session"}):
        assert Client().post(f"{url}done/", {"reason": "x"}).status_code == 302
        assert as_user(b.customer_user).post(f"{url}done/", {"reason": "x"}).status_code == 403
        assert as_user(b.officer).post(f"{url}done/", {"reason": "x"}).status_code == 403
        assert as_user(b.other_rm).post(f"{url}done/", {"reason": "x"}).status_code == 404
        assert as_user(b.rm).post(f"{url}done/", {"reason": ""}).status_code == 302
    assert as_user(b.rm).post(f"{url}skip/", {"reason": "只用微信"}).headers["Location"].endswith("?tab=journey")
    run.refresh_from_db()
    assert (run.state, run.reason) == ("SKIPPED", "只用微信")


def test_counts_lead_to_the_steps_behind_them_and_no_further_than_the_reader_sees(journeys: Book) -> None:
    b = journeys
    page = get(b.lead, "/process/")
    assert "1 of 2 steps were done on time" in page and "王小明" in page and "孙尚香" not in page
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/process/steps/[^"]+)"', page)}
    late = next(link for link in links if "standing=LATE" in link and "step=first-call" in link)
    listed = get(b.lead, late)
    assert "王小明" in listed and "欧阳娜娜" not in listed and "孙尚香" not in listed
    assert "孙尚香" in get(b.manager, late)
    by_rm = next(link for link in links if "standing=JUDGED" in link and "rm=" in link)
    assert "欧阳娜娜" in get(b.lead, by_rm)
    assert all(get(b.lead, link) for link in sorted(links))
    for url in ("/process/", "/process/steps/"):
        assert as_user(b.rm).get(url).status_code == 403
        assert as_user(b.customer_user).get(url).status_code == 403
        assert Client().get(url).status_code == 302


@pytest.mark.parametrize(
    "query", ["?since=2026-03-01&until=2025-01-01", "?since=x&rm=x&step=x", "?rm=99999999999999999999&standing=x"]
)
def test_nothing_in_an_address_makes_the_pages_fail(journeys: Book, query: str) -> None:
    for url in ("/process/", "/process/steps/"):
        get(journeys.lead, f"{url}{query}")


def count_queries(user: User, url: str) -> int:
    client = as_user(user)
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_the_pages_ask_as_often_for_many_as_for_few(journeys: Book) -> None:
    urls = ["/process/", "/process/steps/", f"/customers/{journeys.borrower.public_id}/journey/"]
    few = [count_queries(journeys.lead, url) for url in urls]
    many = [make_customer(100 + number, f"赵{number}", journeys.rm) for number in range(12)]
    funnel.note_step(customer_ids=[one.pk for one in many], step="REGISTERED", now=NOW)
    StepRun.objects.filter(code="identity").update(due_date=LATE)
    assert [count_queries(journeys.lead, url) for url in urls] <= few


def test_steps_of_those_whom_nobody_looks_after_are_found_too(journeys: Book) -> None:
    StepRun.objects.filter(customer=journeys.borrower).update(member=None)
    page = get(journeys.manager, "/process/")
    link = re.search(r'href="(/process/steps/[^"]*rm=0[^"]*standing=JUDGED[^"]*)"', page)
    assert link is not None and "nobody" in page
    listed = get(journeys.manager, link.group(1).replace("&amp;", "&"))
    assert "王小明" in listed and "欧阳娜娜" not in listed


def test_what_is_ahead_is_shown_only_where_it_is_asked_for(journeys: Book) -> None:
    until = (TODAY + timedelta(days=60)).isoformat()
    assert "<td>Review of the first month</td>" not in get(journeys.lead, "/process/steps/")
    ahead = get(journeys.lead, f"/process/steps/?until={until}&standing=OPEN")
    assert "<td>Review of the first month</td>" in ahead


@pytest.fixture
def action(journeys: Book) -> CorrectiveAction:
    return process.open_action(
        wrong="首次致电常常迟到", remedy="晨会核对名单", kpi="ON_TIME", owner_id=journeys.rm.staff_member.pk,
        due_date=TODAY + timedelta(days=3), step_code="first-call", actor=journeys.manager, now=NOW,
    )  # fmt: skip


def test_an_action_is_opened_from_a_row(journeys: Book) -> None:
    b = journeys
    url = "/process/actions/new/"
    rm = b.rm.staff_member.pk
    page = get(b.lead, f"{url}?step=first-call&rm={rm}")
    assert f'<option value="{rm}" selected>' in page and 'value="first-call" selected' in page
    given = {
        "step_code": "first-call", "member": rm, "wrong": "迟到", "remedy": "晨会", "kpi": "RESPONSE", "owner": rm,
        "due_date": (TODAY + timedelta(days=5)).isoformat(),
    }  # fmt: skip
    stranger = b.other_rm.staff_member.pk
    with unchanged(but={"core_user", "django_session"}):
        for wrong in ({"wrong": ""}, {"due_date": "2020-01-01"}, {"owner": stranger}, {"member": stranger}):
            assert as_user(b.lead).post(url, {**given, **wrong}).status_code == 422
        assert as_user(b.rm).post(url, given).status_code == 403
    answer = as_user(b.lead).post(url, given)
    made = CorrectiveAction.objects.get()
    assert answer.headers["Location"] == f"/process/actions/{made.public_id}/"
    assert "迟到" in get(b.rm, "/")


def test_an_action_is_seen_by_its_owner_and_those_above_him(action: CorrectiveAction, book: Book) -> None:
    url = f"/process/actions/{action.public_id}/"
    # Whoever steers sees the figures; the owner sees what he is to do.
    assert "Before and after" in get(book.lead, url) and "small sample" in get(book.lead, url)
    assert "Before and after" not in get(book.rm, url)
    assert "首次致电常常迟到" in get(book.rm, "/process/actions/")
    assert "首次致电常常迟到" not in get(book.other_rm, "/process/actions/")
    assert as_user(book.other_rm).get(url).status_code == 404
    with unchanged(but={"core_user", "django_session"}):
        assert as_user(book.other_rm).post(f"{url}done/", {"result": "x"}).status_code == 404
        assert as_user(book.customer_user).post(f"{url}done/", {"result": "x"}).status_code == 403
        assert as_user(book.rm).post(f"{url}done/", {"result": ""}).status_code == 302
    assert as_user(book.rm).post(f"{url}done/", {"result": "两周无迟到"}).status_code == 302
    action.refresh_from_db()
    assert (action.state, action.result, action.closed_by) == ("DONE", "两周无迟到", book.rm)
    assert "两周无迟到" in get(book.manager, f"{url}?days=90")


def test_figures_before_and_after_a_change_have_their_denominators(journeys: Book) -> None:
    b = journeys
    step = ProcessStep.objects.get(code="first-call")
    then = clock.at(LATE - timedelta(days=1), 12)
    given: dict[str, Any] = {"actor": b.manager, "now": then}
    version = process.apply_process_step(target_id=str(step.pk), values={"due_workdays": 2}, **given)
    StepRun.objects.filter(code="first-call", customer=b.borrower).update(due_date=LATE - timedelta(days=4))
    for number, hours in enumerate((1, 3, 8)):
        Lead.objects.create(
            number=f"L-{number}", role="BORROWER", method="PHONE", owner=b.rm.staff_member,
            created_at=then + timedelta(hours=number), answered_at=then + timedelta(hours=number + hours),
            answer_due_at=then + timedelta(hours=4), state="WORKING",
        )  # fmt: skip
    page = get(b.lead, f"/process/changes/{version.public_id}/?days=7")
    assert "Before: 0 of 1 on time; since then 1 of 1." in page
    assert "due after so many working days" in page and ">1<" in page and ">2<" in page
    # The middle one of three answers took three hours; two of them were in time.
    assert ">3.0<" in page and "66.67%" in page
    assert get(b.lead, f"/process/changes/{version.public_id}/?days=x")
    assert as_user(b.rm).get(f"/process/changes/{version.public_id}/").status_code == 403
    assert as_user(b.lead).get(f"/process/changes/{step.public_id}/").status_code == 404
