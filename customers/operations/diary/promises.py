"""What we promised a customer: kept, late or broken, and never forgotten."""

from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.errors import BusinessError, InvalidInput, Text
from core.models import User
from customers.models import Customer, Promise, WorkItem
from customers.operations import history
from customers.operations.diary.members import member_of
from customers.operations.history import WorkItemRow
from customers.operations.moments import find_moment_fault
from customers.operations.touching import touch_customers

_URGENCY: Final = 20
_LATE_URGENCY: Final = 10
_TEXT_LONGEST: Final = 200


class PromiseInvalid(InvalidInput):
    """What was entered about a promise cannot be kept."""

    code = "promise_invalid"


class PromiseClosed(BusinessError):
    """The promise has been judged already."""

    code = "promise_closed"
    message = _("This promise has been closed already.")


@transaction.atomic
def make_promise(
    *, customer_id: int, text: str, due_at: datetime, actor: User, now: datetime, is_contact: bool = False
) -> Promise:
    """Keep what is promised, by whom and until when, and put it on his list. Raises PromiseInvalid, Refused."""
    fields: dict[str, list[Text]] = {}
    if not text.strip() or len(text.strip()) > _TEXT_LONGEST:
        fields["text"] = [_("Say in at most 200 characters what the customer gets.")]
    if fault := find_moment_fault(due_at, now):
        fields["due_at"] = [fault]
    if fields:
        raise PromiseInvalid(fields=fields)
    member = member_of(actor)
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    promise = Promise.objects.create(
        customer=customer, text=text.strip(), due_at=due_at, member=member, made_at=now, is_contact=is_contact
    )
    history.add_timeline(
        customer_id=customer_id,
        kind="promise",
        text_code="customers.contact_promised" if is_contact else "customers.promise_made",
        params={"at": f"{due_at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}", "note": promise.text},
        at=now,
        key=f"promise:{promise.pk}",
        actor=actor,
    )
    history.raise_work(
        group=WorkItem.Group.PROMISED,
        kind="customers.promise",
        reason_code="customers.promise_due",
        params={"note": promise.text, "on": f"{now.astimezone(clock.SHANGHAI):%Y-%m-%d}"},
        key=_work_key(promise.pk),
        now=now,
        customer_id=customer_id,
        assignee_id=member.pk,
        urgency=_URGENCY,
        due_at=due_at,
        url=f"/customers/{customer.public_id}/?tab=diary",
    )
    _refresh_next_promise(customer)
    audit.record(actor=actor, action="customers.promise_made", target=customer, data={"promise": promise.pk}, now=now)
    touch_customers([customer_id], now=now)
    return promise


@transaction.atomic
def close_promise(*, promise_id: int, is_kept: bool, actor: User, now: datetime) -> Promise:
    """Say whether a promise was kept; kept after its time it counts as late. Raises PromiseClosed."""
    # The customer is locked before the promise, as everywhere, so that two acts cannot wait for each other.
    customer_id = Promise.objects.values_list("customer_id", flat=True).get(pk=promise_id)
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    promise = Promise.objects.select_for_update(no_key=True).get(pk=promise_id)
    if promise.state != Promise.State.OPEN:
        raise PromiseClosed
    _close(promise, is_kept=is_kept, actor=actor, now=now)
    _refresh_next_promise(customer)
    audit.record(
        actor=actor,
        action="customers.promise_closed",
        target=customer,
        data={"promise": promise.pk, "kept": is_kept, "late": promise.is_late},
        now=now,
    )
    touch_customers([customer_id], now=now)
    return promise


def keep_promised_contacts(customer: Customer, *, actor: User, now: datetime) -> None:
    """Close the open promises to be in touch again of a locked customer: this contact keeps them."""
    open_ones = Promise.objects.select_for_update(no_key=True).filter(
        customer=customer, state=Promise.State.OPEN, is_contact=True
    )
    for promise in open_ones.order_by("pk"):
        _close(promise, is_kept=True, actor=actor, now=now)
    _refresh_next_promise(customer)


def _close(promise: Promise, *, is_kept: bool, actor: User, now: datetime) -> None:
    promise.state = Promise.State.KEPT if is_kept else Promise.State.BROKEN
    promise.is_late = now > promise.due_at
    promise.closed_at = now
    promise.save(update_fields=["state", "is_late", "closed_at"])
    history.end_work(key=_work_key(promise.pk), now=now, actor=actor)
    history.end_work(key=_late_key(promise.pk), now=now, actor=actor)
    history.add_timeline(
        customer_id=promise.customer_id,
        kind="promise",
        text_code=f"customers.promise_{'kept' if is_kept else 'broken'}",
        params={"note": promise.text},
        at=now,
        key=f"promise:{promise.pk}:closed",
        actor=actor,
    )


def _refresh_next_promise(customer: Customer) -> None:
    open_ones = Promise.objects.filter(customer=customer, state=Promise.State.OPEN)
    customer.next_promise_at = open_ones.aggregate(first=Min("due_at"))["first"]
    customer.save(update_fields=["next_promise_at"])


@transaction.atomic
def judge_promises(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    """Mark the promises that ran out by the end of a day as late and raise them once more; a step of the close."""
    end = clock.at(business_date + timedelta(days=1), 0)
    # Locked, so that no promise is closed between the look and the new line on somebody's list.
    late = list(
        Promise.objects.select_for_update(no_key=True, of=("self",))
        .filter(state=Promise.State.OPEN, is_late=False, due_at__lt=end)
        .select_related("customer")
        .only("customer__public_id", "member_id", "text", "due_at")
        .order_by("pk")
    )
    Promise.objects.filter(pk__in=[promise.pk for promise in late]).update(is_late=True)
    history.raise_work_bulk(
        [
            WorkItemRow(
                group=WorkItem.Group.PROMISED,
                kind="customers.promise_late",
                reason_code="customers.promise_late",
                key=_late_key(promise.pk),
                raised_at=now,
                params={"note": promise.text, "at": f"{promise.due_at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"},
                customer_id=promise.customer_id,
                assignee_id=promise.member_id,
                urgency=_LATE_URGENCY,
                due_at=promise.due_at,
                url=f"/customers/{promise.customer.public_id}/?tab=diary",
            )
            for promise in late
        ]
    )
    # One line a promise is enough: the sharper one replaces the first.
    keys = [_work_key(promise.pk) for promise in late]
    history.end_work_bulk(keys=keys, now=now, actor=None, state=WorkItem.State.DROPPED)
    return len(late)


def _work_key(promise_id: int) -> str:
    return f"customers.promise:{promise_id}"


def _late_key(promise_id: int) -> str:
    return f"customers.promise_late:{promise_id}"
