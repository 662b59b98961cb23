"""What came of recommendations, within the reader's scope."""

from datetime import datetime
from typing import Any, Final

from django.db.models import Max, QuerySet, Sum

from customers.queries.staff import in_scope
from segmentation.models import Suggestion, SuggestionCount
from staff import rights
from staff.models import Scope
from staff.queries import Access, list_members_in_reach

DAYS: Final = 90


def _list_shown(access: Access) -> QuerySet[Suggestion]:
    rows = Suggestion.objects.all()
    if access.scope_of(rights.VIEW_CUSTOMERS) != Scope.ALL:
        rows = rows.filter(customer__in=in_scope(access).values("pk"))
    return rows


def count_shown(access: Access) -> tuple[list[dict[str, Any]], datetime | None]:
    """Return how many recommendations were shown in ninety days and how many were taken, by kind and by order, and when
    that was counted: a row an RM and kind, however many there were."""
    rows = SuggestionCount.objects.all()
    if access.scope_of(rights.VIEW_CUSTOMERS) != Scope.ALL:
        rows = rows.filter(rm__in=list_members_in_reach(access, rights.VIEW_CUSTOMERS).order_by().values("pk"))
    found = (
        rows.values("is_personal", "is_product")
        .annotate(all_shown=Sum("shown"), all_taken=Sum("taken"), at=Max("counted_at"))
        .order_by("is_product", "-is_personal")
    )
    counts = [
        {**row, "shown": row["all_shown"], "taken": row["all_taken"], "share": row["all_taken"] / row["all_shown"]}
        for row in found
    ]
    return counts, max((row["at"] for row in counts), default=None)


def list_taken(access: Access) -> QuerySet[Suggestion]:
    """Return the recommendations that were taken, the latest first."""
    rows = _list_shown(access).filter(accepted_at__isnull=False)
    return rows.select_related("customer", "listing", "product").order_by("-accepted_at", "-pk")


def list_shown_to(customer_id: int, most: int = 10) -> list[Suggestion]:
    """Return what was shown to one customer lately, and whether he took it."""
    rows = Suggestion.objects.filter(customer_id=customer_id).select_related("listing", "product")
    return list(rows.order_by("-last_shown_at", "-pk")[:most])
