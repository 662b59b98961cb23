"""Whose groups of fields have been kept as long as they may."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import connection

from core import parameters
from core.registries import running_relations
from customers.models import Customer, LegalHold
from customers.queries.staff import BRIEF, in_scope
from staff.queries import Access

# Groups of `customers.fields.GROUPS` and the papers; each has its parameter `customers.retention_months.<group>`.
GROUPS: Final = ("preferences", "custom", "finances", "contact", "person", "documents")
_SHOWN: Final = 200


@dataclass(frozen=True)
class Expired:
    """Groups of one customer that are due, and when his relation ended."""

    customer_id: int
    ended_date: date
    groups: tuple[str, ...]


def list_months(on: date) -> dict[str, int]:
    """Return the months after the end of the relation by group; zero, like no parameter, keeps for good."""
    found = {}
    for group in GROUPS:
        try:
            months = parameters.get_int(f"customers.retention_months.{group}", on=on)
        except parameters.ParameterMissing:
            # An installation that has not been seeded since erases nothing, and its night goes on.
            continue
        if months > 0:
            found[group] = months
    return found


# The relation ends with the last payment, contact or promise. What was erased since then is not due again.
_EXPIRED: Final = """
WITH running AS ({running}), terms AS (
    SELECT key, (%(on)s::date - make_interval(months => months::int))::date AS before
    FROM unnest(%(groups)s::text[], %(months)s::bigint[]) AS g(key, months)
), ended AS (
    SELECT c.id, (greatest(c.registered_at, c.latest_contact_at, c.next_promise_at, latest.at)
                  AT TIME ZONE 'Asia/Shanghai')::date AS on_date
    FROM customers_customer c
    LEFT JOIN LATERAL (
        SELECT max(t.at) AS at FROM customers_timelineentry t
        WHERE t.customer_id = c.id AND t.kind IN ('money', 'contact', 'promise')
    ) latest ON true
    WHERE c.registered_at < (SELECT max(before) FROM terms) AND c.merged_into_id IS NULL AND c.status <> 'FROZEN'
      AND (c.latest_contact_at IS NULL OR c.latest_contact_at < (SELECT max(before) FROM terms))
      AND NOT EXISTS (SELECT 1 FROM running r WHERE r.customer_id = c.id)
      AND NOT EXISTS (SELECT 1 FROM customers_legalhold h WHERE h.customer_id = c.id AND h.lifted_at IS NULL)
)
SELECT e.id, e.on_date, array_agg(t.key ORDER BY t.key)
FROM ended e JOIN terms t ON e.on_date < t.before
WHERE NOT EXISTS (
    SELECT 1 FROM customers_erasure x WHERE x.customer_id = e.id AND x."group" = t.key AND x.ended_date >= e.on_date
)
GROUP BY 1, 2 ORDER BY 1 LIMIT %(limit)s
"""


def list_expired(on: date, *, limit: int) -> list[Expired]:
    """Return whose groups are due on a date, those with running business, frozen or under a legal hold left out."""
    months = list_months(on)
    if not months:
        return []
    # The statements come from the registry, never from a request.
    running = " UNION ALL ".join(sql for _key, sql in running_relations.items()) or "SELECT 0::bigint AS customer_id"
    given: dict[str, Any] = {"on": on, "groups": list(months), "months": list(months.values()), "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED.format(running=running), given)
        return [Expired(pk, ended, tuple(groups)) for pk, ended, groups in cursor.fetchall()]


def foresee_erasures(access: Access, on: date) -> list[tuple[Customer, Expired]]:
    """Return what the next close would erase of customers within reach, the first two hundred; nothing is written."""
    due: Mapping[int, Expired] = {row.customer_id: row for row in list_expired(on, limit=_SHOWN)}
    rows = in_scope(access).filter(pk__in=due).select_related("rm__user").only("id", *BRIEF).order_by("pk")
    return [(customer, due[customer.pk]) for customer in rows]


def list_holds(access: Access) -> list[LegalHold]:
    """Return the holds on customers within reach, the latest first."""
    rows = LegalHold.objects.filter(lifted_at__isnull=True, customer__in=in_scope(access))
    return list(rows.select_related("customer", "placed_by").order_by("-pk")[:_SHOWN])
