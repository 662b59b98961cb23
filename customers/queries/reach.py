"""Which customers a reader may open, and who may open a customer."""

from collections.abc import Iterable
from itertools import accumulate

from django.db.models import Count, Q, QuerySet

from core.models import User
from customers.models import Customer
from customers.queries.staff import in_scope
from customers.rules.mentions import Colleague
from staff import rights
from staff.models import Scope, StaffMember
from staff.queries import Access


def find_in_scope(access: Access, customer_ids: Iterable[int | None], right: str = rights.VIEW_CUSTOMERS) -> set[int]:
    """Return those of some customers that a right reaches; one query."""
    wanted = [pk for pk in customer_ids if pk is not None]
    return set(in_scope(access, right).filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()


def list_readers(customer: Customer) -> QuerySet[StaffMember]:
    """Return the active colleagues in whose scope a customer is: `in_scope`, asked the other way round."""
    rm = customer.rm
    condition = Q(roles__scope=Scope.ALL) | Q(pk__in=customer.reader_ids)
    if rm is not None:
        above = list(accumulate(f"{step}/" for step in rm.department.path.split("/") if step))
        condition |= Q(pk=rm.pk) | Q(roles__scope=Scope.DEPARTMENT, department__path__in=above)
        if rm.team_id is not None:
            condition |= Q(roles__scope=Scope.TEAM, team_id=rm.team_id)
    readers = StaffMember.objects.filter(
        condition,
        is_active=True,
        user__is_active=True,
        user__kind=User.Kind.STAFF,
        roles__rights__contains=[rights.VIEW_CUSTOMERS],
    )
    return StaffMember.objects.filter(pk__in=readers.values("pk")).select_related("user", "team", "department")


def list_mentionable(customer: Customer) -> list[Colleague]:
    """Return who may be named in a text about a customer, his RM first; two queries."""
    readers = list(list_readers(customer).order_by("user__display_name", "user__username"))
    names = [reader.user.display_name for reader in readers]
    shared = set(
        User.objects.filter(display_name__in=names, staff_member__is_active=True)
        .values_list("display_name", flat=True)
        .annotate(bearers=Count("pk"))
        .filter(bearers__gt=1)
    )
    found = [
        Colleague(
            name=str(reader),
            username=reader.user.username,
            place=str(reader.team or reader.department),
            is_name_shared=reader.user.display_name in shared,
            is_near=reader.pk == customer.rm_id or reader.pk in customer.reader_ids,
        )
        for reader in readers
    ]
    return sorted(found, key=lambda colleague: not colleague.is_near)
