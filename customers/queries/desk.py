"""What colleagues have arranged for themselves: saved views, choices, what they looked at last."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from core.errors import NotFound
from customers.models import Notice, RecordVisit, SavedView, UserSetting
from customers.queries.staff import BRIEF
from staff import rights
from staff.models import Scope
from staff.queries import Access, scope_condition

_LONG = ("search_grams", "labels", "custom", "phone", "identity_number", "address", "email")


def read_setting(user: Any, key: str) -> Any:
    """Return a choice somebody made, None where he has made none."""
    return UserSetting.objects.filter(user_id=user.pk, key=key).values_list("value", flat=True).first()


def read_settings(user: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return several choices by key, one query in all."""
    return dict(UserSetting.objects.filter(user_id=user.pk, key__in=keys).values_list("key", "value"))


def list_saved_views(access: Access, entity: str) -> QuerySet[SavedView]:
    """Return the views of a list that a member sees: his own, his team's, everybody's; pinned ones first."""
    return _seen_views(access).filter(entity=entity).select_related("owner__user").order_by("-is_pinned", "place", "id")


def access_saved_view(access: Access, public_id: str) -> SavedView:
    """Return a view that a member sees. Raises NotFound."""
    view = _seen_views(access).filter(public_id=public_id).first()
    if view is None:
        raise NotFound
    return view


def _seen_views(access: Access) -> QuerySet[SavedView]:
    seen = Q(owner_id=access.member_id) | Q(audience=SavedView.Audience.ALL)
    if access.team_id:
        seen |= Q(audience=SavedView.Audience.TEAM, team_id=access.team_id)
    return SavedView.objects.filter(seen, removed_at__isnull=True)


def may_change_view(access: Access, view: SavedView) -> bool:
    """Tell whether a member may change or remove a view: its owner, or who shares views with everybody."""
    if view.owner_id == access.member_id:
        return True
    return view.audience != SavedView.Audience.ME and access.scope_of(rights.SHARE_VIEWS) == Scope.ALL


def list_audiences(access: Access) -> list[str]:
    """Return for whom a member may save a view."""
    found: list[str] = [SavedView.Audience.ME]
    if access.has(rights.SHARE_VIEWS):
        if access.team_id:
            found.append(SavedView.Audience.TEAM)
        if access.scope_of(rights.SHARE_VIEWS) in {Scope.DEPARTMENT, Scope.ALL}:
            found.append(SavedView.Audience.ALL)
    return found


def list_recent(access: Access, limit: int = 8) -> list[Any]:
    """Return the customers a member looked at last and still reaches."""
    if not access.has(rights.VIEW_CUSTOMERS):
        return []
    rows = RecordVisit.objects.filter(
        scope_condition(access, rights.VIEW_CUSTOMERS, "customer__rm"),
        member_id=access.member_id,
        customer__merged_into__isnull=True,
    ).select_related("customer__rm__user")
    rows = rows.only("at", *(f"customer__{name}" for name in BRIEF))
    return [visit.customer for visit in rows.order_by("-at")[:limit]]


def list_notices(
    access: Access, *, kind: str = "", is_unread: bool = False, since: datetime | None = None
) -> QuerySet[Notice]:
    """Return a member's notices, the newest first."""
    rows = _seen_notices(access).select_related("customer").order_by("-id")
    rows = rows.defer(*(f"customer__{name}" for name in _LONG))
    if kind:
        rows = rows.filter(kind=kind)
    if is_unread:
        rows = rows.filter(read_at__isnull=True)
    return rows.filter(at__gte=since) if since is not None else rows


def count_unread(access: Access, most: int = 100) -> int:
    """Count a member's unread notices, at most so many."""
    return _seen_notices(access).filter(read_at__isnull=True)[:most].count()


def _seen_notices(access: Access) -> QuerySet[Notice]:
    """A member's notices without those about customers who are no longer his to know about."""
    # `pk` makes the condition of somebody who sees all true for every row: an empty one would vanish in the "or".
    seen = Q(pk__isnull=False) & scope_condition(access, rights.VIEW_CUSTOMERS, "customer__rm")
    return Notice.objects.filter(Q(customer__isnull=True) | seen, member_id=access.member_id)
