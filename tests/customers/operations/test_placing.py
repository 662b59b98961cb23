"""Who gets the customers that an import makes."""

from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from core.errors import NotFound
from core.models import User
from customers.models import (
    AssignmentRule,
    Customer,
    ImportJob,
    Notice,
    OwnerChange,
    Pool,
    QuarantinedRow,
    TimelineEntry,
)
from customers.operations import intake
from staff.models import StaffMember
from tests.customers.operations.desk import Desk, make_desk, make_member
from tests.customers.operations.test_intake import make_file, phone_of
from tests.pictures import unchanged


@pytest.fixture
def desk(db: None) -> Desk:
    made = make_desk()
    AssignmentRule.objects.create(name="展会客户", team=made.team, way=AssignmentRule.Way.IN_TURN)
    return made


@pytest.fixture
def actor(desk: Desk) -> User:
    return make_member("data-officer", desk.place, None).user


def bring_in(count: int, actor: User, now: datetime, *, faulty: int = 0, **given: Any) -> ImportJob:
    rows = [["王小明", phone_of(n), "", ""] for n in range(1, count + 1)] + [["李雷", "12", "", ""]] * faulty
    job = intake.upload_import(source="fair", file_name="list.csv", raw=make_file(rows), actor=actor, now=now)
    intake.start_import(job_id=job.pk, mapping=job.mapping, is_dry_run=False, actor=actor, now=now, **given)
    assert intake.run_import(job_id=job.pk, read_now=lambda: now)
    job.refresh_from_db()
    return job


def books(desk: Desk) -> tuple[int, ...]:
    members = (desk.rm, desk.other, desk.lead, desk.stranger)
    return tuple(Customer.objects.filter(rm=member).count() for member in members)


def test_the_rules_share_out_what_an_import_brings_within_capacity(desk: Desk, actor: User, now: datetime) -> None:
    StaffMember.objects.filter(pk=desk.other.pk).update(capacity=2)
    job = bring_in(11, actor, now)
    assert books(desk) == (5, 2, 4, 0)
    assert job.created == 11
    assert set(Customer.objects.values_list("owned_since", "version")) == {(now, 2)}
    assert set(OwnerChange.objects.values_list("reason", "batch", "note")) == {("RULE", job.batch, "展会客户")}
    notices = Notice.objects.filter(kind="customers.received").values_list("member", "params")
    assert {pk: params["count"] for pk, params in notices} == {desk.rm.pk: 5, desk.other.pk: 2, desk.lead.pk: 4}
    told = TimelineEntry.objects.filter(text_code="customers.rm_assigned")
    assert told.count() == 11
    assert {entry.params["rm"] for entry in told} == {str(desk.rm), str(desk.other), str(desk.lead)}


def test_who_finds_no_room_goes_into_the_pool(desk: Desk, actor: User, now: datetime) -> None:
    StaffMember.objects.filter(team=desk.team).update(capacity=1)
    bring_in(5, actor, now)
    assert books(desk) == (1, 1, 1, 0)
    assert Customer.objects.filter(pool=desk.pool, pooled_at=now, rm=None).count() == 2


def test_a_chunk_is_shared_out_in_few_statements(
    desk: Desk, actor: User, now: datetime, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(60):
        bring_in(300, actor, now)
    assert books(desk) == (100, 100, 100, 0)


def test_they_may_stay_without_an_owner(desk: Desk, actor: User, now: datetime) -> None:
    bring_in(3, actor, now, placing="NOBODY")
    assert set(Customer.objects.values_list("rm", "pool", "version")) == {(None, None, 1)}
    assert not OwnerChange.objects.exists() and not Notice.objects.exists()


def test_they_may_go_into_a_pool_of_choice(desk: Desk, actor: User, now: datetime) -> None:
    pool = Pool.objects.create(name="展会公海", department=desk.place)
    job = bring_in(3, actor, now, placing="POOL", pool_id=pool.pk)
    assert set(Customer.objects.values_list("rm", "pool", "pooled_at")) == {(None, pool.pk, now)}
    assert intake.undo_import(job_id=job.pk, actor=actor, now=now) == 3
    assert not Customer.objects.exists() and not OwnerChange.objects.exists()


def test_a_pool_out_of_reach_is_refused(desk: Desk, actor: User, now: datetime) -> None:
    closed = Pool.objects.create(name="旧公海", department=desk.place, is_active=False)
    job = intake.upload_import(
        source="fair", file_name="x.csv", raw=make_file([["王", phone_of(1), "", ""]]), actor=actor, now=now
    )
    for placing, pool_id in (("POOL", closed.pk), ("POOL", None), ("ANYBODY", None)):
        with unchanged(), pytest.raises(NotFound), transaction.atomic():
            intake.start_import(
                job_id=job.pk,
                mapping=job.mapping,
                is_dry_run=False,
                actor=actor,
                now=now,
                placing=placing,
                pool_id=pool_id,
            )
    assert ImportJob.objects.get().state == "UPLOADED"


def test_undo_takes_back_whom_the_rules_have_given_away(desk: Desk, actor: User, now: datetime) -> None:
    job = bring_in(4, actor, now)
    assert intake.undo_import(job_id=job.pk, actor=actor, now=now) == 4
    assert books(desk) == (0, 0, 0, 0)
    assert not OwnerChange.objects.exists() and not Notice.objects.exists()


def test_a_mended_row_goes_where_its_import_went(desk: Desk, actor: User, now: datetime) -> None:
    job = bring_in(2, actor, now, faulty=2)
    first, second = QuarantinedRow.objects.order_by("line")
    outcome = intake.mend_row(row_id=first.pk, texts={"phone": phone_of(8)}, actor=actor, now=now)
    mended = Customer.objects.get(pk=outcome.customer_id)
    assert mended.rm is not None and OwnerChange.objects.get(customer=mended).batch == job.batch
    assert Notice.objects.filter(member=mended.rm, key__startswith=f"{job.batch}:{first.line}").count() == 1
    ImportJob.objects.update(placing="NOBODY")
    outcome = intake.mend_row(row_id=second.pk, texts={"phone": phone_of(9)}, actor=actor, now=now)
    assert Customer.objects.get(pk=outcome.customer_id).rm is None
