"""Queue messages behind the consent gate, record what became of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from core import audit, clock
from core.errors import BusinessError
from core.outbox import publish, publish_many
from core.registries import find_marketing_bars
from core.rules.wording import PROMISES, find_phrases
from customers.models import ChannelPreference, Consent, Customer
from customers.operations import history
from messaging.events import MessageQueued
from messaging.models import Channel, Kind, Message, Template
from messaging.rules import rendering, timing

DEFAULT_LANGUAGE = "zh-hans"


class TemplateMissing(BusinessError):
    """No active template of this code suits any of the customer's channels."""

    code = "template_missing"


@dataclass(frozen=True)
class _Way:
    """A channel that reaches the customer, with the template in his language."""

    channel: str
    address: str
    template: Template


@transaction.atomic
def send_message(
    *,
    customer_id: int,
    code: str,
    params: Mapping[str, object],
    dedup_key: str,
    now: datetime,
    reference: tuple[str, int | str] = ("", ""),
    to_phone: str = "",
) -> Message | None:
    """Queue a message over the first channel the customer wants and can be reached by; a repeated key sends nothing.

    `to_phone` sends it as SMS to another number than that of the record. A message that the gate stops is kept as SUPPRESSED with the reason. Raises TemplateMissing, PlaceEmpty.
    """
    existing = Message.objects.filter(dedup_key=dedup_key).first()
    if existing is not None:
        return existing
    customer = Customer.objects.select_related("preference").get(pk=customer_id)
    preference = getattr(customer, "preference", None) or ChannelPreference(channels=[Channel.SMS])
    if to_phone:
        preference = ChannelPreference(channels=[Channel.SMS], language=preference.language)
    way = _find_way(customer, preference, code, to_phone or customer.phone)
    text = rendering.fill(way.template.body, params)
    send_after = timing.send_after(
        way.template.kind,
        now,
        quiet_from_hour=preference.quiet_from_hour,
        quiet_to_hour=preference.quiet_to_hour,
    )
    reason, send_after = _gate(customer, way.template.kind, text, send_after)
    message = Message.objects.create(
        customer=customer,
        template=way.template,
        channel=way.channel,
        kind=way.template.kind,
        address=way.address,
        subject=rendering.fill(way.template.subject, params),
        text=text,
        state=Message.State.SUPPRESSED if reason else Message.State.QUEUED,
        reason=reason,
        dedup_key=dedup_key,
        reference_type=reference[0],
        reference_id=str(reference[1]),
        created_at=now,
        send_after=send_after,
    )
    if not reason and send_after <= now:
        publish(MessageQueued(message_id=message.pk), now=now)
    return message


def _find_way(customer: Customer, preference: ChannelPreference, code: str, phone: str) -> _Way:
    addresses = {Channel.SMS: phone, Channel.MAIL: customer.email, Channel.INAPP: customer.public_id}
    templates = {
        (row.channel, row.language): row for row in Template.objects.filter(code=code, is_active=True).order_by("pk")
    }
    for channel in [*preference.channels, Channel.SMS, Channel.INAPP]:
        for language in (preference.language, DEFAULT_LANGUAGE):
            template = templates.get((channel, language))
            if template is not None and addresses[Channel(channel)]:
                return _Way(channel, addresses[Channel(channel)], template)
    raise TemplateMissing(template=code)


def _gate(customer: Customer, kind: str, text: str, send_after: datetime) -> tuple[str, datetime]:
    """Return why a message may not go (empty when it may) and when it may."""
    if kind == Kind.MARKETING:
        held = _hold_back([customer.pk], send_after)
        if held:
            return held[customer.pk], send_after
        if find_phrases(text, PROMISES):
            return "forbidden_promise", send_after
    if kind == Kind.COLLECTION:
        day = send_after.replace(hour=0, minute=0, second=0, microsecond=0)
        count = Message.objects.filter(
            customer=customer,
            kind=Kind.COLLECTION,
            send_after__gte=day,
            send_after__lt=day + timedelta(days=1),
        ).exclude(state=Message.State.SUPPRESSED)
        if count.count() >= timing.COLLECTIONS_A_DAY:
            return "collection_limit", send_after
    return "", send_after


def _hold_back(customer_ids: Collection[int], at: datetime) -> dict[int, str]:
    """Return whom of some customers nothing unasked may be sent at a moment, and why."""
    bars = find_marketing_bars(customer_ids, clock.day_of(at))
    agreed = set(
        Consent.objects.filter(
            customer__in=customer_ids, purpose=Consent.Purpose.MARKETING, withdrawn_at__isnull=True
        ).values_list("customer_id", flat=True)
    )
    held = {pk: f"{code} {until}" for pk, (code, until) in bars.items()}
    return held | {pk: "no_marketing_consent" for pk in customer_ids if pk not in agreed}


@transaction.atomic
def release_due(*, now: datetime, limit: int = 1000) -> int:
    """Let queued messages go whose time has come; return how many.

    Who has withdrawn his consent or is no customer any more since it was queued is sent no marketing.
    """
    rows = list(
        Message.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(state=Message.State.QUEUED, send_after__lte=now, send_after__gt=now - timedelta(days=3))
        .exclude(reason="released")
        .order_by("send_after", "pk")
        .values_list("pk", "customer_id", "kind")[:limit]
    )
    unasked = {pk: customer_id for pk, customer_id, kind in rows if kind == Kind.MARKETING and customer_id}
    held = _hold_back(set(unasked.values()), now) if unasked else {}
    stopped = {pk: held[customer_id] for pk, customer_id in unasked.items() if customer_id in held}
    for reason in sorted(set(stopped.values())):
        kept = [pk for pk, why in stopped.items() if why == reason]
        Message.objects.filter(pk__in=kept).update(state=Message.State.SUPPRESSED, reason=reason)
    ids = [pk for pk, _customer_id, _kind in rows if pk not in stopped]
    # The mark keeps a message that waits for its worker from being released again.
    Message.objects.filter(pk__in=ids).update(reason="released")
    publish_many([MessageQueued(message_id=pk) for pk in ids], now=now)
    return len(ids)


@transaction.atomic
def record_sent(*, message_id: int, provider_reference: str, now: datetime) -> None:
    """Record that the operator took a message, and show it on the timeline; a repeat changes nothing."""
    message = Message.objects.select_for_update(no_key=True).select_related("template").get(pk=message_id)
    if message.state != Message.State.QUEUED:
        return
    message.state = Message.State.SENT
    message.reason = ""
    message.sent_at = now
    message.provider_reference = provider_reference
    message.save(update_fields=["state", "reason", "sent_at", "provider_reference"])
    if message.customer_id is not None:
        history.add_timeline(
            customer_id=message.customer_id,
            kind="notice",
            text_code="messaging.sent",
            params={"channel": message.channel, "template": message.template.code},
            at=now,
            key=f"message:{message.pk}",
        )


@transaction.atomic
def record_failed(*, message_id: int, reason: str, now: datetime) -> None:
    """Record that a message cannot be sent."""
    message = Message.objects.select_for_update(no_key=True).get(pk=message_id)
    if message.state not in {Message.State.QUEUED, Message.State.SENT}:
        return
    message.state = Message.State.FAILED
    message.reason = reason[:80]
    message.save(update_fields=["state", "reason"])
    audit.record(actor=None, action="messaging.failed", target=message, data={"reason": reason}, now=now)


@transaction.atomic
def record_receipt(*, message_public_id: str, is_delivered: bool, now: datetime) -> None:
    """Record the operator's receipt."""
    message = Message.objects.select_for_update(no_key=True).filter(public_id=message_public_id).first()
    if message is None or message.state not in {Message.State.SENT, Message.State.QUEUED}:
        return
    message.state = Message.State.DELIVERED if is_delivered else Message.State.FAILED
    message.save(update_fields=["state"])


def mark_read(*, customer_id: int, message_public_id: str, now: datetime) -> bool:
    """Record that the customer opened a message; tell whether there was one of his."""
    rows = Message.objects.filter(customer_id=customer_id, public_id=message_public_id)
    rows.filter(read_at__isnull=True).update(read_at=now)
    return rows.exists()


@transaction.atomic
def record_code_sent(*, phone: str, text: str, dedup_key: str, provider_reference: str, now: datetime) -> None:
    """Keep the proof that a code went out, with the code itself blotted out."""
    template = Template.objects.get(
        code="verification-code", channel=Channel.SMS, language=DEFAULT_LANGUAGE, is_active=True
    )
    Message.objects.get_or_create(
        dedup_key=dedup_key,
        defaults={
            "template": template,
            "channel": Channel.SMS,
            "kind": Kind.VERIFICATION,
            "address": phone,
            "text": text,
            "state": Message.State.SENT,
            "created_at": now,
            "send_after": now,
            "sent_at": now,
            "provider_reference": provider_reference,
        },
    )
