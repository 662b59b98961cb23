"""Ending a disagreement of sources: one value stays, the others were looked at."""

from datetime import datetime

from django.db import transaction

from core import audit
from core.errors import NotFound
from core.models import User
from customers import fields
from customers.models import Customer, FieldClaim
from customers.operations.facts.changing import FactsResult, set_facts
from customers.queries.facts import list_fields, stamp_of
from customers.queries.own import get_latest_profile
from customers.rules.sources import Source


@transaction.atomic
def settle_conflict(*, customer_id: int, claim_id: int, actor: User, now: datetime) -> FactsResult:
    """Keep what one source claims: it becomes the stored value, the other claims of the field are settled.

    Raises NotFound for a claim of another customer or of a field that is gone, and what `set_facts` raises.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    claim = FieldClaim.objects.filter(pk=claim_id, customer=customer).first()
    field = list_fields().get(claim.field) if claim is not None else None
    if claim is None or field is None:
        raise NotFound
    seen = stamp_of(field, customer, get_latest_profile(customer))
    result = set_facts(
        customer_id=customer_id,
        values={claim.field: fields.from_text(field, claim.value)},
        source=Source.RM,
        actor=actor,
        now=now,
        expected={claim.field: seen},
    )
    _settle(customer, claim.field, actor, now)
    return result


@transaction.atomic
def keep_stored(*, customer_id: int, field: str, actor: User, now: datetime) -> int:
    """Leave the stored value and settle what other sources claim; returns how many claims that were."""
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    return _settle(customer, field, actor, now)


def _settle(customer: Customer, field: str, actor: User, now: datetime) -> int:
    rows = FieldClaim.objects.filter(customer=customer, field=field, settled_at__isnull=True)
    count = rows.update(settled_at=now)
    if count:
        audit.record(actor=actor, action="customers.conflict_settled", target=customer, data={"field": field}, now=now)
    return count
