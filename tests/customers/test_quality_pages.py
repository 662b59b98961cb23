"""The pages and interfaces of data quality: who may, what is shown, what leaves the house."""

import csv
import io
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core import clock
from core.api.tokens import issue_token
from core.models import AuditEntry, Parameter, User
from customers.models import Customer, DuplicatePair, Export, FieldClaim, ImportJob, Merge, QuarantinedRow, WorkItem
from customers.operations import intake
from customers.operations.duplicates import find_duplicates
from customers.operations.exports import watch_reading
from customers.rules.watermarks import read_mark
from customers.tasks import run_imports
from staff import rights
from staff.models import StaffMember
from tests.api.people import citizen_number
from tests.web.conftest import NOW, TODAY, Book, _kept_book, as_user, book, make_person

__all__ = ["_kept_book", "book"]
PHONE = "13912345678"
FILE = f"姓名,手机号,身份证号,备注\r\n王晓明,{PHONE},{citizen_number(7)},=cmd|calc\r\n李雷,123,,x\r\n".encode("gbk")


@pytest.fixture
def officer(book: Book) -> User:
    return make_person("data-officer", "data", book.rm.staff_member.department, None)


@pytest.fixture
def pair(book: Book, officer: User) -> DuplicatePair:
    given: dict[str, Any] = {"source": "RM", "actor": officer, "now": NOW}
    one = intake.create_customer(fields={"name": "赵敏", "phone": "13900000001", "birth_date": "1990-05-17"}, **given)
    two = intake.create_customer(
        fields={"name": "赵敏", "phone": "13900000002", "birth_date": "1990-05-17", "email": "min@example.com"}, **given
    )
    assert find_duplicates(TODAY, 0, 0, NOW) == 1
    assert find_duplicates(TODAY, 0, 0, NOW) == 0
    found = DuplicatePair.objects.get()
    assert (found.first_id, found.second_id, found.score) == (one.pk, two.pk, 75)
    return found


def test_a_pair_is_merged_on_the_page_and_taken_apart(pair: DuplicatePair, officer: User) -> None:
    client = as_user(officer)
    assert "赵敏" in client.get("/quality/").content.decode()
    url = f"/quality/pairs/{pair.public_id}/"
    page = client.get(url).content.decode()
    assert "139****0001" in page and "13900000001" not in page and "min@example.com" not in page
    outdated = client.post(url, {"keep": pair.first.public_id})
    assert outdated.status_code == 302 and not Merge.objects.exists()
    sent = {f"version_{record.public_id}": record.version for record in (pair.first, pair.second)}
    answer = client.post(url, {**sent, "keep": pair.second.public_id, "phone": "merged"}, HTTP_HX_REQUEST="true")
    assert "undo" in answer.headers["HX-Trigger"]
    merge = Merge.objects.get()
    assert (merge.kept_id, merge.kept.phone) == (pair.second_id, "13900000001")
    assert client.get(f"/customers/{pair.first.public_id}/").status_code == 200
    assert client.post(f"/quality/merges/{merge.public_id}/undo/").status_code == 302
    assert Customer.objects.get(pk=pair.second_id).phone == "13900000002"
    assert client.post(f"/quality/pairs/{pair.public_id}/dismiss/").status_code == 302
    assert find_duplicates(TODAY, 0, 0, NOW) == 0
    assert client.get(url).status_code == 200


def test_the_pages_open_for_those_with_the_right_only(pair: DuplicatePair, book: Book, officer: User) -> None:
    job = intake.upload_import(source="fair", file_name="x.csv", raw=FILE, actor=officer, now=NOW)
    records = [f"/quality/pairs/{pair.public_id}/", f"/quality/imports/{job.public_id}/"]
    for url in ["/quality/", "/quality/imports/", "/quality/quarantine/", *records]:
        assert Client().get(url).status_code == 302, url
        assert as_user(book.customer_user).get(url).status_code == 403, url
        assert as_user(book.rm).get(url).status_code == 403, url
        assert as_user(officer).get(url).status_code == 200, url
    # The team lead may merge, but only what is his team's.
    assert as_user(book.lead).get(records[0]).status_code == 404
    assert as_user(book.lead).get(records[1]).status_code == 403
    assert as_user(book.lead).post(f"/quality/pairs/{pair.public_id}/dismiss/").status_code == 404


def test_a_file_goes_through_trial_import_quarantine_and_back(officer: User) -> None:
    client = as_user(officer)
    answer = client.post("/quality/imports/", {"source": "fair", "file": SimpleUploadedFile("x.csv", FILE)})
    job = ImportJob.objects.get()
    assert answer.headers["Location"] == f"/quality/imports/{job.public_id}/"
    here = f"/quality/imports/{job.public_id}/"
    preview = client.get(here).content.decode()
    assert "139****5678" in preview and PHONE not in preview and citizen_number(7) not in preview
    columns = {f"column_{place}": name for place, name in job.mapping.items()}
    client.post(here, {**columns, "act": "try"})
    client.post(here, {**columns, "act": "try"})
    assert run_imports() == 1
    assert not Customer.objects.filter(name="王晓明").exists()
    client.post(here, {**columns, "act": "run"})
    client.post(here, {**columns, "act": "run"})
    assert run_imports() == 1
    job.refresh_from_db()
    assert (job.state, job.created, job.quarantined) == ("DONE", 1, 1)
    shown = client.get(here).content.decode()
    assert PHONE not in shown
    errors = b"".join(client.get(f"{here}errors/").streaming_content).decode()  # type: ignore[attr-defined]
    assert "李雷" in errors and "123" not in errors
    row = QuarantinedRow.objects.get()
    assert client.get("/quality/quarantine/").status_code == 200
    url = f"/quality/quarantine/{row.public_id}/"
    assert client.get(url).status_code == 200
    client.post(url, {"phone": "1"})
    assert not Customer.objects.filter(name="李雷").exists()
    client.post(url, {"phone": "13900000003"})
    assert Customer.objects.filter(name="李雷").exists()
    client.post(f"{here}undo/")
    assert not Customer.objects.filter(name__in=["李雷", "王晓明"]).exists()


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"a,b\r\n"])
def test_a_bad_file_is_answered_with_the_form(officer: User, raw: bytes) -> None:
    sent = {"source": "fair", "file": SimpleUploadedFile("x.csv", raw)}
    assert as_user(officer).post("/quality/imports/", sent).status_code == 422
    assert not ImportJob.objects.exists()


def export(client: Client, query: str = "") -> list[list[str]]:
    answer: Any = client.post(f"/customers/export/?{query}")
    assert answer.status_code == 200, answer.content
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode().lstrip("\ufeff"))))


def test_an_export_is_scoped_masked_marked_and_kept(book: Book) -> None:
    Customer.objects.filter(pk=book.borrower.pk).update(source="=HYPERLINK(1)")
    rows = export(as_user(book.rm), "columns=number,name,phone,source&q=")
    kept = Export.objects.get()
    assert rows[0][1] == kept.watermark and kept.count == len(rows) - 2 == 2
    assert rows[2][1:4] == ["王**", "138****8000", "'=HYPERLINK(1)"]
    assert {read_mark(row[-1]) for row in rows[2:]} == {kept.watermark}
    assert read_mark(rows[2][-1].replace("-1-", "-2-")) is None
    assert len(export(as_user(book.other_rm))) == 2
    assert as_user(book.officer).post("/customers/export/").status_code == 403
    export(as_user(book.rm), "q=13800138000")
    assert "13800138000" not in str(list(Export.objects.values_list("filters", flat=True)))


def test_exports_end_at_the_limit_and_raise_an_alarm(book: Book) -> None:
    Parameter.objects.filter(rule_code="customers.export_records_a_day").update(value=3)
    Parameter.objects.filter(rule_code="customers.export_alarm_records").update(value=1)
    export(as_user(book.rm))
    assert WorkItem.objects.filter(kind="customers.exported_much", right=rights.MERGE_CUSTOMERS).count() == 1
    before = AuditEntry.objects.count()
    assert as_user(book.rm).post("/customers/export/").status_code == 429
    assert (Export.objects.count(), AuditEntry.objects.count()) == (1, before)


def test_who_opens_unusually_many_records_is_told_of_once(book: Book) -> None:
    Parameter.objects.filter(rule_code="customers.view_alarm_records").update(value=1)
    for customer in (book.borrower, book.investor):
        as_user(book.rm).get(f"/customers/{customer.public_id}/")
    from customers.models import RecordVisit

    for customer in (book.borrower, book.investor):
        RecordVisit.objects.update_or_create(member=book.rm.staff_member, customer=customer, defaults={"at": NOW})
    assert (watch_reading(now=NOW), watch_reading(now=NOW)) == (1, 1)
    assert WorkItem.objects.filter(kind="customers.viewed_much").update(state="DONE") == 1
    watch_reading(now=NOW)
    assert WorkItem.objects.filter(kind="customers.viewed_much").count() == 1


def call(token: str, path: str, body: Any, key: str = "") -> Any:
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}", "HTTP_IDEMPOTENCY_KEY": key or str(uuid4())}
    return Client().post(f"/api/v1/{path}", body, content_type="application/json", **headers)


def test_the_interface_takes_in_a_batch_once_and_keeps_the_source(book: Book) -> None:
    partner = make_person("intake-interface", "partner", book.rm.staff_member.department, None)
    token = issue_token(user=partner, scopes=[rights.TAKE_IN_CUSTOMERS], now=clock.now())["token"]
    rows = [{"name": "王晓明", "phone": PHONE}, {"name": "李雷", "phone": "1"}, {"name": "王晓明", "phone": PHONE}]
    body = {"channel": "PARTNER", "name": "acme", "rows": rows}
    answer = call(token, "intake/customers/", body, "one")
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert [row["outcome"] for row in said["rows"]] == ["created", "quarantined", "known"]
    assert said["rows"][2]["customer"] is None and said["rows"][1]["faults"] == {"phone": "not_a_phone"}
    assert call(token, "intake/customers/", body, "one").json() == said
    assert Customer.objects.filter(name="王晓明", source="PARTNER:acme").count() == 1
    assert FieldClaim.objects.filter(source="PARTNER:acme", field="phone").count() == 1
    before = Customer.objects.count()
    assert call(token, "intake/customers/", {**body, "rows": rows[:1] * 1001}).status_code == 422
    assert call(token, "intake/customers/", {**body, "channel": "RM"}).status_code == 422
    assert call(token, "staff/merges/", {"kept": "x", "merged": "y"}).status_code == 403
    assert Customer.objects.count() == before


def test_the_interface_merges_and_takes_apart_within_scope(pair: DuplicatePair, book: Book, officer: User) -> None:
    ids = {"kept": pair.first.public_id, "merged": pair.second.public_id}
    lead = issue_token(user=book.lead, scopes=[rights.MERGE_CUSTOMERS], now=clock.now())["token"]
    assert call(lead, "staff/merges/", ids).status_code == 404
    token = issue_token(user=officer, scopes=[rights.MERGE_CUSTOMERS], now=clock.now())["token"]
    answer = call(token, "staff/merges/", {**ids, "choices": {"email": "merged"}})
    assert answer.status_code == 201, answer.content
    merge = answer.json()["id"]
    assert call(lead, f"staff/merges/{merge}/undo/", None).status_code == 404
    assert call(token, f"staff/merges/{merge}/undo/", None).status_code == 200
    assert call(token, f"staff/merges/{merge}/undo/", None).status_code == 409
    assert StaffMember.objects.filter(user=officer).exists()
