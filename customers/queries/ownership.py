"""Who looks after whom: what may be assigned to whom, how full each colleague's book is, the present owners locked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet

from core.errors import NotFound
from customers.models import Collaborator, Customer, Handover, OwnerChange
from customers.queries.pools import list_pools
from customers.rules.assignment import Seat
from staff import rights
from staff.models import StaffMember
from staff.queries import Access, list_members_in_reach


@dataclass(frozen=True)
class OwnedCustomer:
    """A locked customer as his owner stood before a change."""

    id: int
    rm_id: int | None
    pool_id: int | None
    backup_rm_id: int | None
    pooled_at: datetime | None
    owned_since: datetime | None


_LOCK = """
SELECT id, rm_id, pool_id, backup_rm_id, pooled_at, owned_since
FROM customers_customer
WHERE id = ANY(%s) AND merged_into_id IS NULL
ORDER BY id
FOR NO KEY UPDATE
"""


def lock_owned(customer_ids: Sequence[int]) -> list[OwnedCustomer]:
    """Lock customers in the order of their keys; those merged into others are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [list(customer_ids)])
        return [OwnedCustomer(*row) for row in cursor.fetchall()]


def lock_members(member_ids: Sequence[int]) -> dict[int, StaffMember]:
    """Lock the active ones of some colleagues, so that two acts cannot both fill the last place of a book."""
    rows = (
        StaffMember.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=list(member_ids), is_active=True)
        .select_related("user")
        .order_by("pk")
    )
    return {row.pk: row for row in rows}


def count_book(member_id: int) -> int:
    """Return how many customers a colleague looks after."""
    return Customer.objects.filter(rm_id=member_id, merged_into__isnull=True).count()


def in_assign_reach(access: Access) -> QuerySet[Customer]:
    """Return the customers whose owner the reader may change; collaborating alone gives no such reach.

    Customers without an RM belong to those who may look into their pool.
    """
    rows = Customer.objects.filter(merged_into__isnull=True)
    scope = access.scope_of(rights.ASSIGN_CUSTOMERS)
    if scope is None:
        return rows.none()
    if scope == "ALL":
        return rows
    members = list_members_in_reach(access, rights.ASSIGN_CUSTOMERS)
    return rows.filter(Q(rm__in=members) | Q(rm__isnull=True, pool__in=list_pools(access)))


def list_owners(access: Access) -> QuerySet[StaffMember]:
    """Return the active colleagues whom the reader may make RM of a customer, by name."""
    return (
        list_members_in_reach(access, rights.ASSIGN_CUSTOMERS)
        .filter(is_active=True, roles__rights__contains=[rights.CLAIM_CUSTOMERS])
        .select_related("user", "team")
        .order_by("user__display_name", "pk")
        .distinct()
    )


def list_seats(member_ids: Sequence[int]) -> list[Seat]:
    """Return how full the books of colleagues are and when each last got a customer by rule."""
    wanted = list(member_ids)
    loads = dict(
        Customer.objects.filter(rm_id__in=wanted, merged_into__isnull=True)
        .order_by()
        .values_list("rm_id")
        .annotate(Count("pk"))
    )
    latest = dict(
        OwnerChange.objects.filter(new_id__in=wanted, reason=OwnerChange.Reason.RULE)
        .order_by()
        .values_list("new_id")
        .annotate(Max("at"))
    )
    capacities = dict(StaffMember.objects.filter(pk__in=wanted).values_list("pk", "capacity"))
    return [
        Seat(member_id=pk, load=loads.get(pk, 0), capacity=capacities[pk], latest_at=latest.get(pk))
        for pk in sorted(capacities)
    ]


def list_collaborators(customer_id: int) -> QuerySet[Collaborator]:
    """Return the colleagues beside the RM."""
    return Collaborator.objects.filter(customer_id=customer_id).select_related("member__user").order_by("pk")


def list_owner_changes(customer_id: int) -> QuerySet[OwnerChange]:
    """Return the changes of owner, the newest first."""
    return (
        OwnerChange.objects.filter(customer_id=customer_id)
        .select_related("old__user", "new__user", "old_pool", "new_pool", "actor")
        .order_by("-pk")
    )


def access_handover(access: Access, public_id: str) -> Handover:
    """Return a handover whose giver the reader reaches. Raises NotFound."""
    row = (
        Handover.objects.filter(public_id=public_id, giver__in=list_members_in_reach(access, rights.ASSIGN_CUSTOMERS))
        .select_related("giver__user", "actor")
        .first()
    )
    if row is None:
        raise NotFound
    return row


_OUT_OF_STEP = """
SELECT c.id
FROM customers_customer c
LEFT JOIN LATERAL (
    SELECT coalesce(array_agg(DISTINCT s.member_id), '{}') AS readers,
           coalesce(array_agg(DISTINCT s.member_id) FILTER (WHERE s.writes), '{}') AS writers
    FROM (SELECT member_id, level = 'WRITE' AS writes FROM customers_collaborator k WHERE k.customer_id = c.id
          UNION ALL SELECT c.backup_rm_id, true WHERE c.backup_rm_id IS NOT NULL) s
) expected ON true
WHERE NOT (c.reader_ids @> expected.readers AND c.reader_ids <@ expected.readers
           AND c.writer_ids @> expected.writers AND c.writer_ids <@ expected.writers)
ORDER BY c.id
"""


def find_access_out_of_step() -> list[int]:
    """Return the customers whose reader_ids or writer_ids differ from collaborators and backup; there should be none."""
    with connection.cursor() as cursor:
        cursor.execute(_OUT_OF_STEP)
        return [row[0] for row in cursor.fetchall()]
