"""Customers who come in by hand, by file and by interface."""

import io
import random
import threading
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import openpyxl
import orjson
import pytest
from django.db import connection, transaction

from core import clock, seeding
from core.fields import blind_index
from core.models import AuditEntry, User
from customers.models import (
    AssignmentRule,
    Customer,
    FieldClaim,
    ImportedCustomer,
    ImportJob,
    Note,
    Pool,
    QuarantinedRow,
    TimelineEntry,
)
from customers.operations import intake, merging, ownership, registration
from customers.operations.intake.bulk import take_in_batch
from customers.operations.intake.files import read_content
from staff.models import StaffMember, Team
from tests.api.people import citizen_number
from tests.fixtures.borrowers import make_staff

_serial = count(1)


@pytest.fixture
def actor(standard_house: None) -> User:
    return make_staff("data-officer")


def phone_of(number: int) -> str:
    return f"139{number:08d}"


def make_file(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(row) for row in [["姓名", "手机号", "身份证号", "地址"], *rows]).encode(encoding)


def bring_in(raw: bytes, actor: User, now: datetime, *, dry: bool = False, source: str = "fair") -> ImportJob:
    job = intake.upload_import(source=source, file_name="list.csv", raw=raw, actor=actor, now=now)
    intake.start_import(job_id=job.pk, mapping=job.mapping, is_dry_run=dry, actor=actor, now=now)
    assert intake.run_import(job_id=job.pk, read_now=lambda: now)
    job.refresh_from_db()
    return job


ROWS = [
    ["王小明", phone_of(1), citizen_number(1), "北京市朝阳区建国路1号"],
    ["李雷", phone_of(2), "", ""],
    ["韩梅梅", "12345", "", ""],
    ["", phone_of(4), "", ""],
    ["王小明", phone_of(1), citizen_number(1), "北京市朝阳区建国路2号"],
]


def count_rows() -> tuple[int, ...]:
    models: tuple[Any, ...] = (Customer, FieldClaim, TimelineEntry, ImportedCustomer, QuarantinedRow)
    return tuple(model.objects.count() for model in models)


def test_an_import_creates_recognises_and_quarantines(actor: User, now: datetime) -> None:
    job = bring_in(make_file(ROWS), actor, now)
    assert (job.state, job.total, job.done, job.created, job.updated, job.quarantined) == ("DONE", 5, 5, 2, 1, 2)
    assert job.faults == {"phone:not_a_phone": 1, "name:required": 1}
    assert job.content is None
    customer = Customer.objects.get(phone_index=blind_index(phone_of(1), "phone"))
    assert (customer.name, customer.birth_date, customer.source) == ("王小明", date(1990, 5, 17), "IMPORT:fair")
    assert "小明" in customer.search_grams and customer.completeness > 0
    assert customer.status == Customer.Status.REGISTERED and customer.user is None
    claims = dict(FieldClaim.objects.filter(customer=customer).values_list("field", "value"))
    assert claims["address"] == "北京市朝阳区建国路2号" and customer.address == "北京市朝阳区建国路1号"
    assert TimelineEntry.objects.filter(customer=customer, text_code="customers.taken_in").count() == 1


def test_a_trial_writes_nothing_and_says_the_same(actor: User, now: datetime) -> None:
    before = count_rows()
    job = bring_in(make_file(ROWS), actor, now, dry=True)
    assert (job.state, job.created, job.updated, job.quarantined) == ("UPLOADED", 2, 1, 2)
    assert count_rows() == before
    intake.start_import(job_id=job.pk, mapping=job.mapping, is_dry_run=False, actor=actor, now=now)
    intake.run_import(job_id=job.pk, read_now=lambda: now)
    job.refresh_from_db()
    assert (job.state, job.created, job.updated, job.quarantined) == ("DONE", 2, 1, 2)


def test_nothing_plain_stands_in_the_tables(actor: User, now: datetime) -> None:
    bring_in(make_file(ROWS), actor, now)
    planted = [phone_of(1), citizen_number(1), "建国路", "12345"]
    with connection.cursor() as cursor:
        tables = ("customers_customer", "customers_fieldclaim", "customers_quarantinedrow", "customers_importjob")
        for table in (*tables, "core_auditentry", "core_outboxevent", "customers_timelineentry"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            text = "\n".join(row[0] for row in cursor.fetchall())
            assert not [word for word in planted if word in text], table


def test_gbk_is_detected(actor: User, now: datetime) -> None:
    job = bring_in(make_file(ROWS[:2], "gbk"), actor, now)
    assert (job.created, list(job.columns)) == (2, ["姓名", "手机号", "身份证号", "地址"])


def test_a_workbook_is_read(actor: User, now: datetime) -> None:
    book = openpyxl.Workbook()
    for row in [
        ["Name", "Mobile", "Birthday"],
        ["王小明", 13900000001, date(1990, 5, 17)],
        ["李雷", "13900000002", None],
    ]:
        book.active.append(row)
    raw = io.BytesIO()
    book.save(raw)
    job = bring_in(raw.getvalue(), actor, now)
    assert (job.created, job.quarantined) == (2, 0)
    assert Customer.objects.get(name="王小明").birth_date == date(1990, 5, 17)


def zip_bomb() -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (40 * 1024 * 1024))
    return raw.getvalue()


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"",
        lambda: b"\r\n\r\n",
        lambda: make_file([]),
        lambda: b"\xff\xfe\xff\xff\x81\x00\x00",
        lambda: ("," * 300 + "\r\n" + "," * 300 + "x").encode() + b"\r\na" * 2,
        lambda: b"name,phone\r\n" + b"x" * 200_000 + b",1\r\n",
        lambda: b'name,phone\r\n"' + b"x" * 200_000,
        lambda: b"PK\x03\x04 nothing",
        zip_bomb,
        lambda: b"x" * (21 * 1024 * 1024),
    ],
    ids=[
        "empty",
        "blank",
        "headings only",
        "binary",
        "300 columns",
        "huge cell",
        "open quote",
        "no zip",
        "bomb",
        "huge",
    ],
)
def test_a_bad_file_is_refused_and_changes_nothing(actor: User, now: datetime, make: Callable[[], bytes]) -> None:
    before = (ImportJob.objects.count(), AuditEntry.objects.count())
    with pytest.raises(intake.UnreadableFile):
        intake.upload_import(source="fair", file_name="x.csv", raw=make(), actor=actor, now=now)
    assert (ImportJob.objects.count(), AuditEntry.objects.count()) == before


def test_a_double_click_starts_one_run(actor: User, now: datetime) -> None:
    job = intake.upload_import(source="fair", file_name="x.csv", raw=make_file(ROWS), actor=actor, now=now)
    given: dict[str, Any] = {"mapping": job.mapping, "is_dry_run": False, "actor": actor, "now": now}
    intake.start_import(job_id=job.pk, **given)
    with pytest.raises(intake.AlreadyStarted), transaction.atomic():
        intake.start_import(job_id=job.pk, **given)
    assert intake.run_import(job_id=job.pk, read_now=lambda: now)
    assert not intake.run_import(job_id=job.pk, read_now=lambda: now)
    assert Customer.objects.count() == 2


@pytest.mark.parametrize(
    "mapping", [{}, {"0": "name"}, {"0": "name", "9": "phone"}, {"0": "name", "1": "rm"}, {"0": "name", "1": "name"}]
)
def test_a_wrong_mapping_is_refused(actor: User, now: datetime, mapping: dict[str, str]) -> None:
    job = intake.upload_import(source="fair", file_name="x.csv", raw=make_file(ROWS), actor=actor, now=now)
    with pytest.raises(intake.WrongMapping), transaction.atomic():
        intake.start_import(job_id=job.pk, mapping=mapping, is_dry_run=False, actor=actor, now=now)
    job.refresh_from_db()
    assert job.state == "UPLOADED"


def test_the_mapping_is_remembered_for_the_source(actor: User, now: datetime) -> None:
    raw = make_file(ROWS)
    job = intake.upload_import(source="fair", file_name="x.csv", raw=raw, actor=actor, now=now)
    chosen = {"0": "name", "1": "phone"}
    intake.start_import(job_id=job.pk, mapping=chosen, is_dry_run=False, actor=actor, now=now)
    assert intake.upload_import(source="fair", file_name="y.csv", raw=raw, actor=actor, now=now).mapping == chosen
    assert len(intake.upload_import(source="other", file_name="y.csv", raw=raw, actor=actor, now=now).mapping) == 4


def test_a_run_that_was_cut_off_goes_on_where_it_stopped(actor: User, now: datetime, monkeypatch: Any) -> None:
    from customers.operations.intake import run

    monkeypatch.setattr(run, "CHUNK_ROWS", 2)
    job = intake.upload_import(source="fair", file_name="x.csv", raw=make_file(ROWS), actor=actor, now=now)
    intake.start_import(job_id=job.pk, mapping=job.mapping, is_dry_run=False, actor=actor, now=now)
    job.refresh_from_db()
    run._take_chunk(job, list(read_content(job, limit=2)), now)
    assert intake.run_import(job_id=job.pk, read_now=lambda: now)
    job.refresh_from_db()
    assert (job.state, job.done, job.created, job.updated, job.quarantined) == ("DONE", 5, 2, 1, 2)


def test_undo_takes_back_what_nobody_touched(actor: User, now: datetime) -> None:
    known = intake.create_customer(fields={"name": "周芷若", "phone": phone_of(9)}, source="RM", actor=actor, now=now)
    before = count_rows()[:3]
    rows = [*ROWS, ["周芷若", phone_of(9), "", "上海市黄浦区人民路1号"]]
    job = bring_in(make_file(rows), actor, now + timedelta(minutes=1))
    touched = Customer.objects.get(name="李雷")
    Note.objects.create(customer=touched, text="called", author=actor.staff_member, at=now)
    assert intake.undo_import(job_id=job.pk, actor=actor, now=now) == 1
    assert set(Customer.objects.values_list("name", flat=True)) == {"周芷若", "李雷"}
    assert not FieldClaim.objects.filter(customer=known, source="IMPORT:fair").exists()
    assert count_rows()[0] == before[0] + 1
    with pytest.raises(intake.ImportNotUndoable), transaction.atomic():
        intake.undo_import(job_id=job.pk, actor=actor, now=now)


@pytest.mark.parametrize("has_room", [True, False])
def test_undo_takes_back_whom_only_the_rules_have_touched(actor: User, now: datetime, has_room: bool) -> None:
    rm = make_staff("rm").staff_member
    Pool.objects.create(name="公海", department=rm.department)
    AssignmentRule.objects.create(name="新客户", team=Team.objects.create(name="一组", department=rm.department))
    if has_room:
        StaffMember.objects.filter(pk=rm.pk).update(team=Team.objects.get())
    before = count_rows()[:3]
    rows = [{"name": "李雷", "phone": phone_of(2)}]
    job, (outcome,) = take_in_batch(rows=rows, source="PARTNER:acme", actor=actor, now=now)
    assert (job.total, job.done, job.created, job.updated, job.quarantined) == (1, 1, 1, 0, 0)
    chosen = ownership.assign_by_rule(customer_id=outcome.customer_id, now=now)
    assert (chosen is not None) == has_room
    assert Customer.objects.get().version == 2
    assert intake.undo_import(job_id=job.pk, actor=actor, now=now) == 1
    assert count_rows()[:3] == before


def test_contradictions_are_not_guessed(actor: User, now: datetime) -> None:
    first = ["王小明", phone_of(1), citizen_number(1), ""]
    second = ["李雷", phone_of(2), citizen_number(2), ""]
    bring_in(make_file([first, second]), actor, now)
    before = count_rows()[:2]
    job = bring_in(
        make_file([["王小明", phone_of(2), citizen_number(1), ""], ["王小明", phone_of(1), citizen_number(3), ""]]),
        actor,
        now,
        source="b",
    )
    assert (job.created, job.updated, job.quarantined) == (0, 0, 2)
    assert count_rows()[:2] == before


def test_a_row_in_quarantine_is_mended_or_dropped_once(actor: User, now: datetime) -> None:
    job = bring_in(make_file(ROWS), actor, now)
    wrong_phone, no_name = QuarantinedRow.objects.filter(job=job).order_by("line")
    assert orjson.loads(wrong_phone.row)["phone"] == "12345"
    with pytest.raises(intake.InvalidCustomer), transaction.atomic():
        intake.mend_row(row_id=wrong_phone.pk, texts={"phone": "999"}, actor=actor, now=now)
    outcome = intake.mend_row(row_id=wrong_phone.pk, texts={"phone": phone_of(3)}, actor=actor, now=now)
    assert Customer.objects.get(pk=outcome.customer_id).name == "韩梅梅"
    intake.drop_row(row_id=no_name.pk, actor=actor, now=now)
    for row in (wrong_phone, no_name):
        row.refresh_from_db()
        assert row.row == "{}"
        with pytest.raises(intake.RowJudged), transaction.atomic():
            intake.drop_row(row_id=row.pk, actor=actor, now=now)


def test_staff_enter_a_customer_who_later_registers_himself(actor: User, now: datetime) -> None:
    customer = intake.create_customer(
        fields={"name": "王小明", "phone": phone_of(7)}, source="RM", actor=actor, now=now
    )
    with pytest.raises(intake.AlreadyKnown), transaction.atomic():
        intake.create_customer(fields={"name": "王小明", "phone": phone_of(7)}, source="RM", actor=actor, now=now)
    with pytest.raises(intake.InvalidCustomer), transaction.atomic():
        intake.create_customer(fields={"name": "王小明"}, source="RM", actor=actor, now=now)
    assert Customer.objects.count() == 1
    given = {"phone": phone_of(7), "notice_version": "2026-1", "source": "app", "channel": "API", "now": now}
    registered = registration.register_customer(**given)
    assert (registered.pk, registered.name) == (customer.pk, "王小明")
    assert registered.user is not None
    with pytest.raises(registration.PhoneTaken), transaction.atomic():
        registration.register_customer(**given)


def test_who_registers_by_the_phone_of_a_merged_record_gets_the_one_that_was_kept(actor: User, now: datetime) -> None:
    kept = intake.create_customer(fields={"name": "王小明", "phone": phone_of(1)}, source="RM", actor=actor, now=now)
    gone = intake.create_customer(fields={"name": "王小明", "phone": phone_of(2)}, source="RM", actor=actor, now=now)
    merging.merge_customers(kept_id=kept.pk, merged_id=gone.pk, choices={}, actor=actor, now=now)
    job = bring_in(make_file([["王小明", phone_of(2), "", ""]]), actor, now)
    assert (job.created, job.updated) == (0, 1)
    assert ImportedCustomer.objects.get(job=job).customer_id == kept.pk
    registered = registration.register_customer(
        phone=phone_of(2), notice_version="2026-1", source="app", channel="API", now=now
    )
    assert registered.pk == kept.pk


def test_a_frozen_record_gets_no_log_in(actor: User, now: datetime) -> None:
    customer = intake.create_customer(
        fields={"name": "王小明", "phone": phone_of(1), "identity_number": citizen_number(1)},
        source="RM",
        actor=actor,
        now=now,
    )
    Customer.objects.filter(pk=customer.pk).update(status="FROZEN")
    users = User.objects.count()
    with pytest.raises(registration.PhoneTaken), transaction.atomic():
        registration.register_customer(phone=phone_of(1), notice_version="2026-1", source="app", channel="API", now=now)
    assert User.objects.count() == users


@pytest.mark.django_db(transaction=True)
def test_two_batches_about_the_same_people_make_each_once(now: datetime) -> None:
    seeding.run_seeds(business_date=now.date(), now=now)
    chance = random.Random(1)
    people = [intake.Incoming(n, {"name": "王小明", "phone": phone_of(n)}) for n in range(1, 60)]
    faults: list[Any] = []

    def run() -> None:
        rows = people[:]
        chance.shuffle(rows)
        try:
            for outcome in intake.take_in(rows=rows, source="IMPORT:x", actor=None, now=clock.at(date(2026, 3, 2), 10)):
                if not outcome.customer_id:
                    faults.append(outcome)
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert Customer.objects.count() == len(people)
