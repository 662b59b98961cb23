"""What comes back from the SMS operator: receipts and replies."""

from datetime import date, datetime

from django.db import transaction

from core.fields import blind_index
from customers.models import Consent, Customer
from customers.operations import history
from customers.operations.registration import withdraw_consent
from integrations.ports import DeliveryNotice, DeliveryStatus
from messaging.operations.sending import record_receipt

# 拒收请回复R and its kin: any of these ends all marketing, whatever the channel.
STOP_WORDS = {"R", "T", "TD", "N", "退订", "退訂", "拒收"}


@transaction.atomic
def take_notice(*, notice: DeliveryNotice, now: datetime, business_date: date, idempotency_key: str) -> None:
    """Record a receipt, or act on a reply: a stop word withdraws the consent to marketing."""
    if notice.status != DeliveryStatus.REPLIED:
        is_delivered = notice.status == DeliveryStatus.DELIVERED
        record_receipt(message_public_id=notice.message_id, is_delivered=is_delivered, now=now)
        return
    customer = Customer.objects.filter(phone_index=blind_index(notice.phone, "phone")).select_related("user").first()
    if customer is None:
        return
    is_stop = notice.text.strip().upper() in STOP_WORDS
    if is_stop:
        withdraw_consent(customer=customer, purpose=Consent.Purpose.MARKETING, now=now)
    history.add_timeline(
        customer_id=customer.pk,
        kind="contact",
        text_code="messaging.stopped" if is_stop else "messaging.replied",
        params={},
        at=now,
        key=f"reply:{notice.event_key}"[:120],
    )
