"""What came of recommendations, within the reader's scope."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from customers.queries.staff import in_scope
from segmentation.models import Suggestion
from staff import rights
from staff.models import Scope
from staff.queries import Access

DAYS: Final = 90


def _list_shown(access: Access) -> QuerySet[Suggestion]:
    rows = Suggestion.objects.all()
    if access.scope_of(rights.VIEW_CUSTOMERS) != Scope.ALL:
        rows = rows.filter(customer__in=in_scope(access).values("pk"))
    return rows


def count_shown(access: Access, now: datetime) -> list[dict[str, Any]]:
    """Return how many recommendations were shown in ninety days and how many were taken, by kind and by order."""
    rows = (
        _list_shown(access)
        .filter(last_shown_at__gt=now - timedelta(days=DAYS))
        .values("is_personal", is_product=Q(product__isnull=False))
        .annotate(shown=Count("pk"), taken=Count("pk", filter=Q(accepted_at__isnull=False)))
        .order_by("is_product", "-is_personal")
    )
    return [{**row, "share": row["taken"] / row["shown"] if row["shown"] else 0} for row in rows]


def list_taken(access: Access) -> QuerySet[Suggestion]:
    """Return the recommendations that were taken, the latest first."""
    rows = _list_shown(access).filter(accepted_at__isnull=False)
    return rows.select_related("customer", "listing", "product").order_by("-accepted_at", "-pk")


def list_shown_to(customer_id: int, most: int = 10) -> list[Suggestion]:
    """Return what was shown to one customer lately, and whether he took it."""
    rows = Suggestion.objects.filter(customer_id=customer_id).select_related("listing", "product")
    return list(rows.order_by("-last_shown_at", "-pk")[:most])
