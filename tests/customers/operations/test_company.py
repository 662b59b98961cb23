"""A firm entered by staff."""

from datetime import datetime
from typing import Any

import pytest

from core import clock, outbox, seeding
from core.models import AuditEntry, OutboxEvent, User
from customers.models import Customer, FieldClaim, TimelineEntry
from customers.operations.facts import InvalidFacts, ValueTaken
from customers.operations.intake import InvalidCustomer
from customers.operations.intake.company import create_company
from customers.rules.identity import check_firm_code
from tests.fixtures.borrowers import make_staff

CODE = "91110108MA01KPQW2H"
TABLES = (Customer, FieldClaim, TimelineEntry, AuditEntry, OutboxEvent)


@pytest.fixture
def actor(db: None, now: datetime) -> User:
    seeding.run_seeds(business_date=now.date(), now=now)
    return make_staff("data-officer")


def found(actor: User, now: datetime, **changes: Any) -> Customer:
    given = {"name": "顺达物流有限公司", "credit_code": CODE, "phone": "13800000001", "source": "visit"} | changes
    return create_company(actor=actor, now=now, **given)


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
        ({"credit_code": ""}, InvalidCustomer, "identity_number"),
        ({"credit_code": CODE[:-1] + "A"}, InvalidFacts, "identity_number"),
        ({"phone": "123"}, InvalidFacts, "phone"),
        ({"name": "无"}, InvalidFacts, "name"),
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
                {"credit_code": "91310105MA3FC5X80K", "phone": "13800000003"} | changes
                if refusal is not ValueTaken
                else changes
            ),
        )
    assert field in caught.value.fields  # type: ignore[attr-defined]
    assert [model.objects.count() for model in TABLES] == before
