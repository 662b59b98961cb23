"""Who begins to stay away: a task before he is lost, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.errors import InvalidInput, NotFound
from core.ids import PUBLIC_ID_SQL
from core.models import User
from customers.models import WorkItem
from customers.operations import history
from customers.operations.history import WorkItemRow
from segmentation.models import Decline
from segmentation.rules.labels import ROLE_OF

_URGENCY: Final = 40
_DAYS_TO_ACT: Final = 3
# Both read `segmentation_told`, the labels that have just changed; see `operations.labels`.
_MOVED: Final = " UNION ALL ".join(
    f"SELECT x.*, '{role}' AS role, x.{label} AS now_in, x.{label}_before AS was_in, x.churn_{role.lower()} AS points"  # noqa: S608
    f" FROM segmentation_told x WHERE x.{label} IS DISTINCT FROM x.{label}_before"
    for label, role in ROLE_OF.items()
)
# The cause is inferred where something tells; a person may choose another.
_CAUSE: Final = """
CASE WHEN m.open_complaints > 0 THEN 'F' WHEN m.last_contact IS NULL OR m.last_contact < %(now)s - interval '180 days'
     THEN 'D' ELSE '' END
"""
_EVIDENCE: Final = """
jsonb_strip_nulls(jsonb_build_object('open_complaints', m.open_complaints, 'last_contact', m.last_contact,
                                     'last_act', m.last_act, 'value_tier', m.value_tier))
"""
_END: Final = f"""
UPDATE segmentation_decline d
SET state = CASE m.now_in WHEN 'LOST' THEN 'LOST' ELSE 'RECOVERED' END, ended_date = greatest(m.today, d.began_date),
    cause = CASE WHEN m.now_in = 'LOST' AND d.cause = '' THEN {_CAUSE} ELSE d.cause END,
    evidence = CASE WHEN m.now_in = 'LOST' AND d.cause = '' THEN {_EVIDENCE} ELSE d.evidence END
FROM ({_MOVED}) m
WHERE d.customer_id = m.customer_id AND d.role = m.role AND d.state = 'OPEN' AND m.now_in IS DISTINCT FROM 'DECLINING'
RETURNING d.id
"""  # noqa: S608 - everything is our own
_LOSE: Final = f"""
INSERT INTO segmentation_decline (public_id, customer_id, role, points, signs, state, ended_date, cause, evidence, note)
SELECT {PUBLIC_ID_SQL}, m.customer_id, m.role, coalesce(m.points, 0),
       coalesce(m.churn_signs, '{{}}'), 'LOST', m.today, {_CAUSE}, {_EVIDENCE}, ''
FROM ({_MOVED}) m
WHERE m.now_in = 'LOST' AND NOT EXISTS (
    SELECT 1 FROM segmentation_decline d WHERE d.customer_id = m.customer_id AND d.role = m.role AND d.ended_date = m.today
)
"""  # noqa: S608 - everything is our own
_BEGIN: Final = f"""
INSERT INTO segmentation_decline (public_id, customer_id, role, began_date, points, signs, state, cause, evidence, note)
SELECT {PUBLIC_ID_SQL}, m.customer_id, m.role, m.today,
       coalesce(m.points, 0), coalesce(m.churn_signs, '{{}}'), 'OPEN', '', '{{}}', ''
FROM ({_MOVED}) m WHERE m.now_in = 'DECLINING'
ON CONFLICT (customer_id, role) WHERE state = 'OPEN' DO NOTHING
RETURNING id, customer_id, role, signs
"""  # noqa: S608 - everything is our own
_WHERE: Final = "SELECT id, public_id FROM customers_customer WHERE id = ANY(%s)"


class CauseInvalid(InvalidInput):
    """The cause is none of the catalogue."""

    code = "cause_invalid"
    message = _("Choose one of the causes.")


@dataclass(frozen=True)
class Begun:
    """A decline whose task is wanted."""

    pk: int
    customer_id: int
    role: str
    signs: Sequence[str]


def work_key(decline_id: int) -> str:
    """Return the key of the one task about a decline."""
    return f"decline:{decline_id}"


def follow_declines(*, business_date: date, now: datetime) -> int:
    """Open and close declines by the stages that have just changed; return how many.

    Called in the transaction of the labelling, which has left what changed in `segmentation_told`.
    """
    params: dict[str, Any] = {"now": now}
    with connection.cursor() as cursor:
        cursor.execute(_END, params)
        ended = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_LOSE, params)
        lost = cursor.rowcount
        cursor.execute(_BEGIN, params)
        begun = [Begun(*row) for row in cursor.fetchall()]
    history.end_work_bulk(keys=[work_key(pk) for pk in ended], now=now, actor=None, state=WorkItem.State.DROPPED)
    raise_tasks(begun, business_date, now)
    return len(ended) + lost + len(begun)


def raise_tasks(begun: Sequence[Begun], business_date: date, now: datetime) -> None:
    """Ask the RM of each to act before the customer is lost; a task that is open stays as it is."""
    if not begun:
        return
    with connection.cursor() as cursor:
        cursor.execute(_WHERE, [[row.customer_id for row in begun]])
        pages = dict(cursor.fetchall())
    history.raise_work_bulk(
        [
            WorkItemRow(
                group=WorkItem.Group.REVISIT,
                kind="segmentation.decline",
                reason_code="segmentation.declines",
                key=work_key(row.pk),
                raised_at=now,
                params={"role": row.role, "sign": row.signs[0] if row.signs else "", "count": len(row.signs)},
                customer_id=row.customer_id,
                urgency=_URGENCY,
                due_at=clock.at(business_date + timedelta(days=_DAYS_TO_ACT), 18),
                url=f"/customers/{pages[row.customer_id]}/?tab=labels",
            )
            for row in begun
        ]
    )


@transaction.atomic
def name_cause(*, decline_id: int, cause: str, note: str, actor: User, now: datetime) -> Decline:
    """Keep why a customer stays away or left, as a person has found out. Raises NotFound, CauseInvalid."""
    row = Decline.objects.select_for_update(no_key=True).filter(pk=decline_id).first()
    if row is None:
        raise NotFound
    if cause not in Decline.Cause.values or len(note) > 300:
        raise CauseInvalid(fields={"cause": [CauseInvalid.message]})
    before = row.cause
    row.cause, row.note, row.evidence, row.cause_by = cause, note.strip(), {}, actor
    row.save(update_fields=["cause", "note", "evidence", "cause_by"])
    audit.record(
        actor=actor,
        action="segmentation.cause_named",
        target=row,
        data={"before": before, "after": cause, "note": row.note},
        now=now,
    )
    return row
