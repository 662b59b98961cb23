"""Acts from the list: a contact for the selection, its file, another RM in the row, columns in one's order."""

import csv
import io
import json
import re
from typing import Any

import pytest
from django.test import Client

from core.models import AuditEntry, Parameter
from customers.models import ContactPlan, Customer, Export, OwnerChange, UserSetting
from tests.pictures import list_changes, take_picture
from tests.web.conftest import Book, as_user

PLAN = {"act": "plan", "confirmed": "1", "channel": "CALL", "purpose": "rates", "planned_at": "2026-03-05T10:00"}
LOGIN = {"core_user", "django_session"}


def undo_of(answer: Any) -> str:
    url: str = json.loads(answer["HX-Trigger"])["toast"]["undo"]
    return url


def test_a_contact_is_planned_for_all_results_and_taken_back(book: Book) -> None:
    client = as_user(book.lead)
    question = client.post("/customers/bulk/", {"act": "plan", "everything": "1"}).content.decode()
    assert "<strong>2</strong>" in question and "It can be taken back" in question
    answer = client.post("/customers/bulk/", {**PLAN, "everything": "1"}, HTTP_HX_REQUEST="true")
    plans = ContactPlan.objects.filter(state="PLANNED")
    assert {plan.member for plan in plans} == {book.rm.staff_member} and plans.count() == 2
    client.post(undo_of(answer))
    assert not plans.all().exists()


def test_a_search_on_the_way_does_not_swallow_the_news_of_the_next_page(book: Book) -> None:
    client = as_user(book.lead)
    client.post("/customers/bulk/", {**PLAN, "everything": "1"})
    assert 'data-undo="' not in client.get("/customers/?q=w", HTTP_HX_REQUEST="true").content.decode()
    assert 'data-undo="' in client.get("/customers/").content.decode()
    assert 'data-undo="' not in client.get("/customers/").content.decode()


@pytest.mark.parametrize("wrong", [{"planned_at": "2026-03-01T10:00"}, {"purpose": ""}, {"channel": "PIGEON"}])
def test_a_contact_that_cannot_be_is_refused(book: Book, wrong: dict[str, str]) -> None:
    client = as_user(book.rm)
    before = take_picture()
    answer = client.post("/customers/bulk/", {**PLAN, "everything": "1", **wrong})
    assert answer.status_code == 422 and set(list_changes(before)) <= LOGIN


def test_other_peoples_customers_are_not_planned_for(book: Book) -> None:
    client = as_user(book.other_rm)
    client.post("/customers/bulk/", {**PLAN, "pick": [book.borrower.public_id]})
    assert not ContactPlan.objects.exists()
    officer = as_user(book.officer)
    assert officer.post("/customers/bulk/", {**PLAN, "everything": "1"}).status_code == 403
    assert not ContactPlan.objects.exists()


def take_out(client: Client, **given: Any) -> Any:
    sent = {"act": "export", "confirmed": "1", "columns": ["number", "name", "phone"], **given}
    return client.post("/customers/bulk/", sent)


def read(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode().lstrip("\ufeff"))))


def test_the_selection_goes_out_masked_marked_and_logged(book: Book) -> None:
    client = as_user(book.rm)
    question = client.post("/customers/bulk/", {"act": "export", "everything": "1"}).content.decode()
    assert "The file holds <strong>2</strong>" in question and "It can be taken back" not in question
    rows = read(take_out(client, pick=[book.borrower.public_id]))
    kept = Export.objects.get()
    assert (kept.count, kept.columns, kept.filters) == (1, ["number", "name", "phone"], {"picked": ["1"]})
    assert rows[0][1] == kept.watermark and rows[2][:3] == ["C-1", "王**", "138****8000"] and len(rows) == 3
    assert AuditEntry.objects.filter(action="customers.exported", actor=book.rm).count() == 1
    assert len(read(take_out(client, everything="1"))) == 4
    assert len(read(take_out(as_user(book.lead), pick=[book.borrower.public_id]))) == 3


def test_a_file_out_of_reach_above_the_limit_or_without_right_is_not_made(book: Book) -> None:
    assert take_out(as_user(book.other_rm), pick=[book.borrower.public_id]).status_code == 422
    assert take_out(as_user(book.officer), everything="1").status_code == 403
    Parameter.objects.filter(rule_code="customers.export_records_a_day").update(value=1)
    client = as_user(book.rm)
    before = take_picture()
    answer = take_out(client, everything="1")
    assert answer.status_code == 422 and "You may export 1 records a day" in answer.content.decode()
    assert set(list_changes(before)) <= LOGIN
    assert not Export.objects.exists()


def test_the_rm_is_changed_in_the_row_and_taken_back(book: Book) -> None:
    client = as_user(book.manager)
    assert 'data-cell="rm"' in client.get("/customers/").content.decode()
    assert 'data-cell="rm"' not in as_user(book.rm).get("/customers/").content.decode()
    url = f"/customers/{book.borrower.public_id}/cell/rm/"
    rm, other = book.rm.staff_member, book.other_rm.staff_member
    form = client.get(url).content.decode()
    assert re.search(rf'<option value="{rm.pk}" selected>', form) and f'<option value="{other.pk}">' in form
    answer = client.post(url, {"value": other.pk, "seen": rm.pk}, HTTP_HX_REQUEST="true")
    assert answer.status_code == 200 and book.other_rm.display_name in answer.content.decode()
    assert answer.content.decode().startswith("<td") and 'data-cell="rm"' in answer.content.decode()
    assert Customer.objects.get(pk=book.borrower.pk).rm == other
    assert OwnerChange.objects.get().reason == "ASSIGNED"
    client.post(undo_of(answer), HTTP_HX_REQUEST="true")
    assert Customer.objects.get(pk=book.borrower.pk).rm == rm


@pytest.mark.parametrize("given", [{"value": "0"}, {"value": "x"}, {"value": ""}, {"value": "other", "seen": "0"}])
def test_a_wrong_rm_is_said_under_the_row(book: Book, given: dict[str, str]) -> None:
    client = as_user(book.manager)
    url = f"/customers/{book.borrower.public_id}/cell/rm/"
    sent = {"seen": str(book.rm.staff_member.pk), **given}
    if sent["value"] == "other":
        sent["value"] = str(book.other_rm.staff_member.pk)
    before = take_picture()
    answer = client.post(url, sent, HTTP_HX_REQUEST="true")
    assert answer.status_code == 422 and answer["Content-Type"].startswith("text/plain")
    assert set(list_changes(before)) <= LOGIN


def test_the_rm_is_not_changed_without_right_or_reach(book: Book) -> None:
    url = f"/customers/{book.borrower.public_id}/cell/rm/"
    given = {"value": book.other_rm.staff_member.pk, "seen": book.rm.staff_member.pk}
    assert as_user(book.rm).get(url).status_code == 403
    assert as_user(book.rm).post(url, given).status_code == 403
    Customer.objects.filter(pk=book.borrower.pk).update(rm=book.other_rm.staff_member)
    assert as_user(book.lead).get(url).status_code == 404
    assert as_user(book.lead).post(url, {**given, "seen": given["value"]}).status_code == 404
    assert not OwnerChange.objects.exists()


def heads(html: str) -> list[str]:
    return re.findall(r'data-label="([^"]+)"', html)


def test_columns_stand_in_ones_own_order(book: Book) -> None:
    client = as_user(book.rm)
    menu = client.get("/customers/?columns=stage,rm").content.decode()
    assert re.findall(r'name="order" value="([^"]+)"', menu)[:2] == ["stage", "rm"]
    given = {"order": ["rm", "stage", "risk_tier"], "column": ["stage", "rm"], "query": "where=borrower:is:yes"}
    answer = client.post("/customers/columns/", given)
    assert "columns=rm,stage" in answer["Location"] and "where=borrower:is:yes" in answer["Location"]
    assert heads(client.get(answer["Location"]).content.decode()) == ["Name", "RM", "Stage"]
    assert heads(client.get("/customers/").content.decode()) == ["Name", "RM", "Stage"]
    client.post("/customers/columns/", {**given, "move": "down:rm"})
    assert heads(client.get("/customers/").content.decode()) == ["Name", "Stage", "RM"]
    client.post("/customers/views/save/", {"name": "mine", "query": "columns=rm,stage", "audience": "ME"})
    saved = client.get("/customers/").content.decode()
    place = re.search(r"/customers/\?columns=rm,stage[^\"]*saved=[\w-]+", saved.replace("&amp;", "&"))
    assert place is not None and heads(client.get(place[0]).content.decode()) == ["Name", "RM", "Stage"]
    client.post("/customers/columns/", {"usual": "1"})
    assert len(heads(client.get("/customers/").content.decode())) > 5
    assert UserSetting.objects.filter(key="customers.columns").count() == 1
