"""What an alert may do by itself in collections: put a product's arrears before everything else."""

from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.models import User
from core.registries import AlertMeasure, alert_measures
from customers.models import WorkItem
from customers.operations import history
from service.models import CollectionCase
from staff import rights

_URGENCY: Final = 12
_PREFIX: Final = "service.first"


def take_first(*, dimension: str, reason: str, actor: User, now: datetime) -> bool:
    """Put every running case of a product on its collector's list, with the reason; tell whether there was any."""
    cases = list(
        CollectionCase.objects.filter(loan__product__code=dimension, state=CollectionCase.State.OPEN, is_on_hold=False)
        .select_related("loan")
        .only("customer_id", "assignee_id", "public_id", "loan__number", "dpd", "overdue_amount")
    )
    history.raise_work_bulk(
        [
            history.WorkItemRow(
                group=WorkItem.Group.RISK,
                kind="service.collect_first",
                reason_code="service.collect_first",
                key=f"{_PREFIX}:{dimension}:{case.pk}",
                raised_at=now,
                params={
                    "number": case.loan.number,
                    "dpd": case.dpd,
                    "amount": str(case.overdue_amount),
                    "reason": reason,
                },
                customer_id=case.customer_id,
                assignee_id=case.assignee_id,
                right="" if case.assignee_id else rights.COLLECT,
                urgency=_URGENCY,
                url=f"/collections/{case.public_id}/",
            )
            for case in cases
        ]
    )
    return bool(cases)


def lift_first(*, dimension: str, reason: str, actor: User, now: datetime) -> bool:
    """Take them off the lists again."""
    return history.end_work_with_prefix(prefix=f"{_PREFIX}:{dimension}:", now=now, actor=actor) > 0


def register_measure() -> None:
    """Register the measure under the code that risk's rules name."""
    measure = AlertMeasure(_("collect the product's arrears first"), take_first, lift_first)
    alert_measures.register("RAISE_COLLECTIONS", measure)
