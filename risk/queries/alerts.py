"""Alerts within the reader's scope."""

from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.urls import NoReverseMatch, reverse

from core.errors import NotFound
from core.models import User
from risk.models import Alert
from risk.models.alerts import Measure
from staff import rights
from staff.queries import Access, access_right, get_access, scope_condition

_SEVERITY_ORDER = Case(
    When(severity="CRITICAL", then=Value(0)),
    When(severity="HIGH", then=Value(1)),
    When(severity="MIDDLE", then=Value(2)),
    default=Value(3),
    output_field=IntegerField(),
)


def _in_scope(access: Access) -> Q:
    """A loan's alert belongs to the borrower's RM; a product's is seen by those who see everything."""
    return scope_condition(access, rights.VIEW_ALERTS, "customer__rm")


def list_alerts(user: User, *, state: str = "") -> QuerySet[Alert]:
    """Return the alerts that a user may see: open ones first, the worst first. Raises Refused."""
    alerts = alerts_in_reach(access_right(user, rights.VIEW_ALERTS))
    return alerts.filter(state=state) if state else alerts


def alerts_in_reach(access: Access) -> QuerySet[Alert]:
    """Return the alerts that a member may see: open ones first, the worst first."""
    alerts = Alert.objects.filter(_in_scope(access)).select_related(
        "rule", "product", "loan", "customer__rm__user", "owner__user", "closed_by"
    )
    closed_last = Case(When(state=Alert.State.CLOSED, then=Value(1)), default=Value(0), output_field=IntegerField())
    return alerts.order_by(closed_last, _SEVERITY_ORDER, "-id")


def access_alert(user: User, public_id: str) -> Alert:
    """Return one alert that a user may see. Raises Refused, NotFound."""
    alert = list_alerts(user).filter(public_id=public_id).first()
    if alert is None:
        raise NotFound
    return alert


def count_open_alerts(user: User) -> int:
    """Return how many alerts that a user may see are not closed; 0 without the right."""
    access = get_access(user)
    if access is None or not access.has(rights.VIEW_ALERTS):
        return 0
    return Alert.objects.filter(_in_scope(access)).exclude(state=Alert.State.CLOSED).count()


def open_alerts_item(user: User) -> dict[str, Any] | None:
    """Return the frame's count of open alerts with the address of their list; None for those without the right."""
    access = get_access(user)
    if access is None or not access.has(rights.VIEW_ALERTS):
        return None
    try:
        url = reverse("risk:alerts")
    except NoReverseMatch:
        url = ""
    return {"count": count_open_alerts(user), "url": url}


def list_unmarketed_products() -> set[str]:
    """Return the codes of the products whose marketing an open alert has paused."""
    return set(
        Alert.objects.filter(measure_taken=Measure.PAUSE_MARKETING)
        .exclude(state=Alert.State.CLOSED)
        .values_list("dimension", flat=True)
    )
