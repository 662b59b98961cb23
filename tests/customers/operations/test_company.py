"""A firm entered by staff."""

from datetime import datetime
from typing import Any

import pytest

from core import clock, outbox
from core.models import AuditEntry, OutboxEvent, User
from customers.fields import COMPANY_LABELS
from customers.models import Customer, FieldClaim, TimelineEntry
from customers.operations.facts import InvalidFacts, UnknownFact, ValueTaken, set_facts
from customers.operations.intake import InvalidCustomer
from customers.operations.intake.company import create_company
from customers.queries.facts import read_facts
from customers.rules.identity import check_firm_code
from tests.customers.operations.desk import make_customer
from tests.fixtures.borrowers import make_staff
from tests.pictures import unchanged

CODE = "91110108MA01KPQW2H"
TABLES = (Customer, FieldClaim, TimelineEntry, AuditEntry, OutboxEvent)


@pytest.fixture
def actor(standard_house: None) -> User:
    return make_staff("data-officer")


def found(actor: User, now: datetime, **changes: Any) -> Customer:
    given = {"name": "顺达物流有限公司", "identity_number": CODE, "phone": "13800000001"} | changes
    return create_company(fields=given, source="visit", actor=actor, now=now)


def test_a_firm_is_found_by_its_name_and_waits_for_an_rm(actor: User, now: datetime) -> None:
    assert check_firm_code(CODE).is_valid
    firm = found(actor, now)
    firm.refresh_from_db()
    assert (firm.kind, firm.name, firm.identity_number) == ("COMPANY", "顺达物流有限公司", CODE)
    assert firm.status == "REGISTERED"
    assert firm.user_id is None
    assert firm.identity_index and firm.phone_tail_index and "物流" in firm.search_grams
    assert (firm.birth_date, firm.sex, firm.region_code) == (None, "", "")
    assert FieldClaim.objects.filter(customer=firm, source="RM").count() == 3
    assert TimelineEntry.objects.filter(customer=firm, text_code="customers.taken_in").count() == 1
    assert AuditEntry.objects.filter(action="customers.taken_in", target_id=str(firm.pk)).exists()
    with clock.use_clock(now):
        outbox.drain()
    assert outbox.pending_count() == 0


@pytest.mark.parametrize(
    ("changes", "refusal", "field"),
    [
        ({"name": " "}, InvalidCustomer, "name"),
        ({"identity_number": ""}, InvalidCustomer, "identity_number"),
        ({"identity_number": CODE[:-1] + "A"}, InvalidFacts, "identity_number"),
        ({"phone": "123"}, InvalidFacts, "phone"),
        ({"name": "无"}, InvalidFacts, "name"),
        ({"legal_representative": "12"}, InvalidFacts, "legal_representative"),
        ({"role": "owner"}, InvalidCustomer, "role"),
        ({"phone": "13800000002"}, ValueTaken, "identity_number"),
    ],
)
def test_what_is_no_firm_or_known_is_refused(
    changes: dict[str, str], refusal: type[Exception], field: str, actor: User, now: datetime
) -> None:
    found(actor, now)
    before = [model.objects.count() for model in TABLES]
    with pytest.raises(refusal) as caught:
        found(
            actor,
            now,
            **(
                {"identity_number": "91310105MA3FC5X80K", "phone": "13800000003"} | changes
                if refusal is not ValueTaken
                else changes
            ),
        )
    assert field in caught.value.fields  # type: ignore[attr-defined]
    assert [model.objects.count() for model in TABLES] == before


def test_a_firm_has_a_firms_facts_and_no_birth_date(actor: User, now: datetime) -> None:
    firm = found(
        actor, now, legal_representative="王小明", contact_person="李静", role="both", address="北京市朝阳区建国路1号"
    )
    assert (firm.is_borrower, firm.is_investor) == (True, True)
    facts = read_facts(firm)
    assert [str(facts[name].field.label) for name in ("name", "identity_number", "address")] == [
        str(label) for label in COMPANY_LABELS.values()
    ]
    assert (facts["legal_representative"].shown, facts["contact_person"].shown) == ("王小明", "李静")
    assert not {"birth_date", "sex", "employer"} & set(facts)
    with pytest.raises(UnknownFact), unchanged():
        set_facts(customer_id=firm.pk, values={"birth_date": "1990-01-01"}, source="RM", actor=actor, now=now)
    person = make_customer(None, now, phone="", phone_index="")
    assert not {"legal_representative", "contact_person"} & set(read_facts(person))
    with pytest.raises(UnknownFact), unchanged():
        set_facts(customer_id=person.pk, values={"contact_person": "李静"}, source="RM", actor=actor, now=now)
