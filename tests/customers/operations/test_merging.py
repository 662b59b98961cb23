"""Merging carries everything over; taking apart brings every row back."""

import random
import threading
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from core import seeding
from core.models import AuditEntry, OutboxEvent, User
from customers.models import (
    BankCard,
    ChannelPreference,
    Collaborator,
    Consent,
    Contact,
    Customer,
    CustomerRole,
    DuplicatePair,
    FieldClaim,
    FinancialProfile,
    Merge,
    Note,
    RecordVisit,
    Relation,
    TimelineEntry,
)
from customers.operations import merging, ownership, undo
from customers.operations.merging.rows import list_every_pointer, list_pointers
from customers.operations.ownership.statements import SYNC_ACCESS
from customers.queries.own import find_user_by_phone
from customers.rules.names import build_name_keys
from ledger.models import CustodyAccount
from staff.models import StaffMember
from tests.fixtures.borrowers import make_staff

_serial = count(5000)
# What a merge writes about itself.
OWN_TRACES = {"customers_merge", "core_auditentry", "core_outboxevent", "core_eventdelivery"}


@pytest.fixture
def actor(standard_house: None) -> User:
    return make_staff("data-officer")


def make_record(now: datetime, name: str = "王小明", **values: Any) -> Customer:
    number = next(_serial)
    keys = build_name_keys(name)
    return Customer.objects.create(
        **{
            "number": f"C-M{number}",
            "name": name,
            "name_key": keys.sort_key,
            "search_grams": list(keys.grams),
            "phone": f"138{number:08d}",
            "phone_index": f"p{number}",
            "phone_tail_index": f"t{number}",
            "registered_at": now - timedelta(days=number % 7),
            **values,
        }
    )


def take_snapshot() -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table in plain text, what counts writes and the merge's own traces left out."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table in OWN_TRACES or not model._meta.managed:
            continue
        found = [dict(row) for row in model._base_manager.order_by("pk").values()]
        if model is Customer:
            for row in found:
                del row["version"]
        if model is TimelineEntry:
            found = [row for row in found if not row["text_code"].startswith("customers.merge")]
        rows[model._meta.db_table] = found
    return rows


def make_world(seed: int, now: datetime, actor: User) -> tuple[Customer, Customer]:
    """Two records with rows of their own in many tables, some of them on both sides where only one may stand."""
    chance = random.Random(seed)
    members = [make_staff("rm").staff_member for _ in range(2)]
    user = User.objects.create(username=f"c{next(_serial)}", kind=User.Kind.CUSTOMER) if chance.random() < 0.6 else None
    other_user = (
        User.objects.create(username=f"c{next(_serial)}", kind=User.Kind.CUSTOMER) if chance.random() < 0.6 else None
    )
    identified = chance.choice([0, 1, 2])
    facts = {
        "identity_number": f"{seed:018d}",
        "identity_index": f"i{seed}",
        "status": "IDENTIFIED",
        "birth_date": date(1990, 1, 2),
        "identified_at": now,
        "sex": "M",
        "region_code": "110105",
    }
    kept = make_record(
        now,
        user=user,
        rm=chance.choice([*members, None]),
        interests=["骑行"],
        custom={"a": "1"},
        **(facts if identified == 1 else {}),
    )
    merged = make_record(
        now,
        chance.choice(["王晓明", "王小明", ""]),
        user=other_user,
        rm=chance.choice([*members, None]),
        address=chance.choice(["", "北京市朝阳区建国路1号"]),
        email=chance.choice(["", "wang@example.com"]),
        custom={"b": "2"},
        latest_contact_at=now,
        is_investor=True,
        **(facts if identified == 2 else {}),
    )
    third = make_record(now)
    for customer in (kept, merged):
        for _ in range(chance.randrange(4)):
            fill(chance, customer, third, members, now, actor)
    Relation.objects.create(customer=merged, other=kept, kind="FRIEND", source="RM", created_at=now)
    first, second = sorted((kept.pk, merged.pk))
    DuplicatePair.objects.create(first_id=first, second_id=second, score=80, found_at=now)
    with connection.cursor() as cursor:
        cursor.execute(SYNC_ACCESS, {"ids": [first, second]})
    return kept, merged


def fill(
    chance: random.Random, customer: Customer, third: Customer, members: list[StaffMember], now: datetime, actor: User
) -> None:
    key = f"k{next(_serial)}"
    TimelineEntry.objects.create(customer=customer, at=now, kind="change", text_code="x", key=key)
    Contact.objects.create(customer=customer, channel="CALL", at=now, member=actor.staff_member)
    Note.objects.create(customer=customer, text=key, author=actor.staff_member, at=now)
    FinancialProfile.objects.create(customer=customer, as_of_date=now.date(), source=key, monthly_income="8000.00")
    ChannelPreference.objects.get_or_create(customer=customer, defaults={"channels": ["SMS"]})
    Consent.objects.get_or_create(
        customer=customer,
        purpose=chance.choice(["SERVICE", "MARKETING"]),
        recipient="",
        withdrawn_at=None,
        defaults={"notice_version": "1", "channel": "app", "given_at": now, "evidence_hash": key},
    )
    BankCard.objects.get_or_create(
        customer=customer,
        number_index=chance.choice(["n1", "n2"]),
        defaults={
            "number": "6222020200112230018",
            "tail": "0018",
            "reserved_phone": "13800138000",
            "state": "BOUND",
            "asked_at": now,
        },
    )
    CustomerRole.objects.get_or_create(
        customer=customer, role=chance.choice(["BORROWER", "INVESTOR"]), defaults={"since_date": now.date()}
    )
    Collaborator.objects.get_or_create(
        customer=customer, member=chance.choice(members), defaults={"level": "READ", "added_at": now}
    )
    RecordVisit.objects.get_or_create(customer=customer, member=chance.choice(members), defaults={"at": now})
    FieldClaim.objects.get_or_create(
        customer=customer, field="name", source="WEB", defaults={"value": key, "value_index": key, "as_of": now}
    )
    Relation.objects.get_or_create(
        customer=customer, other=third, kind="SIBLING", defaults={"source": "RM", "created_at": now}
    )
    Relation.objects.get_or_create(
        customer=third, other=customer, kind="SIBLING", defaults={"source": "RM", "created_at": now}
    )


@pytest.mark.parametrize("seed", range(12))
def test_undo_restores_every_row_of_a_random_world(actor: User, now: datetime, seed: int) -> None:
    kept, merged = make_world(seed, now, actor)
    choices = {key: random.Random(seed).choice(["kept", "merged"]) for key in ("name", "phone", "address", "rm")}
    before = take_snapshot()
    merge = merging.merge_customers(kept_id=kept.pk, merged_id=merged.pk, choices=choices, actor=actor, now=now)
    assert take_snapshot() != before
    merging.undo_merge(merge_id=merge.pk, actor=actor, now=now)
    assert take_snapshot() == before


def test_every_pointer_at_a_customer_is_known_or_stays_for_a_reason(actor: User) -> None:
    staying = {pointer.name for pointer in list_every_pointer()} - {pointer.name for pointer in list_pointers()}
    assert staying == {
        "customers_customer.merged_into_id",
        "customers_merge.kept_id",
        "customers_merge.merged_id",
        "customers_duplicatepair.first_id",
        "customers_duplicatepair.second_id",
        "customers_importedcustomer.customer_id",
        "ledger_account.customer_id",
        "risk_decisionrecord.customer_id",
        "risk_reassessment.customer_id",
        "service_collectioncontact.customer_id",
    }


def test_the_kept_record_has_the_history_both_names_and_what_it_lacked(actor: User, now: datetime) -> None:
    kept, merged = (
        make_record(now, "王小明"),
        make_record(now, "欧阳娜", email="n@example.com", address="上海市黄浦区人民路1号"),
    )
    note = Note.objects.create(customer=merged, text="hello", author=actor.staff_member, at=now)
    merging.merge_customers(kept_id=kept.pk, merged_id=merged.pk, choices={"address": "kept"}, actor=actor, now=now)
    kept.refresh_from_db()
    note.refresh_from_db()
    assert note.customer_id == kept.pk
    assert (kept.name, kept.email, kept.address) == ("王小明", "n@example.com", "")
    assert {"小明", "娜", "ouyang"} <= set(kept.search_grams)
    assert Customer.objects.get(pk=merged.pk).merged_into_id == kept.pk


def test_a_log_in_goes_along_and_the_old_phone_still_finds_it(actor: User, now: datetime) -> None:
    from core.fields import blind_index

    user = User.objects.create(username="c-log-in", kind=User.Kind.CUSTOMER)
    kept = make_record(now)
    merged = make_record(now, user=user, phone="13900139000", phone_index=blind_index("13900139000", "phone"))
    merge = merging.merge_customers(kept_id=kept.pk, merged_id=merged.pk, choices={}, actor=actor, now=now)
    assert Customer.objects.get(pk=kept.pk).user_id == user.pk
    assert find_user_by_phone("13900139000") == user
    merging.undo_merge(merge_id=merge.pk, actor=actor, now=now)
    assert Customer.objects.get(pk=merged.pk).user_id == user.pk


def test_what_was_changed_or_added_since_stays_with_the_kept_record(actor: User, now: datetime) -> None:
    kept, merged = make_record(now, "王小明"), make_record(now, "王晓明", email="n@example.com")
    merge = merging.merge_customers(
        kept_id=kept.pk, merged_id=merged.pk, choices={"name": "merged"}, actor=actor, now=now
    )
    Customer.objects.filter(pk=kept.pk).update(email="new@example.com")
    later = Note.objects.create(customer=kept, text="later", author=actor.staff_member, at=now)
    merging.undo_merge(merge_id=merge.pk, actor=actor, now=now)
    kept.refresh_from_db()
    later.refresh_from_db()
    assert (kept.name, kept.email, later.customer_id) == ("王小明", "new@example.com", kept.pk)
    assert Customer.objects.get(pk=merged.pk).email == "n@example.com"


def test_who_may_read_follows_the_rows_back(actor: User, now: datetime) -> None:
    before, since = (make_staff("rm").staff_member for _ in range(2))
    kept, gone = make_record(now), make_record(now)
    given: dict[str, Any] = {"level": "READ", "title": "", "actor": actor, "now": now}
    ownership.set_collaborator(customer_id=gone.pk, member_id=before.pk, **given)
    merge = merging.merge_customers(kept_id=kept.pk, merged_id=gone.pk, choices={}, actor=actor, now=now)
    ownership.set_collaborator(customer_id=kept.pk, member_id=since.pk, **given)
    merging.undo_merge(merge_id=merge.pk, actor=actor, now=now)
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.reader_ids, gone.reader_ids) == ([since.pk], [before.pk])


def refuse(error: type[Exception], **arguments: Any) -> None:
    before, entries, events = take_snapshot(), AuditEntry.objects.count(), OutboxEvent.objects.count()
    with pytest.raises(error), transaction.atomic():
        merging.merge_customers(**arguments)
    assert take_snapshot() == before
    assert (AuditEntry.objects.count(), OutboxEvent.objects.count(), Merge.objects.count()) == (entries, events, 0)


def test_refusals_change_nothing(actor: User, now: datetime) -> None:
    kept = make_record(now, identity_number="1", identity_index="i1", status="IDENTIFIED")
    other = make_record(now, identity_number="2", identity_index="i2", status="IDENTIFIED")
    plain = make_record(now)
    banked = make_record(now)
    CustodyAccount.objects.create(customer=banked, status="OPEN", number="620000000001", asked_at=now, opened_at=now)
    given: dict[str, Any] = {"choices": {}, "actor": actor, "now": now}
    refuse(merging.TwoIdentities, kept_id=kept.pk, merged_id=other.pk, **given)
    refuse(merging.MergeImpossible, kept_id=kept.pk, merged_id=banked.pk, **given)
    refuse(merging.MergeOutdated, kept_id=kept.pk, merged_id=plain.pk, versions={kept.pk: 1, plain.pk: 9}, **given)
    refuse(Exception, kept_id=kept.pk, merged_id=kept.pk, **given)
    refuse(Exception, kept_id=kept.pk, merged_id=10**9, **given)
    refuse(Exception, kept_id=kept.pk, merged_id=plain.pk, **{**given, "choices": {"number": "merged"}})


def test_merges_are_taken_apart_the_latest_first_and_only_once(actor: User, now: datetime) -> None:
    one, two, three = (make_record(now) for _ in range(3))
    given: dict[str, Any] = {"choices": {}, "actor": actor, "now": now}
    before = take_snapshot()
    first = merging.merge_customers(kept_id=one.pk, merged_id=two.pk, **given)
    with pytest.raises(merging.MergeRepeated):
        merging.merge_customers(kept_id=three.pk, merged_id=two.pk, **given)
    second = merging.merge_customers(kept_id=three.pk, merged_id=one.pk, **given)
    with pytest.raises(merging.MergeCovered), transaction.atomic():
        merging.undo_merge(merge_id=first.pk, actor=actor, now=now)
    merging.undo_merge(merge_id=second.pk, actor=actor, now=now)
    merging.undo_merge(merge_id=first.pk, actor=actor, now=now)
    assert take_snapshot() == before
    with pytest.raises(merging.MergeRepeated):
        merging.undo_merge(merge_id=first.pk, actor=actor, now=now)


def test_a_merge_is_taken_back_from_its_toast(actor: User, now: datetime) -> None:
    kept, merged = make_record(now), make_record(now)
    merge = merging.merge_customers(kept_id=kept.pk, merged_id=merged.pk, choices={}, actor=actor, now=now)
    act = undo.remember_act(kind="customers.merge", payload={"merge_id": merge.pk}, count=1, actor=actor, now=now)
    undo.take_back(public_id=act.public_id, actor=actor, now=now)
    assert Merge.objects.get().undone_by == actor


def test_a_dismissed_pair_stays_dismissed(actor: User, now: datetime) -> None:
    one, two = make_record(now), make_record(now)
    pair = DuplicatePair.objects.create(first=one, second=two, score=70, found_at=now)
    merging.dismiss_pair(pair_id=pair.pk, actor=actor, now=now)
    merging.reverse_dismissal(payload={"pair_id": pair.pk}, actor=actor, now=now)
    pair.refresh_from_db()
    assert (pair.state, pair.judged_by) == ("OPEN", None)


@pytest.mark.django_db(transaction=True)
def test_of_two_merges_at_once_one_is_done(now: datetime) -> None:
    seeding.run_seeds(business_date=now.date(), now=now)
    actor = make_staff("data-officer")
    kept, merged = make_record(now), make_record(now)
    outcomes: list[str] = []

    def run(kept_id: int, merged_id: int) -> None:
        try:
            merging.merge_customers(kept_id=kept_id, merged_id=merged_id, choices={}, actor=actor, now=now)
            outcomes.append("done")
        except merging.MergeRepeated:
            outcomes.append("refused")
        finally:
            connection.close()

    # One keeps the one record, one the other: without the lock each would go into the other.
    threads = [threading.Thread(target=run, args=pair) for pair in [(kept.pk, merged.pk), (merged.pk, kept.pk)] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused", "refused", "refused"]
    assert Merge.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_row_written_during_a_merge_waits_and_is_not_lost(now: datetime) -> None:
    seeding.run_seeds(business_date=now.date(), now=now)
    actor = make_staff("data-officer")
    kept, merged = make_record(now), make_record(now)
    held, written = threading.Event(), threading.Event()

    def edit() -> None:
        with transaction.atomic():
            customer = Customer.objects.select_for_update(no_key=True).get(pk=merged.pk)
            held.set()
            Note.objects.create(customer=customer, text="during", author=actor.staff_member, at=now)
            customer.email = "late@example.com"
            customer.version += 1
            customer.save(update_fields=["email", "version"])
            written.wait(1)
        connection.close()

    thread = threading.Thread(target=edit)
    thread.start()
    held.wait(5)
    written.set()
    merging.merge_customers(kept_id=kept.pk, merged_id=merged.pk, choices={}, actor=actor, now=now)
    thread.join()
    assert Note.objects.get().customer_id == kept.pk
    assert Customer.objects.get(pk=kept.pk).email == "late@example.com"
