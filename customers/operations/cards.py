"""Bank cards: bound after the bank's four-factor check."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput
from core.fields import blind_index
from core.outbox import publish
from customers.events import CardAsked, CardBound
from customers.models import BankCard, Consent, Customer
from customers.operations import history
from customers.operations.facts import refresh_completeness
from customers.operations.identity import TooManyChecks
from customers.operations.registration import InvalidPhone
from customers.rules import identity as identity_rules

_CHECKS_A_DAY = 10


class NotIdentified(BusinessError):
    """Only identified customers go on."""

    code = "not_identified"
    message = _("Confirm your identity first.")
    next_step = _("Send your name and identity number; the check takes a few seconds.")


class InvalidCard(InvalidInput):
    """The card number cannot be one."""

    code = "invalid_card_number"
    message = _("The card number is not valid.")
    next_step = _("Compare it with the card, digit by digit.")


class CardTaken(BusinessError):
    """The card is bound or being checked."""

    code = "card_taken"
    message = _("This card is bound already, or its check is running.")


class ConsentMissing(BusinessError):
    """A purpose has no consent."""

    code = "consent_missing"
    message = _("Your consent is needed first: %(purpose)s.")
    next_step = _("Read the notice and give your consent, then try again.")


def require_consent(customer: Customer, purpose: str) -> Consent:
    """Return the live consent to a purpose. Raises ConsentMissing."""
    consent = Consent.objects.filter(customer=customer, purpose=purpose, withdrawn_at__isnull=True).first()
    if consent is None:
        raise ConsentMissing(purpose=Consent.Purpose(purpose).label)
    return consent


@transaction.atomic
def ask_card(*, customer_id: int, number: str, reserved_phone: str, bank_name: str, now: datetime) -> BankCard:
    """Have the bank check a card.

    Raises NotIdentified, ConsentMissing, InvalidCard, InvalidPhone, TooManyChecks, CardTaken.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    if customer.status != Customer.Status.IDENTIFIED:
        raise NotIdentified
    require_consent(customer, Consent.Purpose.BANK_CARD)
    number = identity_rules.normalise_bank_card(number)
    if not identity_rules.check_bank_card(number).is_valid:
        raise InvalidCard(fields={"number": [InvalidCard.message]})
    phone = identity_rules.normalise_mobile(reserved_phone)
    if not identity_rules.check_mobile(phone).is_valid:
        raise InvalidPhone(fields={"reserved_phone": [InvalidPhone.message]})
    if customer.cards.filter(asked_at__gt=now - timedelta(days=1)).count() >= _CHECKS_A_DAY:
        raise TooManyChecks
    try:
        with transaction.atomic():
            row = BankCard.objects.create(
                customer=customer,
                number=number,
                number_index=blind_index(number, "card"),
                tail=number[-4:],
                bank_name=bank_name,
                reserved_phone=phone,
                asked_at=now,
            )
    except IntegrityError as error:
        raise CardTaken from error
    publish(CardAsked(card_id=row.pk), now=now)
    return row


@transaction.atomic
def record_card_result(*, card_id: int, is_confirmed: bool, now: datetime) -> None:
    """Record the bank's answer; a repeated answer changes nothing."""
    card = BankCard.objects.select_for_update(no_key=True).get(pk=card_id)
    if card.state != BankCard.State.PENDING:
        return
    card.state = BankCard.State.BOUND if is_confirmed else BankCard.State.REFUSED
    card.bound_at = now if is_confirmed else None
    card.save(update_fields=["state", "bound_at"])
    audit.record(actor=None, action="customers.card_checked", target=card, data={"confirmed": is_confirmed}, now=now)
    history.add_timeline(
        customer_id=card.customer_id,
        kind="change",
        text_code="customers.card_bound" if is_confirmed else "customers.card_refused",
        params={"tail": card.tail},
        at=now,
        key=f"card:{card.pk}",
    )
    if is_confirmed:
        refresh_completeness([card.customer_id])
        publish(CardBound(card_id=card.pk, customer_id=card.customer_id), now=now)


@transaction.atomic
def unbind_card(*, customer_id: int, card_id: int, now: datetime) -> None:
    """Unbind a card; the record stays. A card that is not bound stays as it is."""
    card = BankCard.objects.select_for_update(no_key=True).get(pk=card_id, customer_id=customer_id)
    if card.state != BankCard.State.BOUND:
        return
    card.state = BankCard.State.UNBOUND
    card.save(update_fields=["state"])
    audit.record(actor=None, action="customers.card_unbound", target=card, now=now)
