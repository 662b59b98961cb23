"""Which of some customers a reader may open: the others are named by their masks only."""

from collections.abc import Iterable

from customers.queries.staff import in_scope
from staff import rights
from staff.queries import Access


def find_in_scope(access: Access, customer_ids: Iterable[int | None], right: str = rights.VIEW_CUSTOMERS) -> set[int]:
    """Return those of some customers that a right reaches; one query."""
    wanted = [pk for pk in customer_ids if pk is not None]
    return set(in_scope(access, right).filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
