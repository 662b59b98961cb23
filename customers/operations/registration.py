"""From a phone number to a customer with a log-in."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from core import audit, parameters
from core.errors import BusinessError, InvalidInput
from core.fields import blind_index
from core.ids import business_number, public_id
from core.models import User
from core.outbox import publish
from customers.events import ConsentGiven, CustomerRegistered, VerificationCodeAsked
from customers.models import ChannelPreference, Consent, Customer, VerificationCode
from customers.operations import history
from customers.operations.facts import refresh_completeness
from customers.operations.touching import touch_customers
from customers.rules import identity

CODE_LIFETIME = timedelta(minutes=5)
RESEND_AFTER = timedelta(seconds=60)
CODES_A_DAY = 10
_FAILURES_ALLOWED = 5
_OPEN_STATUSES = {Customer.Status.REGISTERED, Customer.Status.IDENTIFIED}


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


class NoticeOutdated(BusinessError):
    """Consent was given to a notice that is not the one in force."""

    code = "notice_outdated"
    status = 422
    message = _("The notice in force is version %(version)s.")
    next_step = _("Read that version, then agree to it.")


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
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"code:{index}"])
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


@transaction.atomic(durable=True)
def _compare(index: str, purpose: str, code: str, now: datetime) -> int | None:
    # The row stays locked from the look at the count to the new count: at most five guesses are ever compared.
    row = (
        VerificationCode.objects.select_for_update(no_key=True)
        .filter(phone_index=index, purpose=purpose, expires_at__gt=now)
        .order_by("-id")
        .first()
    )
    if row is None or row.failures >= _FAILURES_ALLOWED:
        return None
    if hmac.compare_digest(row.code_hash, _hash(code, index, purpose)):
        return row.pk
    row.failures += 1
    row.save(update_fields=["failures"])
    return None


def check_code(*, phone: str, purpose: str, code: str, now: datetime) -> int:
    """Compare a code with the latest one of the phone and return its id for `spend_code`.

    A wrong try counts whatever becomes of the request, because it commits on its own; a right one changes nothing.
    Raises InvalidPhone, WrongCode; RuntimeError inside a transaction.
    """
    verification_id = _compare(blind_index(_clean_phone(phone), "phone"), purpose, code, now)
    if verification_id is None:
        raise WrongCode(fields={"code": [WrongCode.message]})
    return verification_id


@transaction.atomic
def spend_code(*, verification_id: int, now: datetime) -> None:
    """Use up a code that was right, together with what it allows. Raises WrongCode for one that is used already."""
    spent = VerificationCode.objects.filter(
        pk=verification_id, used_at__isnull=True, failures__lt=_FAILURES_ALLOWED
    ).update(used_at=now)
    if not spent:
        raise WrongCode(fields={"code": [WrongCode.message]})


@transaction.atomic
def register_customer(*, phone: str, notice_version: str, source: str, channel: str, now: datetime) -> Customer:
    """Create the customer, his log-in and his consent to the service; callers have spent the code of this phone.

    Whom staff, a file or a partner brought in before gets the log-in to that record, because he has proven the phone.
    Raises InvalidPhone, PhoneTaken, NoticeOutdated.
    """
    phone = _clean_phone(phone)
    index = blind_index(phone, "phone")
    customer = _lock_record_without_log_in(index)
    user = User(username=f"c-{public_id()}", kind=User.Kind.CUSTOMER)
    user.set_unusable_password()
    user.save()
    if customer is None:
        customer = _create_registered(phone, index, user, source, now)
    else:
        customer.user = user
        customer.version += 1
        customer.save(update_fields=["user", "version"])
    ChannelPreference.objects.get_or_create(customer=customer, defaults={"channels": ["SMS", "MAIL"]})
    give_consent(
        customer=customer, purpose=Consent.Purpose.SERVICE, notice_version=notice_version, channel=channel, now=now
    )
    refresh_completeness([customer.pk])
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


def _create_registered(phone: str, index: str, user: User, source: str, now: datetime) -> Customer:
    try:
        with transaction.atomic():
            return Customer.objects.create(
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


def _lock_record_without_log_in(index: str) -> Customer | None:
    """Return the record of a phone that nobody can log in to yet. Raises PhoneTaken for one that somebody can."""
    found = Customer.objects.select_for_update(no_key=True).filter(phone_index=index).first()
    while found is not None and found.merged_into_id is not None:
        found = Customer.objects.select_for_update(no_key=True).get(pk=found.merged_into_id)
    if found is not None and (found.user_id is not None or found.status not in _OPEN_STATUSES):
        raise PhoneTaken
    return found


@transaction.atomic
def give_consent(
    *, customer: Customer, purpose: str, notice_version: str, channel: str, now: datetime, recipient: str = ""
) -> Consent:
    """Record consent with the hash of what was agreed to; a newer version of the notice replaces the live one.

    Raises NoticeOutdated for every other version than the one in force on the day of the consent.
    """
    in_force = parameters.get_value("customers.privacy_notice_version", on=now.date())
    if notice_version != in_force:
        raise NoticeOutdated(version=in_force)
    live = (
        Consent.objects.select_for_update(no_key=True)
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
    publish(ConsentGiven(consent_id=consent.pk, customer_id=customer.pk, purpose=purpose), now=now)
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
        touch_customers([customer.pk], now=now)
    return count
