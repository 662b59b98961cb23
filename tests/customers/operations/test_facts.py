"""Facts change in one way: with history, source, order of trust, and nobody's work lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from core.errors import BusinessError
from core.fields import blind_index
from core.models import AuditEntry, OutboxEvent
from customers.models import Customer, CustomField, FieldChange, FieldClaim, FinancialProfile, TimelineEntry
from customers.operations import profile as profiles
from customers.operations.facts import (
    FactLocked,
    FactsConflict,
    InvalidFacts,
    UnknownFact,
    ValueTaken,
    keep_stored,
    refresh_completeness,
    set_facts,
    settle_conflict,
)
from customers.queries.facts import (
    list_conflicts,
    list_field_changes,
    measure_completeness,
    measure_finances,
    read_facts,
    take_stamps,
)

ADDRESS, OTHER_ADDRESS = "上海市黄浦区南京东路100号", "广州市天河区体育西路8号"


@pytest.fixture
def customer(db: None, now: datetime) -> Customer:
    return make_customer(1, now)


def make_customer(number: int, now: datetime) -> Customer:
    phone = f"1380013800{number}"
    return Customer.objects.create(
        number=f"C-{number}",
        name="王小明",
        phone=phone,
        phone_index=blind_index(phone, "phone"),
        phone_tail_index=blind_index(phone[-4:], "phone_tail"),
        registered_at=now,
    )


def change(customer: Customer, now: datetime, source: str = "RM", **values: Any) -> Any:
    expected = values.pop("expected", None)
    return set_facts(customer_id=customer.pk, values=values, source=source, actor=None, now=now, expected=expected)


def counts() -> tuple[int, ...]:
    rows = (FieldChange, FieldClaim, FinancialProfile, AuditEntry, OutboxEvent, TimelineEntry)
    return tuple(row.objects.count() for row in rows)


def test_a_change_keeps_what_was_before_and_tells_of_it(customer: Customer, now: datetime) -> None:
    result = change(customer, now, address=ADDRESS, phone="+86 139-1234-5678", name="单小明")
    customer.refresh_from_db()
    assert result.changed == ("address", "phone", "name")
    assert (customer.address, customer.phone, customer.version) == (ADDRESS, "13912345678", 2)
    assert customer.phone_index == blind_index("13912345678", "phone")
    assert customer.phone_tail_index == blind_index("5678", "phone_tail")
    assert customer.name_key.startswith("shan4") and "小明" in customer.search_grams
    row = FieldChange.objects.get(field="phone")
    assert (row.old, row.new, row.source) == ("13800138001", "13912345678", "RM")
    event = OutboxEvent.objects.get(name="customers.customer_facts_changed")
    assert event.payload == {"customer_id": customer.pk, "fields": ["address", "name", "phone"]}
    assert customer.completeness == measure_completeness(customer).score > 0


def test_the_same_value_again_is_no_change(customer: Customer, now: datetime) -> None:
    change(customer, now, address=ADDRESS)
    before = counts()
    assert change(customer, now + timedelta(days=1), address=f" {ADDRESS} ").changed == ()
    assert counts() == before
    assert FieldClaim.objects.get().as_of == now + timedelta(days=1)


@pytest.mark.parametrize(("values", "refusal"), [
    ({"address": "无"}, InvalidFacts),
    ({"phone": "12345"}, InvalidFacts),
    ({"phone": ""}, InvalidFacts),
    ({"name": "王1"}, InvalidFacts),
    ({"email": "nobody", "address": ADDRESS}, InvalidFacts),
    ({"birth_date": "2030-01-01"}, InvalidFacts),
    ({"monthly_income": "-1"}, InvalidFacts),
    ({"monthly_income": "1e5"}, InvalidFacts),
    ({"liquidity_need": "HUGE"}, InvalidFacts),
    ({"interests": ["x"] * 3 + [str(n) for n in range(30)]}, InvalidFacts),
    ({"completeness": 100}, UnknownFact),
    ({"custom.none": "x"}, UnknownFact),
    ({"phone": "13800138002"}, ValueTaken),
])  # fmt: skip
def test_a_refusal_changes_nothing(
    customer: Customer, now: datetime, values: dict[str, Any], refusal: type[BusinessError]
) -> None:
    make_customer(2, now)
    before, rows = counts(), Customer.objects.order_by("pk").values_list("version", "address", "phone_index")
    held = list(rows)
    with pytest.raises(refusal) as refused:
        change(customer, now, **values)
    assert set(refused.value.fields) <= set(values)
    assert counts() == before and list(rows.all()) == held


def test_identified_people_keep_name_and_number(customer: Customer, now: datetime) -> None:
    change(customer, now, source="IDENTITY_CHECK", name="王小明", identity_number="11010519491231002x")
    Customer.objects.filter(pk=customer.pk).update(status="IDENTIFIED", identified_at=now)
    customer.refresh_from_db()
    assert (customer.birth_date, customer.sex, customer.region_code) == (date(1949, 12, 31), "F", "110105")
    before = counts()
    for values in ({"name": "王大明"}, {"identity_number": ""}, {"birth_date": "1949-12-30"}):
        with pytest.raises((FactLocked, InvalidFacts)):
            change(customer, now, **values)
    assert counts() == before
    # Another source is heard, but nothing follows from it.
    assert change(customer, now, source="PARTNER:abc", name="王大明").claimed == ("name",)
    customer.refresh_from_db()
    assert customer.name == "王小明"
    (conflict,) = list_conflicts(customer)
    with pytest.raises(FactLocked):
        settle_conflict(customer_id=customer.pk, claim_id=conflict.claims[0].claim.pk, actor=_rm(), now=now)


def _rm() -> Any:
    from core.models import User

    return User.objects.get_or_create(username="rm", kind=User.Kind.STAFF)[0]


def test_sources_by_their_rank_and_side_by_side(customer: Customer, now: datetime) -> None:
    change(customer, now, source="SELF", address=ADDRESS)
    result = change(customer, now, source="IMPORT:7", address=OTHER_ADDRESS, email="")
    assert (result.changed, result.claimed) == ((), ("address",))
    customer.refresh_from_db()
    assert customer.address == ADDRESS
    (conflict,) = list_conflicts(customer)
    assert conflict.fact.source == "SELF" and conflict.claims[0].claim.source == "IMPORT:7"
    assert conflict.claims[0].shown == "广州市天河区****"
    settle_conflict(customer_id=customer.pk, claim_id=conflict.claims[0].claim.pk, actor=_rm(), now=now)
    customer.refresh_from_db()
    assert customer.address == OTHER_ADDRESS and list_conflicts(customer) == []
    # What was settled stays settled until the source says something new.
    change(customer, now, source="IMPORT:7", address=OTHER_ADDRESS)
    assert list_conflicts(customer) == []
    change(customer, now, source="IMPORT:8", address=ADDRESS)
    assert len(list_conflicts(customer)) == 1
    assert keep_stored(customer_id=customer.pk, field="address", actor=_rm(), now=now) == 1
    assert list_conflicts(customer) == []
    assert AuditEntry.objects.filter(action="customers.conflict_settled").count() == 2


def test_a_customer_replaces_what_he_sees_whoever_said_it(customer: Customer, now: datetime) -> None:
    change(customer, now, source="RM", address=ADDRESS)
    assert change(customer, now, source="SELF", address=OTHER_ADDRESS).changed == ()
    customer.refresh_from_db()
    seen = take_stamps(customer, ["address"])
    assert change(customer, now, source="SELF", address=OTHER_ADDRESS, expected=seen).changed == ("address",)
    customer.refresh_from_db()
    assert list_conflicts(customer) == []


def test_an_editor_who_saw_something_else_is_told_all_three_values(customer: Customer, now: datetime) -> None:
    change(customer, now, likes="钓鱼", address=ADDRESS)
    customer.refresh_from_db()
    seen = take_stamps(customer, ["likes", "address"])
    change(customer, now, likes="下棋", address=OTHER_ADDRESS)
    before = counts()
    with pytest.raises(FactsConflict) as refused:
        change(customer, now, likes="登山", address="北京市朝阳区建国路1号", expected=seen)
    assert counts() == before
    shown = {conflict.name: (conflict.mine, conflict.stored, conflict.original) for conflict in refused.value.conflicts}
    assert shown["likes"] == ("登山", "下棋", "钓鱼")
    assert shown["address"] == ("北京市朝阳区****", "广州市天河区****", "上海市黄浦区****")
    with pytest.raises(FactsConflict):
        change(customer, now, likes="登山", expected={"likes": "钓鱼"})
    assert change(customer, now, likes="登山", expected={"likes": "下棋"}).changed == ("likes",)


def test_finances_are_stated_anew_with_source_and_date(customer: Customer, now: datetime) -> None:
    change(customer, now, monthly_income="20,000", monthly_debt_payment="5000", assets="500000", employer="长城厂")
    result = change(customer, now + timedelta(days=40), employer="黄河厂")
    assert result.profile is not None
    assert (result.profile.monthly_income, result.profile.employer) == ("20000.00", "黄河厂")
    assert result.profile.as_of_date == date(2026, 4, 11)
    assert FinancialProfile.objects.filter(customer=customer).count() == 2
    finances = measure_finances(result.profile)
    assert finances is not None and finances.capacity.debt_ratio == Decimal("0.2500")
    change_row = FieldChange.objects.filter(field="employer").latest("id")
    assert (change_row.old, change_row.new) == ("长城厂", "黄河厂")
    assert next(row for row in list_field_changes(customer.pk) if row.name == "monthly_income").new == "¥*****"


def test_the_customers_own_statement_goes_the_same_way(customer: Customer, now: datetime) -> None:
    def state(income: str, day: date) -> FinancialProfile:
        return profiles.update_profile(
            customer_id=customer.pk,
            address=ADDRESS,
            email="",
            monthly_income=income,
            monthly_debt_payment=Decimal(0),
            assets=Decimal(0),
            liabilities=Decimal(0),
            other_platform_balance=Decimal(0),
            occupation="教师",
            employer="",
            is_student=False,
            employment_years=3,
            housing="RENT",
            source="SELF",
            now=now,
            business_date=day,
        )

    state("8000.00", date(2026, 3, 2))
    assert {row.field for row in FieldChange.objects.all()} >= {"address", "monthly_income", "occupation", "housing"}
    changes = FieldChange.objects.count()
    again = state("8000.00", date(2026, 4, 2))
    assert again.as_of_date == date(2026, 4, 2) and FieldChange.objects.count() == changes
    with pytest.raises(profiles.InvalidIncome):
        state("many", date(2026, 4, 3))
    assert FinancialProfile.objects.count() == 2


def test_custom_fields_by_type(customer: Customer, now: datetime) -> None:
    CustomField.objects.create(code="club", label="俱乐部", type="CHOICE", choices=["金", "银"])
    CustomField.objects.create(code="shoe", label="鞋码", type="NUMBER")
    CustomField.objects.create(code="vip", label="贵宾", type="YES_NO")
    CustomField.objects.create(code="since", label="自", type="DATE")
    CustomField.objects.create(code="old", label="旧", type="TEXT", is_active=False)
    values = {"custom.club": "金", "custom.shoe": "42.50", "custom.vip": "no", "custom.since": "2024-02-29"}
    set_facts(customer_id=customer.pk, values=values, source="RM", actor=None, now=now)
    customer.refresh_from_db()
    assert customer.custom == {"club": "金", "shoe": "42.5", "vip": False, "since": "2024-02-29"}
    before = counts()
    for name, value in (("club", "铜"), ("shoe", "big"), ("vip", "maybe"), ("since", "2023-02-29"), ("old", "x")):
        with pytest.raises((InvalidFacts, UnknownFact)):
            set_facts(customer_id=customer.pk, values={f"custom.{name}": value}, source="RM", actor=None, now=now)
    assert counts() == before
    set_facts(customer_id=customer.pk, values={"custom.club": ""}, source="RM", actor=None, now=now)
    customer.refresh_from_db()
    assert "club" not in customer.custom and read_facts(customer)["custom.vip"].shown


def test_nothing_sensitive_stands_in_clear(customer: Customer, now: datetime) -> None:
    secrets = {
        "phone": "13911112222",
        "address": "深圳市南山区科技园南路99号",
        "email": "secret.person@example.com",
        "monthly_income": "76543.00",
        "identity_number": "11010519491231002X",
    }
    change(customer, now, **secrets)
    change(customer, now, address=ADDRESS, phone="13933334444", email="other@example.com", monthly_income="1.00")
    customer.refresh_from_db()
    shown = repr(list_field_changes(customer.pk)) + repr(read_facts(customer)) + repr(list_conflicts(customer))
    with connection.cursor() as cursor:
        for table in ("customers_fieldchange", "customers_fieldclaim", "core_auditentry", "core_outboxevent",
                      "customers_timelineentry", "customers_financialprofile", "customers_customer"):  # fmt: skip
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            shown += cursor.fetchone()[0] or ""
    for secret in secrets.values():
        assert secret not in shown


def test_the_score_in_bulk_is_the_score_of_each(customer: Customer, now: datetime) -> None:
    other = make_customer(2, now)
    change(customer, now, address=ADDRESS, monthly_income="8000.00", occupation="教师")
    Customer.objects.update(completeness=0)
    assert refresh_completeness([customer.pk, other.pk]) == 2
    for row in Customer.objects.all():
        assert row.completeness == measure_completeness(row).score > 0
    assert refresh_completeness([customer.pk, other.pk]) == 0


@pytest.mark.django_db(transaction=True)
def test_editors_at_once_lose_nothing(now: datetime) -> None:
    """Eight people edit from the same view of a record: on different fields all succeed, on one field one does."""
    customer = make_customer(1, now)
    seen = take_stamps(customer, ["likes", "address", "email", "liquidity_need"])
    edits: list[dict[str, Any]] = [{"likes": f"第{n}种爱好"} for n in range(5)]
    edits += [{"address": ADDRESS}, {"email": "a@example.com"}, {"liquidity_need": "LOW"}]
    barrier = Barrier(len(edits))

    def edit(values: dict[str, Any]) -> str:
        barrier.wait(timeout=30)
        try:
            change(customer, now, expected=seen, **values)
            return "done"
        except FactsConflict as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(edits)) as pool:
        ended = Counter(pool.map(edit, edits))
    assert ended == {"done": 4, "facts_conflict": 4}
    customer.refresh_from_db()
    assert (customer.address, customer.email, customer.liquidity_need) == (ADDRESS, "a@example.com", "LOW")
    assert customer.likes and customer.version == 5
    assert FieldChange.objects.count() == 4
