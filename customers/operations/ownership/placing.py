"""Giving many newcomers to somebody at once, by rule or into one pool, in a handful of statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection, transaction
from django.db.models import Count

from core.models import User
from customers.models import AssignmentRule, Customer, OwnerChange, Pool
from customers.operations.notices import notify
from customers.operations.ownership.assigning import condition_of, list_takers
from customers.queries.ownership import list_seats, lock_members, lock_owned
from customers.queries.pools import find_pool_for
from customers.rules.assignment import Demand, Offer, Seat, deal_out

# Where one newcomer goes: an RM or a pool, the reason, and the note.
_Place = tuple[int | None, int | None, str, str]

# What `move_customers` does for one receiver, for many at once: a newcomer has no work, plans or leads to go along.
_PLACE: Final = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb)
        AS g(id bigint, rm_id bigint, pool_id bigint, reason text, note text, text_code text, params jsonb)
), placed AS (
    UPDATE customers_customer c
    SET rm_id = g.rm_id, pool_id = g.pool_id, version = c.version + 1,
        pooled_at = CASE WHEN g.pool_id IS NOT NULL THEN %(now)s::timestamptz END,
        owned_since = CASE WHEN g.rm_id IS NOT NULL THEN %(now)s::timestamptz END
    FROM given g WHERE c.id = g.id
), change AS (
    INSERT INTO customers_ownerchange (customer_id, new_id, new_pool_id, reason, note, batch, actor_id, at)
    SELECT id, rm_id, pool_id, reason, note, %(batch)s, %(actor)s, %(now)s FROM given
    RETURNING id, customer_id
)
INSERT INTO customers_timelineentry (customer_id, at, kind, text_code, params, amount, url, actor_id, key)
SELECT g.id, %(now)s, 'change', g.text_code, g.params, NULL, '', %(actor)s, 'owner:' || change.id
FROM change JOIN given g ON g.id = change.customer_id
"""


@transaction.atomic
def place_newcomers(
    *, customer_ids: Sequence[int], pool_id: int | None, batch: str, actor: User | None, now: datetime
) -> int:
    """Give customers without RM and pool into one pool, or without one to whom the assignment rules choose.

    By rule nobody gets more than his capacity; who finds no room goes into the pool of the rule's department, and with
    no pool he waits. Returns how many found a place. `tell_receivers` tells the colleagues when all are placed.
    """
    waiting = set(
        Customer.objects.filter(pk__in=customer_ids, rm__isnull=True, pool__isnull=True).values_list("pk", flat=True)
    )
    if pool_id is not None:
        places: dict[int, _Place] = dict.fromkeys(waiting, (None, pool_id, OwnerChange.Reason.ASSIGNED, ""))
    else:
        places = _choose(waiting, now)
    # Nobody may have been faster: colleagues are locked before customers everywhere.
    free = {row.id for row in lock_owned(sorted(places)) if row.rm_id is None and row.pool_id is None}
    rows = _describe({pk: place for pk, place in places.items() if pk in free})
    if rows:
        given = {
            "rows": orjson.dumps(rows).decode(),
            "batch": batch,
            "actor": actor.pk if actor is not None else None,
            "now": now,
        }
        with connection.cursor() as cursor:
            cursor.execute(_PLACE, given)
    return len(rows)


def lock_offers() -> tuple[list[AssignmentRule], list[Offer], list[Seat]]:
    """Lock the active rules and whoever they may choose; return the rules, what they offer, and how full the books are."""
    # Locked in the order in which one newcomer locks them too.
    rules = list(
        AssignmentRule.objects.select_for_update(no_key=True, of=("self",))
        .filter(is_active=True)
        .select_related("team__department")
    )
    offers = [
        Offer(rule.pk, condition_of(rule), tuple(list_takers(rule)), rule.way == AssignmentRule.Way.IN_TURN)
        for rule in rules
    ]
    present = lock_members(sorted({pk for offer in offers for pk in offer.member_ids}))
    return rules, offers, list_seats(sorted(present))


def _choose(waiting: set[int], now: datetime) -> dict[int, _Place]:
    """Return where the rules put each; the rules and whoever may be chosen stay locked."""
    rules, offers, seats = lock_offers()
    facts = Customer.objects.filter(pk__in=waiting).values_list(
        "pk", "is_borrower", "is_investor", "source", "region_code"
    )
    demands = {
        pk: Demand(
            frozenset(role for role, is_so in (("BORROWER", borrows), ("INVESTOR", lends)) if is_so), source, region
        )
        for pk, borrows, lends, source, region in facts
    }
    by_id = {rule.pk: rule for rule in rules}
    pools: dict[str, int | None] = {}
    places: dict[int, _Place] = {}
    for pk, (member_id, rule_id) in deal_out(demands, offers, seats, now).items():
        rule = by_id.get(rule_id or 0)
        path = rule.team.department.path if rule is not None else ""
        if member_id is None and path not in pools:
            found = find_pool_for(path)
            pools[path] = found.pk if found is not None else None
        pool_id = pools[path] if member_id is None else None
        if member_id is not None or pool_id is not None:
            places[pk] = (member_id, pool_id, OwnerChange.Reason.RULE, rule.name if rule is not None else "")
    return places


def _describe(places: Mapping[int, _Place]) -> list[dict[str, Any]]:
    """Return the rows of `_PLACE`, with the names that the timeline's sentences say."""
    members = lock_members(sorted({place[0] for place in places.values() if place[0] is not None}))
    pools = dict(Pool.objects.filter(pk__in={place[1] for place in places.values()}).values_list("pk", "name"))
    return [
        {
            "id": pk,
            "rm_id": member_id,
            "pool_id": pool_id,
            "reason": reason,
            "note": note,
            "text_code": "customers.rm_assigned" if member_id is not None else "customers.put_into_pool",
            "params": {"rm": str(members[member_id]), "note": note}
            if member_id is not None
            else {"pool": pools[pool_id or 0], "note": note},
        }
        for pk, (member_id, pool_id, reason, note) in sorted(places.items())
    ]


def tell_receivers(*, batch: str, key: str, now: datetime, customer_ids: Sequence[int] | None = None) -> None:
    """Tell each colleague once how many customers a batch, or its part about some customers, has brought him."""
    changes = OwnerChange.objects.filter(batch=batch, new__isnull=False)
    if customer_ids is not None:
        changes = changes.filter(customer__in=customer_ids)
    received = changes.order_by().values_list("new")
    for member_id, count in received.annotate(Count("pk")):
        notify(
            member_ids=[member_id],
            kind="customers.received",
            text_code="customers.received",
            params={"count": count},
            key=f"{key}:received",
            now=now,
            url="/customers/?view=me",
        )
