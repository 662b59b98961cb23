"""Contacts with a debtor, within the hours and the number that are allowed, and what he promised."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from core import audit, parameters
from core.errors import BusinessError, InvalidInput
from core.models import User
from core.money import ZERO
from core.outbox import publish, system_user
from customers.models import Customer, WorkItem
from customers.operations import history
from lending.models import Repayment
from service.events import PromiseBroken
from service.models import CollectionCase, CollectionContact, PromiseToPay
from service.operations.cases import CaseClosed, work_key
from service.queries import lock_case
from service.rules import ContactLimits, PromiseState, find_contact_refusal, judge_promise
from staff import rights
from staff.queries import access_right

STEP = "service.judge_promises"
STEP_ORDER = 720
_DEBTOR_ZONE = ZoneInfo("Asia/Shanghai")
_BROKEN_URGENCY = 15


class QuietHours(BusinessError):
    """Nobody may be contacted at this hour."""

    code = "collection_quiet_hours"
    message = _("Debtors may be contacted from %(from_hour)s:00 to %(to_hour)s:00 only.")
    next_step = _("Try again within these hours.")


class DailyLimit(BusinessError):
    """The debtor was contacted as often as is allowed."""

    code = "collection_daily_limit"
    message = _("This debtor was contacted %(limit)s times by this channel today; more is not allowed.")
    next_step = _("Try again tomorrow.")


class CaseOnHold(BusinessError):
    """All contact is stopped."""

    code = "collection_on_hold"
    message = _("All contact is stopped: %(reason)s")


class ContactInvalid(InvalidInput):
    """What was recorded does not make sense."""

    code = "collection_contact_invalid"


class PromiseOpen(BusinessError):
    """A promise is open already."""

    code = "promise_open"
    message = _("A promise of this debtor is open already.")


@transaction.atomic
def record_contact(
    *, case_id: int, channel: str, outcome: str, note: str, actor: User, now: datetime
) -> CollectionContact:
    """Record a contact at the moment it is made; a refusal means that it must not be made.

    The count covers all loans and all staff; it is taken while the debtor's row is locked. Raises Refused,
    CaseClosed, CaseOnHold, QuietHours, DailyLimit, ContactInvalid.
    """
    access_right(actor, rights.COLLECT)
    customer_id = CollectionCase.objects.values_list("customer_id", flat=True).get(pk=case_id)
    Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    case = _lock_workable(case_id)
    _check_contact(channel, outcome, note)
    local = now.astimezone(_DEBTOR_ZONE)
    count = CollectionContact.objects.filter(customer_id=customer_id, channel=channel, local_date=local.date()).count()
    limits = get_contact_limits(on=local.date())
    refusal = find_contact_refusal(local, count, limits)
    if refusal == "quiet_hours":
        raise QuietHours(from_hour=limits.from_hour, to_hour=limits.to_hour)
    if refusal:
        raise DailyLimit(limit=limits.daily_limit)
    contact = CollectionContact.objects.create(
        case=case,
        customer_id=customer_id,
        channel=channel,
        outcome=outcome,
        note=note,
        at=now,
        local_date=local.date(),
        number_of_day=count + 1,
        staff_user=actor,
    )
    audit.record(actor=actor, action="service.collection_contact", target=contact, data={"channel": channel}, now=now)
    history.add_timeline(
        customer_id=customer_id,
        kind="contact",
        text_code=f"service.contact.{outcome}",
        params={"number": case.loan.number},
        at=now,
        key=f"service.contact:{contact.pk}",
        url=f"/loans/{case.loan.public_id}/",
        actor=actor,
    )
    return contact


def get_contact_limits(*, on: date) -> ContactLimits:
    """Return the hours and the daily number in force on a date."""
    return ContactLimits(
        from_hour=parameters.get_int("service.contact_from_hour", on=on),
        to_hour=parameters.get_int("service.contact_to_hour", on=on),
        daily_limit=parameters.get_int("service.contact_daily_limit", on=on),
    )


def _check_contact(channel: str, outcome: str, note: str) -> None:
    fields: dict[str, list[object]] = {}
    if channel not in CollectionContact.Channel.values:
        fields["channel"] = [_("Choose a channel.")]
    if outcome not in CollectionContact.Outcome.values:
        fields["outcome"] = [_("Choose an outcome.")]
    if not note.strip():
        fields["note"] = [_("Say what was said: the record must be true, complete and traceable.")]
    if fields:
        raise ContactInvalid(fields=fields)  # type: ignore[arg-type]


@transaction.atomic
def take_promise(
    *, case_id: int, amount: Decimal, promised_date: date, actor: User, now: datetime, business_date: date
) -> PromiseToPay:
    """Take down what a debtor promises to pay until when.

    Raises Refused, CaseClosed, CaseOnHold, PromiseOpen, ContactInvalid.
    """
    access_right(actor, rights.COLLECT)
    case = _lock_workable(case_id)
    fields: dict[str, list[object]] = {}
    if amount <= ZERO:
        fields["amount"] = [_("The amount must be positive.")]
    if promised_date < business_date:
        fields["promised_date"] = [_("The date lies in the past.")]
    if fields:
        raise ContactInvalid(fields=fields)  # type: ignore[arg-type]
    if PromiseToPay.objects.filter(case=case, state=PromiseToPay.State.OPEN).exists():
        raise PromiseOpen
    promise = PromiseToPay.objects.create(
        case=case,
        amount=amount,
        promised_date=promised_date,
        made_at=now,
        made_date=business_date,
        taken_by=actor,
    )
    audit.record(
        actor=actor,
        action="service.promise_taken",
        target=promise,
        data={"amount": amount, "until": promised_date},
        now=now,
    )
    history.add_timeline(
        customer_id=case.customer_id,
        kind="promise",
        text_code="service.promise_taken",
        params={"number": case.loan.number, "date": promised_date.isoformat()},
        at=now,
        key=f"service.promise:{promise.pk}",
        amount=amount,
        url=f"/loans/{case.loan.public_id}/",
        actor=actor,
    )
    return promise


@transaction.atomic
def judge_promises(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Judge at the end of a business date every open promise; return how many were kept or broken.

    What counts is every payment on the loan since the promise was made.
    """
    promises = (
        PromiseToPay.objects.select_for_update(no_key=True, of=("self",))
        .filter(state=PromiseToPay.State.OPEN)
        .select_related("case__loan")
        .order_by("pk")
    )
    judged = 0
    for promise in promises:
        paid = (
            Repayment.objects.filter(loan_id=promise.case.loan_id, received_at__gte=promise.made_at).aggregate(
                total=Sum("amount")
            )["total"]
            or ZERO
        )
        state = judge_promise(promise.amount, paid, promise.promised_date, business_date)
        if state is PromiseState.OPEN:
            continue
        promise.state = state
        promise.paid = paid
        promise.judged_date = business_date
        promise.save(update_fields=["state", "paid", "judged_date"])
        _tell_outcome(promise, paid, now=now)
        judged += 1
    return judged


def _tell_outcome(promise: PromiseToPay, paid: Decimal, *, now: datetime) -> None:
    case = promise.case
    params = {"number": case.loan.number, "promised": str(promise.amount), "paid": str(paid)}
    history.add_timeline(
        customer_id=case.customer_id,
        kind="promise",
        text_code=f"service.promise_{promise.state.lower()}",
        params=params,
        at=now,
        key=f"service.promise_judged:{promise.pk}",
        amount=promise.amount,
        url=f"/loans/{case.loan.public_id}/",
    )
    audit.record(
        actor=system_user(),
        action=f"service.promise_{promise.state.lower()}",
        target=promise,
        data={"paid": paid},
        now=now,
    )
    if promise.state != PromiseToPay.State.BROKEN:
        return
    history.raise_work(
        group=WorkItem.Group.PROMISED,
        kind="service.promise_broken",
        reason_code="service.promise_broken",
        params=params,
        key=work_key(case.pk, f"promise:{promise.pk}"),
        now=now,
        customer_id=case.customer_id,
        assignee_id=case.assignee_id,
        right="" if case.assignee_id else rights.COLLECT,
        urgency=_BROKEN_URGENCY,
        url=f"/loans/{case.loan.public_id}/",
    )
    publish(
        PromiseBroken(
            promise_id=promise.pk,
            case_id=case.pk,
            customer_id=case.customer_id,
            missing=promise.amount - paid,
        ),
        now=now,
    )


def _lock_workable(case_id: int) -> CollectionCase:
    case = lock_case(case_id)
    if case.state != CollectionCase.State.OPEN:
        raise CaseClosed
    if case.is_on_hold:
        raise CaseOnHold(reason=case.hold_reason)
    return case
