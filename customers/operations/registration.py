"""From a phone number to a customer with a log-in."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput
from core.fields import blind_index
from core.ids import business_number, public_id
from core.models import User
from core.outbox import publish
from customers.events import CustomerRegistered, VerificationCodeAsked
from customers.models import ChannelPreference, Consent, Customer, VerificationCode
from customers.operations import history
from customers.rules import identity

CODE_LIFETIME = timedelta(minutes=5)
RESEND_AFTER = timedelta(seconds=60)
CODES_A_DAY = 10
_FAILURES_ALLOWED = 5


class InvalidPhone(InvalidInput):
    """The phone number is no mainland mobile number."""

    code = "invalid_phone"
    message = _("This is not a mainland mobile number.")
    next_step = _("Enter the eleven digits of the number.")


class CodeTooSoon(BusinessError):
    """Codes were asked for too often."""

    code = "code_too_soon"
    status = 429
    message = _("A code was sent a moment ago, or too many today.")
    next_step = _("Wait a minute before you ask for another one.")


class WrongCode(BusinessError):
    """The code is wrong, used or too old."""

    code = "wrong_code"
    status = 422
    message = _("The code is wrong or has expired.")
    next_step = _("Check the message, or ask for a new code.")


class PhoneTaken(BusinessError):
    """The phone number is registered already."""

    code = "phone_taken"
    message = _("This phone number is registered already.")
    next_step = _("Log in with a code instead.")


def _clean_phone(phone: str) -> str:
    number = identity.normalise_mobile(phone)
    if not identity.check_mobile(number).is_valid:
        raise InvalidPhone(fields={"phone": [InvalidPhone.message]})
    return number


@transaction.atomic
def ask_code(*, phone: str, purpose: str, now: datetime) -> VerificationCode:
    """Make a six-digit code and have it sent. Raises InvalidPhone, CodeTooSoon."""
    phone = _clean_phone(phone)
    index = blind_index(phone, "phone")
    recent = VerificationCode.objects.filter(phone_index=index, created_at__gt=now - timedelta(days=1))
    # Who has just registered may sign within the same minute: only the same code is not sent again so soon.
    latest = recent.filter(purpose=purpose).order_by("-id").first()
    if (latest is not None and now - latest.created_at < RESEND_AFTER) or recent.count() >= CODES_A_DAY:
        raise CodeTooSoon
    code = f"{secrets.randbelow(10**6):06d}"
    row = VerificationCode.objects.create(
        phone=phone,
        phone_index=index,
        purpose=purpose,
        code=code,
        code_hash=_hash(code, index, purpose),
        created_at=now,
        expires_at=now + CODE_LIFETIME,
    )
    publish(VerificationCodeAsked(verification_id=row.pk), now=now)
    return row


def mark_code_sent(*, verification_id: int) -> None:
    """Forget the readable code."""
    VerificationCode.objects.filter(pk=verification_id).update(code="")


def _hash(code: str, index: str, purpose: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"{purpose}:{index}:{code}".encode(), hashlib.sha256).hexdigest()


def use_code(*, phone: str, purpose: str, code: str, now: datetime) -> None:
    """Use a code up; a wrong try counts even though the request is refused. Raises InvalidPhone, WrongCode."""
    phone = _clean_phone(phone)
    index = blind_index(phone, "phone")
    with transaction.atomic():
        row = (
            VerificationCode.objects.select_for_update()
            .filter(phone_index=index, purpose=purpose, used_at__isnull=True, expires_at__gt=now)
            .order_by("-id")
            .first()
        )
        is_right = (
            row is not None
            and row.failures < _FAILURES_ALLOWED
            and hmac.compare_digest(row.code_hash, _hash(code, index, purpose))
        )
        if row is not None:
            row.used_at = now if is_right else None
            row.failures += 0 if is_right else 1
            row.save(update_fields=["used_at", "failures"])
    if not is_right:
        raise WrongCode(fields={"code": [WrongCode.message]})


@transaction.atomic
def register_customer(*, phone: str, notice_version: str, source: str, channel: str, now: datetime) -> Customer:
    """Create the customer, his log-in and his consent to the service. Raises InvalidPhone, PhoneTaken."""
    phone = _clean_phone(phone)
    index = blind_index(phone, "phone")
    if Customer.objects.filter(phone_index=index).exists():
        raise PhoneTaken
    user = User(username=f"c-{public_id()}", kind=User.Kind.CUSTOMER)
    user.set_unusable_password()
    user.save()
    try:
        with transaction.atomic():
            customer = Customer.objects.create(
                number=business_number("C", now.date()),
                user=user,
                phone=phone,
                phone_index=index,
                phone_tail_index=blind_index(phone[-4:], "phone_tail"),
                source=source,
                registered_at=now,
            )
    except IntegrityError as error:
        raise PhoneTaken from error
    ChannelPreference.objects.create(customer=customer, channels=["SMS", "MAIL"])
    give_consent(
        customer=customer, purpose=Consent.Purpose.SERVICE, notice_version=notice_version, channel=channel, now=now
    )
    audit.record(actor=user, action="customers.registered", target=customer, now=now)
    history.add_timeline(
        customer_id=customer.pk,
        kind="change",
        text_code="customers.registered",
        params={"source": source},
        at=now,
        key=f"registered:{customer.pk}",
    )
    publish(CustomerRegistered(customer_id=customer.pk), now=now)
    return customer


@transaction.atomic
def give_consent(
    *, customer: Customer, purpose: str, notice_version: str, channel: str, now: datetime, recipient: str = ""
) -> Consent:
    """Record consent with the hash of what was agreed to; a newer version of the notice replaces the live one."""
    live = (
        Consent.objects.select_for_update()
        .filter(customer=customer, purpose=purpose, recipient=recipient, withdrawn_at__isnull=True)
        .first()
    )
    if live is not None and live.notice_version == notice_version:
        return live
    if live is not None:
        live.withdrawn_at = now
        live.save(update_fields=["withdrawn_at"])
    evidence = f"{customer.public_id}|{purpose}|{recipient}|{notice_version}|{channel}|{now.isoformat()}"
    consent = Consent.objects.create(
        customer=customer,
        purpose=purpose,
        recipient=recipient,
        notice_version=notice_version,
        channel=channel,
        given_at=now,
        evidence_hash=hashlib.sha256(evidence.encode()).hexdigest(),
    )
    audit.record(
        actor=customer.user,
        action="customers.consent_given",
        target=consent,
        data={"purpose": purpose, "version": notice_version},
        now=now,
    )
    return consent


@transaction.atomic
def withdraw_consent(*, customer: Customer, purpose: str, now: datetime) -> int:
    """Withdraw consent to a purpose; what was done before stays lawful. Returns how many rows it ended."""
    count = Consent.objects.filter(customer=customer, purpose=purpose, withdrawn_at__isnull=True).update(
        withdrawn_at=now
    )
    if count:
        audit.record(
            actor=customer.user,
            action="customers.consent_withdrawn",
            target=customer,
            data={"purpose": purpose},
            now=now,
        )
    return count
