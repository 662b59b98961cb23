"""Changing many customers at once, in a handful of statements, with the way back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput, Text
from core.ids import public_id
from core.models import User
from core.outbox import publish_many
from customers import fields
from customers.events import CustomerFactsChanged
from customers.models import CustomField, FieldChange, ReversibleAct, WorkItem
from customers.operations import history
from customers.operations.moments import find_moment_fault
from customers.operations.undo import remember_act

FIELD_SET: Final = "customers.field_set_for_many"
TASKS_RAISED: Final = "customers.tasks_raised_for_many"
_URGENCY: Final = 60


class BulkInvalid(InvalidInput):
    """What was asked for many customers cannot be done."""

    code = "bulk_invalid"


_SET = """
UPDATE customers_customer c
SET custom = CASE WHEN %(value)s::jsonb = 'null' THEN c.custom - %(code)s
                  ELSE c.custom || jsonb_build_object(%(code)s::text, %(value)s::jsonb) END,
    version = c.version + 1
FROM (SELECT id, custom -> %(code)s AS old FROM customers_customer
      WHERE id = ANY(%(ids)s) AND merged_into_id IS NULL ORDER BY id FOR NO KEY UPDATE) o
WHERE c.id = o.id AND o.old IS DISTINCT FROM nullif(%(value)s::jsonb, 'null')
RETURNING c.id, o.old
"""


@transaction.atomic
def set_custom_field(
    *, customer_ids: Sequence[int], code: str, value: Any, actor: User, now: datetime
) -> tuple[int, ReversibleAct | None]:
    """Give one of the administrators' fields a value in many records; an empty value empties it. Raises BulkInvalid.

    Returns how many changed, and the way back.
    """
    row = CustomField.objects.filter(code=code, is_active=True).first()
    if row is None:
        raise BulkInvalid(fields={"field": [_("There is no such field.")]})
    spec = fields.describe_custom(row)
    try:
        cleaned = fields.clean(spec, value)
    except fields.Unfit as error:
        raise BulkInvalid(fields={"value": [fields.SENTENCES[error.fault]]}) from error
    before = _write(customer_ids, spec, None if cleaned in ("", None) else cleaned, actor, now)
    if not before:
        return 0, None
    act = remember_act(
        kind=FIELD_SET,
        payload={"code": code, "value": cleaned, "before": {str(pk): old for pk, old in before.items()}},
        count=len(before),
        actor=actor,
        now=now,
    )
    return len(before), act


def put_field_back(*, payload: dict[str, Any], actor: User, now: datetime) -> None:
    """Give each record the value that it had; one that was changed since keeps what it has."""
    row = CustomField.objects.get(code=payload["code"])
    spec = fields.describe_custom(row)
    by_value: dict[str, tuple[Any, list[int]]] = {}
    for pk, old in payload["before"].items():
        by_value.setdefault(repr(old), (old, []))[1].append(int(pk))
    for old, ids in by_value.values():
        _write(_unchanged(ids, spec.key, payload["value"]), spec, old, actor, now)


def _unchanged(ids: list[int], code: str, value: Any) -> list[int]:
    sql = "SELECT id FROM customers_customer WHERE id = ANY(%s) AND (custom -> %s) IS NOT DISTINCT FROM nullif(%s::jsonb, 'null')"
    text = orjson.dumps(None if value == "" else value).decode()
    with connection.cursor() as cursor:
        cursor.execute(sql, [ids, code, text])
        return [row[0] for row in cursor.fetchall()]


def _write(ids: Sequence[int], spec: fields.Field, value: Any, actor: User, now: datetime) -> dict[int, Any]:
    text = orjson.dumps(value).decode()
    with connection.cursor() as cursor:
        cursor.execute(_SET, {"ids": list(ids), "code": spec.key, "value": text})
        before = {pk: orjson.loads(old) if isinstance(old, str) else old for pk, old in cursor.fetchall()}
    new = fields.as_text(spec, value)
    FieldChange.objects.bulk_create(
        [
            FieldChange(
                customer_id=pk,
                field=spec.name,
                old=fields.as_text(spec, old),
                new=new,
                source="RM",
                actor=actor,
                at=now,
            )
            for pk, old in before.items()
        ],
        batch_size=2_000,
    )
    publish_many([CustomerFactsChanged(pk, (spec.name,)) for pk in before], now=now)
    audit.record(
        actor=actor,
        action="customers.field_set_for_many",
        data={"field": spec.name, "count": len(before)},
        now=now,
    )
    return before


@transaction.atomic
def raise_tasks(
    *,
    customer_ids: Sequence[int],
    text: str,
    due_at: datetime,
    assignee_id: int | None,
    actor: User,
    now: datetime,
) -> tuple[int, ReversibleAct | None]:
    """Put one task a customer on a colleague's list, on each RM's own without one. Raises BulkInvalid."""
    faults: dict[str, list[Text]] = {}
    if not text.strip() or len(text) > 200:
        faults["text"] = [_("Say in at most 200 characters what is to be done.")]
    if fault := find_moment_fault(due_at, now):
        faults["due_at"] = [fault]
    if faults:
        raise BulkInvalid(fields=faults)
    batch = f"customers.bulk_task:{public_id()}:"
    history.raise_work_bulk(
        [
            history.WorkItemRow(
                group=WorkItem.Group.REVISIT,
                kind="customers.reminder",
                reason_code="customers.reminder",
                key=f"{batch}{pk}",
                raised_at=now,
                params={"text": text.strip()},
                customer_id=pk,
                assignee_id=assignee_id,
                urgency=_URGENCY,
                due_at=due_at,
            )
            for pk in customer_ids
        ]
    )
    audit.record(actor=actor, action="customers.tasks_raised_for_many", data={"count": len(customer_ids)}, now=now)
    if not customer_ids:
        return 0, None
    act = remember_act(kind=TASKS_RAISED, payload={"prefix": batch}, count=len(customer_ids), actor=actor, now=now)
    return len(customer_ids), act


def drop_tasks(*, payload: dict[str, Any], actor: User, now: datetime) -> None:
    """Take tasks off the lists again; those done meanwhile stay done."""
    history.end_work_with_prefix(prefix=payload["prefix"], now=now, actor=actor)
