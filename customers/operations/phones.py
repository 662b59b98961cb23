"""A new phone for a log-in: asked for by staff with a reason, told to the old number, confirmed by its holder."""

import hmac
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError
from core.fields import blind_index
from core.models import ApiToken, User
from core.outbox import publish
from customers import fields as specs
from customers.events import PhoneChangeAsked
from customers.models import Customer, PhoneChange
from customers.operations import history
from customers.operations.facts import InvalidFacts, RecordMerged, ValueTaken, set_facts
from customers.queries.facts import take_stamps
from customers.queries.own import find_user_by_phone
from customers.queries.phones import find_open_change
from customers.rules.identity import normalise_mobile

LIFETIME: Final = timedelta(days=7)
_FAILURES_ALLOWED: Final = 5
_TAIL: Final = 6


class NoLogIn(BusinessError):
    """The customer has no log-in, so that his phone is a fact like others."""

    code = "no_log_in"
    message = _("The customer has no log-in yet.")
    next_step = _("Change the phone in his profile.")


class NothingToConfirm(BusinessError):
    """No change to this number waits, or the proof of who holds it is wrong."""

    code = "nothing_to_confirm"
    status = 422
    message = _("No change to this number waits, or the end of the identity number is wrong.")
    next_step = _("Check what you entered, or ask your adviser for the change again.")


@transaction.atomic
def ask_phone_change(*, customer_id: int, phone: str, reason: str, actor: User, now: datetime) -> PhoneChange | None:
    """Have a customer's log-in move to another phone once he has confirmed it; the holder of the old one is told.

    A later wish replaces one that waits; the present number withdraws it, and None is returned.
    Raises InvalidFacts, NoLogIn, RecordMerged, ValueTaken.
    """
    number = _clean(phone)
    reason = " ".join(reason.split())
    if not reason or len(reason) > 200:
        raise InvalidFacts(fields={"reason": [_("Say why.")]})
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    if customer.merged_into_id is not None:
        raise RecordMerged
    if customer.user_id is None:
        raise NoLogIn
    _drop(find_open_change(customer_id), actor, now)
    if number == customer.phone:
        return None
    if find_user_by_phone(number) is not None or _is_taken(number):
        raise ValueTaken(fields={"phone": [ValueTaken.message]})
    change = PhoneChange.objects.create(
        customer=customer,
        phone=number,
        phone_index=blind_index(number, "phone"),
        phone_tail=number[-4:],
        old_phone=customer.phone,
        reason=reason,
        asked_by=actor,
        asked_at=now,
        expires_at=now + LIFETIME,
    )
    audit.record(actor=actor, action="customers.phone_change_asked", target=customer, reason=reason, now=now)
    history.add_timeline(
        customer_id=customer.pk,
        kind="change",
        text_code="customers.phone_change_asked",
        params={},
        at=now,
        key=f"phone_change:{change.pk}",
        actor=actor,
    )
    publish(PhoneChangeAsked(change_id=change.pk, customer_id=customer.pk), now=now)
    return change


def _clean(phone: str) -> str:
    try:
        number = str(specs.clean(specs.FIELDS["phone"], phone))
    except specs.Unfit as error:
        raise InvalidFacts(fields={"phone": [specs.SENTENCES[error.fault]]}) from error
    if not number:
        raise InvalidFacts(fields={"phone": [_("This is needed.")]})
    return number


def _is_taken(number: str) -> bool:
    return Customer.objects.filter(phone_index=blind_index(number, "phone")).exists()


def _drop(change: PhoneChange | None, actor: User | None, now: datetime) -> None:
    if change is None:
        return
    PhoneChange.objects.filter(pk=change.pk).update(dropped_at=now, phone="", phone_index="")
    audit.record(
        actor=actor,
        action="customers.phone_change_dropped",
        target=Customer(pk=change.customer_id),
        data={"change": change.pk},
        now=now,
    )


@transaction.atomic(durable=True)
def _compare(index: str, tail: str, now: datetime) -> int | None:
    # A wrong try commits on its own, so that a number that was taken over by somebody else guesses five times at most.
    change = (
        PhoneChange.objects.select_for_update(of=("self",))
        .select_related("customer")
        .filter(phone_index=index, confirmed_at__isnull=True, dropped_at__isnull=True, expires_at__gt=now)
        .order_by("-id")
        .first()
    )
    if change is None:
        return None
    known = change.customer.identity_number[-_TAIL:]
    if hmac.compare_digest(known.encode(), tail.strip().upper().encode()) or not known:
        return change.pk
    change.failures += 1
    change.save(update_fields=["failures"])
    if change.failures >= _FAILURES_ALLOWED:
        _drop(change, None, now)
    return None


def check_holder(*, phone: str, identity_tail: str, now: datetime) -> int:
    """Compare the last six of the identity number of whoever is to log in by a phone; return the change's id.

    A wrong try counts whatever becomes of the request; the fifth one drops the change. Raises NothingToConfirm.
    """
    change_id = _compare(blind_index(normalise_mobile(phone), "phone"), identity_tail, now)
    if change_id is None:
        raise NothingToConfirm
    return change_id


@transaction.atomic
def confirm_phone_change(*, change_id: int, now: datetime) -> Customer:
    """Move the log-in to the new phone and log out everywhere; callers have spent a code of the phone.

    Raises NothingToConfirm, ValueTaken, RecordMerged.
    """
    customer_id = PhoneChange.objects.values_list("customer_id", flat=True).get(pk=change_id)
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    change = find_open_change(customer_id)
    if change is None or change.pk != change_id or change.expires_at <= now:
        raise NothingToConfirm
    set_facts(
        customer_id=customer_id,
        values={"phone": change.phone},
        source="SELF",
        actor=customer.user,
        now=now,
        expected=take_stamps(customer, ["phone"]),
        is_confirmed=True,
    )
    PhoneChange.objects.filter(pk=change_id).update(confirmed_at=now, phone="", phone_index="")
    ApiToken.objects.filter(user_id=customer.user_id).delete()
    audit.record(
        actor=customer.user,
        action="customers.phone_change_confirmed",
        target=customer,
        data={"change": change_id},
        now=now,
    )
    return customer


def forget_old_phone(*, change_id: int) -> None:
    """Forget the number that was told."""
    PhoneChange.objects.filter(pk=change_id).update(old_phone="")
