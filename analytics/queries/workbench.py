"""What each kind of department has before it: the figures of its workbench, each with the list behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.errors import Text
from core.models import User
from core.web.listing import count_rows
from customers.queries.imports import LOW_CONDITION, count_quality
from customers.queries.pools import list_pooled, list_pools
from customers.queries.staff import in_scope
from messaging.models import Message
from risk.models import Alert
from risk.queries.alerts import list_alerts
from risk.queries.decisions import list_referred
from service.queries import list_cases, narrow_department_cases
from staff import rights
from staff.models import Department, StaffMember
from staff.queries import Access


@dataclass(frozen=True)
class BenchFigure:
    """A count of what waits, with where it is listed."""

    label: Text
    value: int
    url: str
    definition: Text
    is_bad: bool = False
    word: Text = ""


def get_department_kind(access: Access) -> str:
    """Return the kind of department a member works in."""
    return StaffMember.objects.values_list("department__kind", flat=True).get(pk=access.member_id)


def list_bench(user: User, access: Access, kind: str, now: datetime) -> list[BenchFigure]:
    """Return the figures of a department's workbench, as far as the member's rights reach."""
    benches: dict[str, Callable[[], list[BenchFigure]]] = {
        Department.Kind.DATA: lambda: _list_data(access),
        Department.Kind.RELATIONSHIP: lambda: _list_relationship(access),
        Department.Kind.SERVICE: lambda: _list_service(user, access),
        Department.Kind.RISK: lambda: _list_risk(user, access),
    }
    own = benches[kind]() if kind in benches else []
    return [*own, *_list_department_cases(access, now)]


def _list_data(access: Access) -> list[BenchFigure]:
    if not (access.has(rights.MERGE_CUSTOMERS) or access.has(rights.IMPORT_CUSTOMERS)):
        return []
    counts = count_quality(access)
    pairs = BenchFigure(
        _("Possible duplicates"),
        counts["pairs"],
        reverse("customers:quality"),
        _("Pairs of records that look like one person and wait for a decision."),
    )
    quarantine = BenchFigure(
        _("Rows in quarantine"),
        counts["quarantine"],
        reverse("customers:quarantine"),
        _("Imported rows with a fault that somebody has to judge."),
    )
    incomplete = BenchFigure(
        _("Incomplete records"),
        counts["low"],
        f"{reverse('customers:list')}?where={LOW_CONDITION}&sort=completeness",
        _("Customers whose record is less than 40 percent complete."),
    )
    return [pairs, *([quarantine] if access.has(rights.IMPORT_CUSTOMERS) else []), incomplete]


def _list_relationship(access: Access) -> list[BenchFigure]:
    pools = list(list_pools(access))
    if not pools:
        return []
    return [
        BenchFigure(
            _("In the public pool"),
            sum(count_rows(list_pooled(pool)) for pool in pools),
            reverse("customers:pools"),
            _("Customers without an RM whom you or your colleagues may claim."),
        )
    ]


def _list_service(user: User, access: Access) -> list[BenchFigure]:
    found = []
    if access.has(rights.COLLECT):
        found.append(
            BenchFigure(
                _("Collections"),
                count_rows(list_cases(user)),
                reverse("service:cases"),
                _("Loans in arrears that are being worked."),
            )
        )
    if access.has(rights.VIEW_MESSAGES):
        failed = Message.objects.filter(state=Message.State.FAILED, customer__in=in_scope(access))
        found.append(
            BenchFigure(
                _("Messages that failed"),
                count_rows(failed),
                f"{reverse('messaging:list')}?state=FAILED",
                _("Messages to customers that could not be delivered."),
            )
        )
    return found


def _list_risk(user: User, access: Access) -> list[BenchFigure]:
    found = []
    if access.has(rights.VIEW_ALERTS):
        alerts = count_rows(list_alerts(user).exclude(state=Alert.State.CLOSED))
        found.append(
            BenchFigure(
                _("Open alerts"),
                alerts,
                reverse("risk:alerts"),
                _("Alerts that are not closed."),
                alerts > 0,
                _("open"),
            )
        )
    if access.has(rights.REVIEW_APPLICATION):
        found.append(
            BenchFigure(
                _("Applications to review"),
                count_rows(list_referred(user)),
                reverse("risk:applications"),
                _("Applications that the rules referred to a person, and decisions that wait for a second one."),
            )
        )
    return found


def _list_department_cases(access: Access, now: datetime) -> list[BenchFigure]:
    if not access.has(rights.WORK_CASES):
        return []
    late = count_rows(narrow_department_cases(access, "late", now))
    url = reverse("service:department-cases")
    return [
        BenchFigure(
            _("Cases with us"),
            count_rows(narrow_department_cases(access, "ours", now)),
            url,
            _("Questions that other departments or we ourselves have with this department now."),
        ),
        BenchFigure(
            _("Late cases"),
            late,
            f"{url}?view=late",
            _("Cases whose department has had them longer than the clock allows."),
            late > 0,
            _("late"),
        ),
    ]
