"""Labels that policy above writes onto a customer: which value, by which rule, when and why."""

from datetime import datetime
from typing import Any, Final

import orjson
from django.db import transaction

from core.models import User
from customers.models import Customer
from customers.operations import history

# Labels that have a column of their own, because lists filter by them.
_COLUMNS: Final = {"risk_tier", "stage", "value_tier"}


@transaction.atomic
def set_label(
    *,
    customer_id: int,
    label: str,
    value: str,
    rule: str,
    version: str,
    reason: dict[str, Any],
    now: datetime,
    actor: User | None = None,
) -> bool:
    """Set one label and return whether its value changed; a change stands on the timeline.

    The timeline's sentence is registered by the writer under `customers.<label>.<value>`. The same value for the
    same reason writes nothing.
    """
    customer = Customer.objects.select_for_update().get(pk=customer_id)
    before = customer.labels.get(label, {})
    entry = {
        "value": value,
        "rule": rule,
        "version": version,
        "reason": orjson.loads(orjson.dumps(reason, default=str)),
        "at": now.isoformat(),
    }
    present = getattr(customer, label) if label in _COLUMNS else before.get("value")
    if present == value and all(before.get(key) == entry[key] for key in ("value", "rule", "version", "reason")):
        return False
    customer.labels = {**customer.labels, label: entry}
    fields = ["labels"]
    if label in _COLUMNS:
        setattr(customer, label, value)
        fields.append(label)
    customer.save(update_fields=fields)
    if present == value:
        return False
    history.add_timeline(
        customer_id=customer_id,
        kind="change",
        text_code=f"customers.{label}.{value}",
        params={"from": present, "to": value},
        at=now,
        key=f"label:{customer_id}:{label}:{now.isoformat()}",
        actor=actor,
    )
    return True
