"""Service packages: how often customers are to be contacted, what our colleagues give them, and where a package is not kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from customers.models import Customer
from segmentation.models import LabelStay, ServicePackage
from segmentation.queries.attributes import TABLE
from segmentation.queries.lifecycle import list_holders, write_scope
from service.models import DepartmentCase
from staff.queries import Access

# What a package promises: who cares for service is contacted twice as often.
CONTACT_LIMITS: Final = """
SELECT l.customer_id, CASE WHEN l.sensitivity = 'SERVICE' THEN greatest(p.contact_days / 2, 1) ELSE p.contact_days END AS days
FROM segmentation_labels l JOIN segmentation_servicepackage p ON p.service_class = l.service_class
"""
KINDS: Final = ("contact", "case", "rm")
_ORDER: Final = {"KEY": 0, "IMPORTANT": 1, "ORDINARY": 2}


@dataclass(frozen=True)
class Given:
    """How many customers a class has, and how many minutes of contact they were given in ninety days."""

    customers: int
    minutes: int

    @property
    def minutes_each(self) -> int | None:
        """Minutes a customer, rounded."""
        return round(self.minutes / self.customers) if self.customers else None


def list_packages() -> list[ServicePackage]:
    """Return the service packages, the best first."""
    return sorted(ServicePackage.objects.all(), key=lambda row: _ORDER[row.service_class])


def list_breaches(access: Access, package: ServicePackage, kind: str, now: datetime) -> QuerySet[Customer]:
    """Return the reader's customers of a class with whom a package is not kept, each with `since_at`.

    `contact`: not contacted in time, since the latest contact; `case`: a case waits too long, since it was opened; `rm`: nobody
    is named who looks after him, though his class or his care for service asks for it, since he registered.
    """
    rows = list_holders(access, "service_class", package.service_class)
    caring = LabelStay.objects.filter(label="sensitivity", value="SERVICE", until_at=None).values("customer_id")
    if kind == "contact":
        days = timedelta(days=package.contact_days)
        late = Q(since_at__lt=now - days) | Q(since_at__lt=now - days / 2, pk__in=caring)
        return rows.annotate(since_at=Coalesce("latest_contact_at", "registered_at")).filter(late)
    if kind == "rm":
        alone = rows.filter(rm__isnull=True).annotate(since_at=F("registered_at"))
        return alone.filter(pk__in=caring) if package.service_class == "ORDINARY" else alone
    waiting = DepartmentCase.objects.filter(
        customer_id=OuterRef("pk"), opened_at__lt=now - timedelta(hours=package.answer_hours)
    ).exclude(state="CLOSED")
    oldest = waiting.order_by().values("customer_id").annotate(at=Min("opened_at")).values("at")
    return rows.filter(Exists(waiting)).annotate(since_at=Subquery(oldest))


def measure_given(access: Access) -> dict[str, Given]:
    """Return by service class what the reader's customers were given: one pass over the kept attributes."""
    among, parameters = write_scope(access)
    statement = f"""
    SELECT s.service_class, count(*), coalesce(sum(s.minutes_90_days), 0) FROM {TABLE} s
    WHERE s.service_class IS NOT NULL AND {among} GROUP BY 1
    """  # noqa: S608 - everything is our own
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return {name: Given(customers, int(minutes)) for name, customers, minutes in cursor.fetchall()}
