"""Who the customer is: his own statement, checked by rule at once and by the outside register later."""

import re
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput
from core.fields import blind_index
from core.outbox import publish
from customers.events import CustomerIdentified, IdentityAsked
from customers.models import Customer, IdentityCheck
from customers.operations import facts, history
from customers.rules import identity as identity_rules
from customers.rules.sources import Source

_CHECKS_A_DAY = 5
# 王小明, 阿卜杜拉·买买提, John Smith.
_PLAUSIBLE_NAME = re.compile(r"[㐀-鿿][㐀-鿿·]{1,24}|[A-Za-z][A-Za-z .'-]{1,58}")


class InvalidIdentity(InvalidInput):
    """The identity number cannot be one."""

    code = "invalid_identity_number"
    message = _("The identity number is not valid.")
    next_step = _("Compare it with the card, digit by digit.")


class InvalidName(InvalidInput):
    """The name cannot be one."""

    code = "invalid_name"
    message = _("Enter the name as it stands on the identity card.")


class IdentityTaken(BusinessError):
    """The identity number belongs to another customer."""

    code = "identity_taken"
    message = _("This identity number belongs to another account.")
    next_step = _("Log in with the phone number of that account, or call the service line.")


class AlreadyIdentified(BusinessError):
    """The customer is identified."""

    code = "already_identified"
    message = _("Your identity is confirmed already.")


class CheckRunning(BusinessError):
    """A check is on its way."""

    code = "identity_check_running"
    message = _("Your identity is being checked.")
    next_step = _("The answer takes a few seconds.")


class TooManyChecks(BusinessError):
    """Each check costs money, and many of them would make the register a tool to find out about others."""

    code = "too_many_checks"
    status = 429
    message = _("Too many checks were asked for today.")
    next_step = _("Try again tomorrow, or call the service line.")


class Underage(InvalidInput):
    """Users below fourteen are refused (PIPL 28)."""

    code = "underage"
    message = _("Customers must be at least 14 years old.")


@transaction.atomic
def ask_identity_check(
    *, customer_id: int, name: str, identity_number: str, now: datetime, business_date: date
) -> IdentityCheck:
    """Check the number by rule and have name and number compared with the register.

    Raises InvalidName, InvalidIdentity, Underage, AlreadyIdentified, IdentityTaken, CheckRunning, TooManyChecks.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    if customer.status != Customer.Status.REGISTERED:
        raise AlreadyIdentified
    name = name.strip()
    if not _PLAUSIBLE_NAME.fullmatch(name):
        raise InvalidName(fields={"name": [InvalidName.message]})
    number = identity_rules.normalise_citizen_number(identity_number)
    if not identity_rules.check_citizen_number(number, business_date).is_valid:
        raise InvalidIdentity(fields={"identity_number": [InvalidIdentity.message]})
    if identity_rules.age_on(identity_rules.read_citizen_number(number).birth_date, business_date) < 14:
        raise Underage
    index = blind_index(number, "identity")
    if Customer.objects.filter(identity_index=index).exclude(pk=customer.pk).exists():
        raise IdentityTaken
    if customer.identity_checks.filter(asked_at__gt=now - timedelta(days=1)).count() >= _CHECKS_A_DAY:
        raise TooManyChecks
    try:
        with transaction.atomic():
            check = IdentityCheck.objects.create(
                customer=customer, name=name, identity_number=number, identity_index=index, asked_at=now
            )
    except IntegrityError as error:
        raise CheckRunning from error
    publish(IdentityAsked(check_id=check.pk), now=now)
    return check


@transaction.atomic
def record_identity_result(*, check_id: int, outcome: str, now: datetime) -> None:
    """Record the register's answer; a passed check makes the customer identified. A repeated answer changes nothing."""
    check = IdentityCheck.objects.select_for_update(no_key=True).get(pk=check_id)
    if check.outcome != IdentityCheck.Outcome.PENDING:
        return
    customer = Customer.objects.select_for_update(no_key=True).get(pk=check.customer_id)
    if (
        outcome == IdentityCheck.Outcome.PASSED
        and Customer.objects.filter(identity_index=check.identity_index).exclude(pk=customer.pk).exists()
    ):
        outcome = IdentityCheck.Outcome.ERROR
    check.outcome = outcome
    check.checked_at = now
    check.save(update_fields=["outcome", "checked_at"])
    audit.record(
        actor=customer.user, action="customers.identity_checked", target=check, data={"outcome": outcome}, now=now
    )
    history.add_timeline(
        customer_id=customer.pk,
        kind="change",
        text_code=f"customers.identity_{'passed' if outcome == IdentityCheck.Outcome.PASSED else 'failed'}",
        params={},
        at=now,
        key=f"identity:{check.pk}",
    )
    if outcome == IdentityCheck.Outcome.PASSED:
        _identify(customer, check, now)


def _identify(customer: Customer, check: IdentityCheck, now: datetime) -> None:
    said = identity_rules.read_citizen_number(check.identity_number)
    facts.set_facts(
        customer_id=customer.pk,
        values={
            "name": check.name,
            "identity_number": check.identity_number,
            "birth_date": said.birth_date,
            "sex": said.sex,
        },
        source=Source.IDENTITY_CHECK,
        actor=None,
        now=now,
    )
    customer.status = Customer.Status.IDENTIFIED
    customer.identified_at = now
    customer.save(update_fields=["status", "identified_at"])
    publish(CustomerIdentified(customer_id=customer.pk), now=now)
