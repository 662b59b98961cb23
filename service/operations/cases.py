"""A collection case: opened with arrears, moved with the buckets, closed when the arrears are gone."""

from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError
from core.models import User
from core.outbox import publish
from customers.models import WorkItem
from customers.operations import history
from customers.operations.touching import touch_customers
from lending.models import Loan
from service.events import CollectionOpened
from service.models import CollectionCase, PromiseToPay
from service.queries import lock_case, lock_open_case
from service.rules import Stage, judge_stage
from staff import rights
from staff.models import StaffMember
from staff.queries import access_right

_URGENCY = {Stage.COLLECT: 30, Stage.INTENSIVE: 15, Stage.LEGAL: 10}


class CaseClosed(BusinessError):
    """The case is over."""

    code = "collection_case_closed"
    message = _("This collection case is closed.")


class AssigneeNotEntitled(BusinessError):
    """The chosen person may not collect."""

    code = "assignee_not_entitled"
    status = 422
    message = _("This person may not work on collections.")


def work_key(case_id: int, what: str) -> str:
    """Return the key of a case's work item; all of a case share a prefix."""
    return f"service.collection:{case_id}:{what}"


@transaction.atomic
def follow_bucket(
    *, loan_id: int, bucket: str, dpd: int, overdue_amount: Decimal, now: datetime, business_date: date
) -> CollectionCase | None:
    """Open the case of a loan in arrears, or move it to the stage of its bucket.

    The first stage is the RM's own call list; each later one raises work of its own. Returns None when the loan was
    cured before the news of its arrears arrived.
    """
    loan = Loan.objects.select_related("borrower", "standing").get(pk=loan_id)
    if loan.state != Loan.State.ACTIVE or loan.standing.dpd == 0:
        return None
    stage = judge_stage(bucket)
    case = lock_open_case(loan_id)
    if case is None:
        case = CollectionCase.objects.create(
            loan=loan,
            customer=loan.borrower,
            stage=stage,
            bucket=bucket,
            dpd=dpd,
            overdue_amount=overdue_amount,
            assignee_id=loan.borrower.rm_id,
            opened_at=now,
            opened_date=business_date,
        )
        publish(CollectionOpened(case_id=case.pk, loan_id=loan_id, customer_id=loan.borrower_id), now=now)
        is_new_stage = True
    else:
        is_new_stage = case.stage != stage
        case.stage, case.bucket, case.dpd, case.overdue_amount = stage, bucket, dpd, overdue_amount
        case.save(update_fields=["stage", "bucket", "dpd", "overdue_amount"])
    if is_new_stage and stage in _URGENCY:
        _raise_stage_work(case, now=now)
    return case


def _raise_stage_work(case: CollectionCase, *, now: datetime) -> None:
    history.raise_work(
        group=WorkItem.Group.DUE,
        kind="service.collection",
        reason_code=f"service.stage.{case.stage}",
        params={"number": case.loan.number, "dpd": case.dpd, "amount": str(case.overdue_amount)},
        key=work_key(case.pk, case.stage),
        now=now,
        customer_id=case.customer_id,
        assignee_id=case.assignee_id,
        right="" if case.assignee_id else rights.COLLECT,
        urgency=_URGENCY[Stage(case.stage)],
        url=f"/loans/{case.loan.public_id}/",
    )


@transaction.atomic
def close_case(*, loan_id: int, closure: str, actor: User, now: datetime, business_date: date) -> None:
    """Close a loan's open case, judge what was promised, and end its work; a loan without one stays as it is."""
    case = lock_open_case(loan_id)
    if case is None:
        return
    case.state = CollectionCase.State.CLOSED
    case.closure = closure
    case.closed_at = now
    case.save(update_fields=["state", "closure", "closed_at"])
    for promise in PromiseToPay.objects.select_for_update(no_key=True).filter(case=case, state=PromiseToPay.State.OPEN):
        # Nothing is overdue any more: whatever was promised has come to what it was promised for.
        promise.state = PromiseToPay.State.KEPT
        promise.paid = promise.amount
        promise.judged_date = business_date
        promise.save(update_fields=["state", "paid", "judged_date"])
    history.end_work_with_prefix(prefix=work_key(case.pk, ""), now=now, actor=actor)
    audit.record(actor=actor, action="service.collection_closed", target=case, data={"closure": closure}, now=now)
    touch_customers([case.customer_id], now=now)


@transaction.atomic
def assign_case(*, case_id: int, assignee_id: int, actor: User, now: datetime) -> CollectionCase:
    """Give a case to somebody who may collect. Raises Refused, CaseClosed, AssigneeNotEntitled."""
    access_right(actor, rights.COLLECT)
    case = _lock_open(case_id)
    assignee = StaffMember.objects.filter(
        pk=assignee_id, is_active=True, roles__rights__contains=[rights.COLLECT]
    ).first()
    if assignee is None:
        raise AssigneeNotEntitled
    case.assignee = assignee
    case.save(update_fields=["assignee"])
    audit.record(
        actor=actor, action="service.collection_assigned", target=case, data={"assignee": assignee.pk}, now=now
    )
    return case


_FOLLOW_OWNERS = """
UPDATE service_collectioncase k SET assignee_id = o.new_id
FROM customers_ownerchange o
WHERE o.batch = %s AND k.customer_id = o.customer_id AND k.state = 'OPEN' AND k.assignee_id IS NOT DISTINCT FROM o.old_id
  AND NOT EXISTS (SELECT 1 FROM customers_ownerchange n WHERE n.customer_id = o.customer_id AND n.id > o.id)
"""


def follow_owners(*, batch: str) -> int:
    """Give the open cases that an RM had himself to the customers' new RMs; a later change has its own news."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW_OWNERS, [batch])
        return cursor.rowcount


@transaction.atomic
def hold_case(*, case_id: int, reason: str, actor: User, now: datetime) -> CollectionCase:
    """Stop all contact at once while a dispute or complaint is looked at; an empty reason lets go again.

    Raises Refused, CaseClosed.
    """
    access_right(actor, rights.COLLECT)
    case = _lock_open(case_id)
    case.is_on_hold = bool(reason.strip())
    case.hold_reason = reason.strip()[:300]
    case.save(update_fields=["is_on_hold", "hold_reason"])
    action = "service.collection_held" if case.is_on_hold else "service.collection_released"
    audit.record(actor=actor, action=action, target=case, reason=case.hold_reason, now=now)
    return case


def _lock_open(case_id: int) -> CollectionCase:
    case = lock_case(case_id)
    if case.state != CollectionCase.State.OPEN:
        raise CaseClosed
    return case
