"""How far people come who register, and calling back those who stopped and agreed to be called."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import OuterRef, Subquery

from core import clock
from core.registries import find_marketing_bars
from customers.models import Consent, Customer, RegistrationStep, VerificationCode, WorkItem
from customers.operations import history, process
from customers.operations.history import WorkItemRow
from customers.queries.funnel import list_stopped

STEP: Final = "customers.registration_follow_up"
STEP_ORDER: Final = 860
_URGENCY: Final = 70


def note_phone(*, verification_id: int, now: datetime) -> None:
    """Note that somebody asked for a code to register; only the blind index of his phone is kept."""
    row = VerificationCode.objects.filter(pk=verification_id, purpose="REGISTER").only("phone_index").first()
    if row is not None:
        RegistrationStep.objects.bulk_create(
            [RegistrationStep(phone_index=row.phone_index, step=RegistrationStep.Step.PHONE, at=now)],
            ignore_conflicts=True,
        )


@transaction.atomic
def note_step(*, customer_ids: Sequence[int], step: str, now: datetime) -> None:
    """Note that customers reached a step of registering; each step is noted once, the earlier ones with it.

    What we do with them from there on begins; what it proves is done.
    """
    order = RegistrationStep.Step.values
    reached = order[: order.index(step) + 1]
    rows = Customer.objects.filter(pk__in=customer_ids).exclude(phone_index="")
    customers = list(rows.order_by("pk").values_list("pk", "phone_index", "source"))
    RegistrationStep.objects.bulk_create(
        [
            RegistrationStep(phone_index=index, customer_id=pk, step=code, channel=source, at=now)
            for pk, index, source in customers
            for code in reached
        ],
        ignore_conflicts=True,
    )
    known = Customer.objects.filter(phone_index=OuterRef("phone_index"))
    RegistrationStep.objects.filter(
        phone_index__in=[index for _pk, index, _source in customers], customer__isnull=True
    ).update(customer=Subquery(known.values("pk")), channel=Subquery(known.values("source")))
    process.begin_steps(customer_ids=customer_ids, now=now)


@transaction.atomic
def follow_up_stopped(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Raise work about those who stopped registering a few days ago and agreed to be called; once a person."""
    since, until = clock.at(business_date - timedelta(days=30), 0), clock.at(business_date - timedelta(days=1), 0)
    customers = list(
        list_stopped(since=since, until=until)
        .filter(consents__purpose=Consent.Purpose.MARKETING, consents__withdrawn_at__isnull=True, rm__isnull=False)
        .values_list("pk", "public_id", "rm_id", "status")
        .distinct()
        .order_by("pk")[:10_000]
    )
    held = find_marketing_bars([pk for pk, *_rest in customers], business_date + timedelta(days=1))
    customers = [row for row in customers if row[0] not in held]
    keys = {pk: f"{STEP}:{pk}" for pk, *_rest in customers}
    known = set(WorkItem.objects.filter(key__in=keys.values()).values_list("key", flat=True))
    rows = [
        WorkItemRow(
            group=WorkItem.Group.LEADS,
            kind=STEP,
            reason_code="customers.registration_stopped",
            key=keys[pk],
            raised_at=now,
            params={"step": "IDENTITY" if status == Customer.Status.REGISTERED else "CARD"},
            customer_id=pk,
            assignee_id=rm_id,
            urgency=_URGENCY,
            url=f"/customers/{public_id}/",
        )
        for pk, public_id, rm_id, status in customers
        if keys[pk] not in known
    ]
    history.raise_work_bulk(rows)
    return len(rows)
