"""From a borrower's wish to the decision on it."""

import hashlib
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput, NotFound
from core.ids import business_number
from core.outbox import publish
from customers.models import BankCard, Consent, Customer, FinancialProfile
from customers.operations import history, roles
from customers.operations.cards import NotIdentified, require_consent
from customers.operations.history import TimelineRow
from customers.operations.profile import ProfileMissing
from ledger.models import CustodyAccount
from lending.documents.rendering import is_printable
from lending.events import ApplicationSubmitted, ApplicationWithdrawn
from lending.models import Application, Product
from lending.operations import offers
from lending.operations.exposure import check_exposure
from lending.queries.suitability import read_borrower_facts
from lending.rules import limits


class ProductNotAvailable(BusinessError):
    """The product takes no applications now."""

    code = "product_not_available"
    message = _("This product takes no applications at present.")
    next_step = _("Choose another product, or try again later.")


class TermsNotOffered(InvalidInput):
    """Amount, periods or method are outside the product."""

    code = "terms_not_offered"
    message = _("The product is not offered on these terms.")


class CardMissing(BusinessError):
    """No card is bound."""

    code = "card_missing"
    message = _("Bind a bank card first.")


class CustodyNotOpen(BusinessError):
    """The custodian has not opened the sub-account yet."""

    code = "custody_not_open"
    message = _("Your account at the custodian bank is not open yet.")
    next_step = _("It is opened within a minute after your identity is confirmed; try again then.")


class UnprintableText(InvalidInput):
    """A text that goes into the contract holds a character that no font prints."""

    code = "unprintable_text"
    message = _("The contract cannot be printed with these characters.")
    next_step = _("Write it without emoji and special characters.")


class BorrowerNotAdmitted(BusinessError):
    """The legal gate is shut for this borrower or purpose."""

    code = "borrower_not_admitted"
    status = 422
    message = _("The law does not allow this loan: %(findings)s.")


class DuplicateProject(BusinessError):
    """The same project is being decided or has an open offer."""

    code = "duplicate_project"
    message = _("You have the same application open already.")
    next_step = _("Wait for its outcome, or withdraw it first.")


class NotOpen(BusinessError):
    """The application is past the point where this can be done."""

    code = "application_not_open"
    message = _("The application is no longer open.")


@transaction.atomic
def submit_application(
    *,
    customer_id: int,
    product_id: int,
    amount: Decimal,
    periods: int,
    method: str,
    purpose: str,
    purpose_text: str,
    other_platform_balance: Decimal,
    now: datetime,
    business_date: date,
) -> Application:
    """Take an application that passes the legal gate and have it decided.

    Raises NotIdentified, ConsentMissing, ProfileMissing, CardMissing, CustodyNotOpen, ProductNotAvailable,
    TermsNotOffered, UnprintableText, BorrowerNotAdmitted, ExposureTooHigh, DuplicateProject.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    product = Product.objects.get(pk=product_id)
    _check_customer(customer)
    _check_terms(product, amount, periods, method)
    _check_printable(purpose_text=purpose_text, name=customer.name, address=customer.address)
    _check_gate(customer, purpose, purpose_text, business_date)
    check_exposure(
        customer, amount, other_platform_balance=other_platform_balance, product=product, business_date=business_date
    )
    project = f"{customer.pk}|{purpose}|{purpose_text.strip()}|{amount}"
    try:
        with transaction.atomic():
            application = Application.objects.create(
                number=business_number("AP", business_date),
                customer=customer,
                product=product,
                amount=amount,
                periods=periods,
                method=method,
                purpose=purpose,
                purpose_text=purpose_text,
                other_platform_balance=other_platform_balance,
                declared_at=now,
                project_hash=hashlib.sha256(project.encode()).hexdigest(),
                submitted_at=now,
                business_date=business_date,
            )
    except IntegrityError as error:
        raise DuplicateProject from error
    if not customer.is_borrower:
        roles.mark_borrower(customer_id=customer.pk)
    audit.record(
        actor=customer.user,
        action="lending.application_submitted",
        target=application,
        data={"amount": amount, "periods": periods, "product": product.code},
        now=now,
    )
    history.add_timeline_bulk([note_step(application, "lending.application_submitted", now, amount=amount)])
    publish(ApplicationSubmitted(application_id=application.pk, customer_id=customer.pk), now=now)
    return application


def _check_customer(customer: Customer) -> None:
    if customer.status != Customer.Status.IDENTIFIED:
        raise NotIdentified
    for purpose in (Consent.Purpose.CREDIT_QUERY, Consent.Purpose.SIGNATURE):
        require_consent(customer, purpose)
    if not customer.address or not FinancialProfile.objects.filter(customer=customer).exists():
        raise ProfileMissing
    if not BankCard.objects.filter(customer=customer, state=BankCard.State.BOUND).exists():
        raise CardMissing
    if not CustodyAccount.objects.filter(customer=customer, status=CustodyAccount.Status.OPEN).exists():
        raise CustodyNotOpen


def _check_terms(product: Product, amount: Decimal, periods: int, method: str) -> None:
    if product.state != Product.State.ACTIVE:
        raise ProductNotAvailable
    fields: dict[str, list[Any]] = {}
    if not product.amount_min <= amount <= product.amount_max or amount % product.amount_step:
        fields["amount"] = [
            _("From %(least)s to %(greatest)s yuan in steps of %(step)s.")
            % {"least": product.amount_min, "greatest": product.amount_max, "step": product.amount_step}
        ]
    if periods not in product.periods_allowed:
        fields["periods"] = [_("One of: %(choices)s.") % {"choices": ", ".join(map(str, product.periods_allowed))}]
    if method not in product.methods:
        fields["method"] = [_("One of: %(choices)s.") % {"choices": ", ".join(product.methods)}]
    if fields:
        raise TermsNotOffered(fields=fields)


def _check_printable(**texts: str) -> None:
    fields: dict[str, list[Any]] = {
        name: [UnprintableText.message] for name, text in texts.items() if not is_printable(text)
    }
    if fields:
        raise UnprintableText(fields=fields)


def _check_gate(customer: Customer, purpose: str, purpose_text: str, business_date: date) -> None:
    facts = read_borrower_facts(customer, purpose, purpose_text)
    findings = limits.check_borrower(facts, business_date)
    if findings:
        raise BorrowerNotAdmitted(findings=", ".join(finding.code for finding in findings))


@transaction.atomic
def withdraw_application(*, application_id: int, customer_id: int, now: datetime) -> Application:
    """Withdraw an application that is not accepted yet. Raises NotFound, NotOpen."""
    offers.lock_before_application(application_id=application_id, customer_id=customer_id)
    application = (
        Application.objects.select_for_update(no_key=True).filter(pk=application_id, customer_id=customer_id).first()
    )
    if application is None:
        raise NotFound
    if application.state not in {
        Application.State.SUBMITTED,
        Application.State.REFERRED,
        Application.State.APPROVED,
    }:
        raise NotOpen
    application.state = Application.State.WITHDRAWN
    application.ended_at = now
    application.save(update_fields=["state", "ended_at"])
    offers.close_offer(application, state="WITHDRAWN")
    audit.record(actor=application.customer.user, action="lending.application_withdrawn", target=application, now=now)
    history.add_timeline_bulk([note_step(application, "lending.application_withdrawn", now)])
    publish(ApplicationWithdrawn(application_id=application.pk, customer_id=customer_id), now=now)
    return application


def note_step(
    application: Application, text_code: str, now: datetime, *, amount: Decimal | None = None, may_recur: bool = False
) -> TimelineRow:
    """Return the timeline's line about a step of an application; one that may recur has a line each time."""
    return TimelineRow(
        customer_id=application.customer_id,
        kind="change",
        text_code=text_code,
        at=now,
        key=f"{text_code}:{application.pk}" + (f":{now.isoformat()}" if may_recur else ""),
        params={"number": application.number},
        amount=amount,
        url=f"/applications/{application.public_id}/",
    )
