"""Public pools: who may look into which, what stands in them, what a claim depends on."""

from datetime import date, datetime

from django.db.models import QuerySet, Value
from django.db.models.functions import StrIndex

from core.errors import NotFound
from customers.models import Customer, OwnerChange, Pool, PoolView
from customers.rules.pools import ClaimFacts
from staff import rights
from staff.models import Scope, StaffMember
from staff.queries import Access


def list_pools(access: Access) -> QuerySet[Pool]:
    """Return the active pools of the reader's department and those above it; with reach over all, every one."""
    pools = Pool.objects.filter(is_active=True).select_related("department").order_by("name")
    if Scope.ALL in {access.scope_of(rights.CLAIM_CUSTOMERS), access.scope_of(rights.ASSIGN_CUSTOMERS)}:
        return pools
    if not (access.has(rights.CLAIM_CUSTOMERS) or access.has(rights.ASSIGN_CUSTOMERS)):
        return pools.none()
    # A pool is for its department and everything below: its path begins the reader's.
    return pools.annotate(place=StrIndex(Value(access.department_path), "department__path")).filter(place=1)


def list_import_pools(access: Access) -> QuerySet[Pool]:
    """Return the active pools that the reader may bring new customers into; with imports of all, every one."""
    if access.scope_of(rights.IMPORT_CUSTOMERS) == Scope.ALL:
        return Pool.objects.filter(is_active=True).select_related("department").order_by("name")
    return list_pools(access)


def access_pool(access: Access, pool_id: int) -> Pool:
    """Return a pool that the reader may look into. Raises NotFound."""
    pool = list_pools(access).filter(pk=pool_id).first()
    if pool is None:
        raise NotFound
    return pool


def list_pooled(pool: Pool) -> QuerySet[Customer]:
    """Return the customers in a pool, the newest first; big columns stay in the database."""
    return (
        Customer.objects.filter(pool=pool, merged_into__isnull=True)
        .defer("search_grams", "labels", "custom", "identity_number", "address", "email")
        .order_by("-pooled_at", "-pk")
    )


def access_pooled(access: Access, public_id: str) -> Customer:
    """Return a customer in a pool that the reader may look into. Raises NotFound."""
    customer = (
        Customer.objects.filter(public_id=public_id, pool__in=list_pools(access), merged_into__isnull=True)
        .select_related("pool")
        .first()
    )
    if customer is None:
        raise NotFound
    return customer


def count_views(member_id: int, pool_id: int, day: date) -> int:
    """Return how many records of a pool somebody has looked at on a day."""
    return PoolView.objects.filter(member_id=member_id, pool_id=pool_id, day=day).count()


def read_claim_facts(member: StaffMember, customer_id: int, pool: Pool, *, day_start: datetime) -> ClaimFacts:
    """Return what decides whether a colleague may claim a customer."""
    latest = (
        OwnerChange.objects.filter(customer_id=customer_id, old__isnull=False)
        .order_by("-pk")
        .values_list("old_id", "at")
        .first()
    )
    return ClaimFacts(
        claimed_today=OwnerChange.objects.filter(
            new=member, reason=OwnerChange.Reason.CLAIMED, old_pool=pool, at__gte=day_start
        ).count(),
        daily_claims=pool.daily_claims,
        load=Customer.objects.filter(rm=member, merged_into__isnull=True).count(),
        capacity=member.capacity,
        left_at=latest[1] if latest is not None and latest[0] == member.pk else None,
        cool_down_days=pool.cool_down_days,
    )


def find_pool_for(department_path: str) -> Pool | None:
    """Return the active pool nearest to a department: its own, or one of those above it; without one the widest."""
    pools = list(Pool.objects.filter(is_active=True).select_related("department").order_by("pk"))
    if not department_path:
        return min(pools, key=lambda pool: len(pool.department.path), default=None)
    near = [pool for pool in pools if department_path.startswith(pool.department.path)]
    return max(near, key=lambda pool: len(pool.department.path), default=None)
