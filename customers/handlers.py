"""Doors for events: the outside checks of identity and card, owners, steps of registering, leads who registered."""

from core.outbox import EventContext, handles
from customers.events import (
    CardAsked,
    CardBound,
    CustomerIdentified,
    CustomerRegistered,
    CustomerTakenIn,
    IdentityAsked,
    VerificationCodeAsked,
)
from customers.models import BankCard, Consent, IdentityCheck, RegistrationStep
from customers.operations import cards, funnel, identity, leads, ownership
from integrations import connect
from integrations.ports import BureauPurpose, CardCheck, CreditQuery, FinalRefusal, IdentityMatch


@handles(IdentityAsked, name="customers.check_identity", outside=True)
def check_identity(event: IdentityAsked, context: EventContext) -> None:
    """Compare name and number with the register."""
    check = IdentityCheck.objects.select_related("customer").get(pk=event.check_id)
    consent = Consent.objects.filter(
        customer=check.customer, purpose=Consent.Purpose.SERVICE, withdrawn_at__isnull=True
    ).first()
    query = CreditQuery(
        query_id=f"identity-{check.public_id}",
        consent_id=str(consent.pk) if consent else "",
        purpose=BureauPurpose.IDENTITY_CHECK,
        holder_name=check.name,
        identity_number=check.identity_number,
    )
    outcomes = {
        IdentityMatch.MATCH: IdentityCheck.Outcome.PASSED,
        IdentityMatch.MISMATCH: IdentityCheck.Outcome.MISMATCH,
    }
    try:
        match = connect.credit_bureau().check_identity(query)
        outcome = outcomes.get(match, IdentityCheck.Outcome.ERROR)
    except FinalRefusal:
        outcome = IdentityCheck.Outcome.ERROR
    identity.record_identity_result(check_id=check.pk, outcome=outcome, now=context.now)


@handles(CardAsked, name="customers.check_card", outside=True)
def check_card(event: CardAsked, context: EventContext) -> None:
    """Have the bank compare the four factors."""
    card = BankCard.objects.select_related("customer").get(pk=event.card_id)
    request = CardCheck(
        request_id=f"card-{card.public_id}",
        card_number=card.number,
        holder_name=card.customer.name,
        identity_number=card.customer.identity_number,
        phone=card.reserved_phone,
    )
    try:
        is_confirmed = connect.card_gateway().check_card(request)
    except FinalRefusal:
        is_confirmed = False
    cards.record_card_result(card_id=card.pk, is_confirmed=is_confirmed, now=context.now)


@handles(CustomerRegistered, name="customers.assign_registered")
def assign_registered(event: CustomerRegistered, context: EventContext) -> None:
    """Close his open leads as won; who worked on them looks after him, else somebody by rule."""
    leads.adopt_registered(customer_id=event.customer_id, now=context.now)
    ownership.assign_by_rule(customer_id=event.customer_id, now=context.now, actor=context.actor)


@handles(CustomerTakenIn, name="customers.assign_taken_in")
def assign_taken_in(event: CustomerTakenIn, context: EventContext) -> None:
    """Give whom staff or a partner brought in to somebody by rule, unless he has an RM."""
    ownership.assign_by_rule(customer_id=event.customer_id, now=context.now, actor=context.actor)


@handles(CustomerIdentified, name="customers.assign_identified")
def assign_identified(event: CustomerIdentified, context: EventContext) -> None:
    """Try again for who is still nobody's now that his region is known."""
    ownership.assign_by_rule(customer_id=event.customer_id, now=context.now, actor=context.actor)


@handles(VerificationCodeAsked, name="customers.note_phone")
def note_phone(event: VerificationCodeAsked, context: EventContext) -> None:
    """Count who begins to register."""
    funnel.note_phone(verification_id=event.verification_id, now=context.now)


@handles(CustomerRegistered, name="customers.note_registered")
def note_registered(event: CustomerRegistered, context: EventContext) -> None:
    """Count who registered."""
    funnel.note_step(customer_ids=[event.customer_id], step=RegistrationStep.Step.REGISTERED, now=context.now)


@handles(CustomerIdentified, name="customers.note_identified")
def note_identified(event: CustomerIdentified, context: EventContext) -> None:
    """Count who confirmed his identity."""
    funnel.note_step(customer_ids=[event.customer_id], step=RegistrationStep.Step.IDENTITY, now=context.now)


@handles(CardBound, name="customers.note_card")
def note_card(event: CardBound, context: EventContext) -> None:
    """Count who bound a card."""
    funnel.note_step(customer_ids=[event.customer_id], step=RegistrationStep.Step.CARD, now=context.now)
