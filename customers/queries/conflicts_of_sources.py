"""Customers about whom sources disagree, as a condition of lists and tiles."""

from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, F, Max, Min, OuterRef, Q
from django.db.models.expressions import RawSQL

from core.rules.conditions import Operator
from customers.models import FieldClaim
from staff import rights
from staff.models import Scope
from staff.queries import Access

_WHOLE: Final = """
SELECT customer_id FROM customers_fieldclaim WHERE settled_at IS NULL AND value_index <> ''
GROUP BY customer_id, field HAVING min(value_index) <> max(value_index)
"""


def in_conflict(access: Access) -> Q:
    """Return what finds the customers with a field about which sources disagree and nobody has decided.

    Within a small scope the claims are read customer by customer; over the whole book all of them at once.
    """
    if access.scope_of(rights.VIEW_CUSTOMERS) == Scope.ALL:
        return Q(pk__in=RawSQL(_WHOLE, []))  # noqa: S611 - a statement of our own without values
    claims = FieldClaim.objects.filter(customer=OuterRef("pk"), settled_at__isnull=True).exclude(value_index="")
    fields = claims.order_by().values("customer", "field").annotate(low=Min("value_index"), high=Max("value_index"))
    return Q(Exists(fields.exclude(low=F("high"))))


def by_conflict(access: Access) -> Any:
    """Return the filter's condition: yes for who is in conflict, no for everybody else."""

    def compile_conflict(operator: Operator, values: list[Any], now: datetime) -> Q:
        found = in_conflict(access)
        wanted = bool(values and values[0])
        return found if wanted == (operator != Operator.NOT) else ~found

    return compile_conflict
