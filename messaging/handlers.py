"""Doors for events: codes and queued messages go to the operators."""

from django.conf import settings

from core import clock
from core.outbox import EventContext, handles
from customers.events import (
    CustomerHandedOver,
    CustomerIdentified,
    PhoneChangeAsked,
    StepMessageDue,
    VerificationCodeAsked,
)
from customers.models import Customer, Handover, PhoneChange, StepRun, VerificationCode
from customers.operations import phones
from customers.operations.ownership.handover import note_told
from customers.operations.registration import mark_code_sent
from integrations import connect
from integrations.ports import FinalRefusal, MailMessage, SmsMessage
from messaging.events import MessageQueued
from messaging.models import Channel, Message, Template
from messaging.operations import sending
from messaging.rules.rendering import fill


@handles(VerificationCodeAsked, name="messaging.send_code", outside=True)
def send_code(event: VerificationCodeAsked, context: EventContext) -> None:
    """Send a verification code; an expired or sent one is left alone."""
    row = VerificationCode.objects.get(pk=event.verification_id)
    if not row.code or row.expires_at <= context.now:
        return
    template = Template.objects.get(
        code="verification-code", channel=Channel.SMS, language=sending.DEFAULT_LANGUAGE, is_active=True
    )
    try:
        reference = connect.sms_gateway().send(
            SmsMessage(
                message_id=f"code-{row.pk}-{row.code_hash[:12]}",
                phone=row.phone,
                text=fill(template.body, {"code": row.code}),
                signature=settings.SMS_SIGNATURE,
            )
        )
    except FinalRefusal:
        mark_code_sent(verification_id=row.pk)
        return
    sending.record_code_sent(
        phone=row.phone,
        text=fill(template.body, {"code": "******"}),
        dedup_key=f"code:{row.pk}",
        provider_reference=reference,
        now=context.now,
    )
    mark_code_sent(verification_id=row.pk)


@handles(MessageQueued, name="messaging.deliver", outside=True)
def deliver(event: MessageQueued, context: EventContext) -> None:
    """Hand a message to its operator."""
    message = Message.objects.get(pk=event.message_id)
    if message.state != Message.State.QUEUED:
        return
    try:
        reference = _hand_over(message)
    except FinalRefusal as refusal:
        sending.record_failed(message_id=message.pk, reason=refusal.code, now=context.now)
        return
    sending.record_sent(message_id=message.pk, provider_reference=reference, now=context.now)


def _hand_over(message: Message) -> str:
    if message.channel == Channel.SMS:
        return connect.sms_gateway().send(
            SmsMessage(
                message_id=message.public_id, phone=message.address, text=message.text, signature=settings.SMS_SIGNATURE
            )
        )
    if message.channel == Channel.MAIL:
        return connect.mail_gateway().send(
            MailMessage(
                message_id=message.public_id, to_address=message.address, subject=message.subject, text=message.text
            )
        )
    # A message in the app is delivered by being there.
    return ""


@handles(CustomerIdentified, name="messaging.welcome")
def welcome(event: CustomerIdentified, context: EventContext) -> None:
    """Tell the customer that his identity is confirmed."""
    sending.send_message(
        customer_id=event.customer_id,
        code="identity-confirmed",
        params={},
        dedup_key=f"identity-confirmed:{event.customer_id}",
        now=context.now,
    )


@handles(CustomerHandedOver, name="messaging.tell_new_adviser")
def tell_new_adviser(event: CustomerHandedOver, context: EventContext) -> None:
    """Tell a customer who looks after him from now on; who cannot be reached or has gone on to another is left out."""
    customer = Customer.objects.select_related("rm__user").get(pk=event.customer_id)
    handover = Handover.objects.select_related("giver__user").get(pk=event.handover_id)
    key = f"new-adviser:{event.handover_id}:{event.customer_id}"
    if customer.rm is None or str(customer.rm_id) not in handover.plan or customer.status == Customer.Status.CLOSED:
        return
    message = sending.send_message(
        customer_id=customer.pk,
        code="new-adviser",
        params={"adviser": str(customer.rm), "former": str(handover.giver)},
        dedup_key=key,
        now=context.now,
        reference=("customers.handover", handover.pk),
    )
    if message is not None and message.state != Message.State.SUPPRESSED:
        note_told(handover_id=handover.pk)


@handles(PhoneChangeAsked, name="messaging.tell_old_phone")
def tell_old_phone(event: PhoneChangeAsked, context: EventContext) -> None:
    """Tell the holder of the old number that the log-in is to move, also when it has moved by then."""
    change = PhoneChange.objects.get(pk=event.change_id)
    if change.old_phone:
        sending.send_message(
            customer_id=event.customer_id,
            code="phone-change-asked",
            params={"tail": change.phone_tail, "expires": f"{change.expires_at.astimezone(clock.SHANGHAI):%Y-%m-%d}"},
            dedup_key=f"phone-change:{change.pk}",
            now=context.now,
            reference=("customers.phonechange", change.pk),
            to_phone=change.old_phone,
        )
    phones.forget_old_phone(change_id=change.pk)


@handles(StepMessageDue, name="messaging.send_step")
def send_step(event: StepMessageDue, context: EventContext) -> None:
    """Send what a step of the relationship process says; once a step, and not where it has ended meanwhile."""
    run = StepRun.objects.select_related("step").get(pk=event.run_id)
    if run.state == StepRun.State.OPEN:
        sending.send_message(
            customer_id=run.customer_id,
            code=run.step.message_code,
            params={},
            dedup_key=f"process:{run.pk}",
            now=context.now,
            reference=("customers.steprun", run.pk),
        )
