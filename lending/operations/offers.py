"""Terms a borrower can accept, with everything they cost."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, parameters
from core.errors import BusinessError, NotFound
from core.outbox import publish
from customers.models import Customer
from customers.operations import history
from lending.events import OfferAccepted
from lending.models import Application, Listing, Offer
from lending.operations import listings
from lending.operations.exposure import check_exposure
from lending.queries import terms
from lending.rules.cost import Quote
from lending.rules.limits import PRICE_ABOVE_CAP, judge_price
from lending.rules.terms import InvalidTerms

_log = logging.getLogger(__name__)


class OfferNotOpen(BusinessError):
    """The offer was accepted, withdrawn or has expired."""

    code = "offer_not_open"
    message = _("This offer is no longer open.")
    next_step = _("Apply again; the decision takes a few seconds.")


class DisclosureChanged(BusinessError):
    """The borrower confirms another cost table than the one on offer."""

    code = "disclosure_changed"
    message = _("What you confirmed is not what is on offer.")
    next_step = _("Read the offer again and confirm its disclosure_hash.")


@dataclass(frozen=True)
class Price:
    """What an approved application would cost, beside the cap of the law."""

    quote: Quote
    cap_rate: Decimal
    fee_terms: list[dict[str, Any]]

    @property
    def refusal(self) -> str | None:
        """Return the reason code when the price would break the cap, None when it does not."""
        stop = judge_price(self.quote.apr_nominal, self.quote.apr_effective, self.cap_rate).stop
        return PRICE_ABOVE_CAP if stop else None


def price_applications(
    applications: Sequence[Application], quoter: terms.Quoter, *, business_date: date
) -> dict[int, Price]:
    """Return the price of each of some approved applications, paid out on this date, by the application's key.

    None has one whose product lacks its cap on that date, or whose terms give no schedule.
    """
    caps: dict[str, Decimal] = {}
    prices = {}
    for application in applications:
        prefix = application.product.parameter_set
        try:
            if prefix not in caps:
                caps[prefix] = get_cap_rate(application, on=business_date)
            quote = quoter.quote(application, disbursed_on=business_date)
        except (parameters.ParameterMissing, InvalidTerms):
            _log.exception("no price", extra={"application": application.number})
            continue
        prices[application.pk] = Price(quote, caps[prefix], quoter.get_fee_terms(application.product))
    return prices


def get_cap_rate(application: Application, *, on: date) -> Decimal:
    """Return four times the one-year LPR in force on a date (2020 解释 art. 25), or the parameter set's own cap."""
    prefix = application.product.parameter_set
    if prefix:
        return parameters.get_decimal(f"{prefix}.lending.cap_annual_rate", on=on)
    multiple = parameters.get_decimal("lending.cap_lpr_multiple", on=on)
    return multiple * parameters.get_decimal("lending.lpr_1y", on=on)


def make_offers(priced: Sequence[tuple[Application, Price]], *, now: datetime, business_date: date) -> None:
    """Write the offers of approved applications; called in the decision's transaction."""
    if not priced:
        return
    days = parameters.get_int("lending.offer_days", on=business_date)
    expires_at = now + timedelta(days=days)
    Offer.objects.bulk_create(
        [_compose(application, price, now=now, expires_at=expires_at) for application, price in priced]
    )


def _compose(application: Application, price: Price, *, now: datetime, expires_at: datetime) -> Offer:
    quote = price.quote
    assert application.annual_rate is not None and application.approved_amount is not None
    cost_table = terms.cost_table(application, price.fee_terms)
    schedule = terms.rows_as_json(quote)
    disclosed = {
        "amount": str(application.approved_amount),
        "annual_rate": str(application.annual_rate),
        "apr_nominal": str(quote.apr_nominal),
        "cost_table": cost_table,
        "schedule": schedule,
    }
    return Offer(
        application=application,
        amount=application.approved_amount,
        periods=application.periods,
        method=application.method,
        annual_rate=application.annual_rate,
        apr_nominal=quote.apr_nominal,
        apr_effective=quote.apr_effective,
        cap_rate=price.cap_rate,
        total_interest=quote.total_interest,
        total_fees=quote.total_fees,
        total_payment=quote.total_payment,
        cost_table=cost_table,
        schedule=schedule,
        disclosure_hash=_hash(disclosed),
        made_at=now,
        expires_at=expires_at,
    )


def _hash(disclosed: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(disclosed, option=orjson.OPT_SORT_KEYS)).hexdigest()


@transaction.atomic
def accept_offer(
    *, offer_id: int, customer_id: int, disclosure_hash: str, now: datetime, business_date: date
) -> Listing:
    """Accept the disclosed terms and open the listing.

    Raises NotFound, OfferNotOpen, DisclosureChanged, ExposureTooHigh, ListingsPaused.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    offer = (
        Offer.objects.select_for_update(no_key=True)
        .select_related("application__product", "application__customer")
        .filter(pk=offer_id, application__customer_id=customer_id)
        .first()
    )
    if offer is None:
        raise NotFound
    application = offer.application
    if offer.state != Offer.State.OPEN or offer.expires_at <= now or application.state != Application.State.APPROVED:
        raise OfferNotOpen
    if disclosure_hash != offer.disclosure_hash:
        raise DisclosureChanged
    check_exposure(
        customer,
        offer.amount,
        other_platform_balance=application.other_platform_balance,
        product=application.product,
        business_date=business_date,
        without_application_id=application.pk,
    )
    offer.state = Offer.State.ACCEPTED
    offer.accepted_at = now
    offer.save(update_fields=["state", "accepted_at"])
    application.state = Application.State.ACCEPTED
    application.save(update_fields=["state"])
    audit.record(
        actor=customer.user,
        action="lending.offer_accepted",
        target=offer,
        data={"disclosure_hash": disclosure_hash},
        now=now,
    )
    publish(OfferAccepted(offer_id=offer.pk, application_id=application.pk, customer_id=customer_id), now=now)
    return listings.open_listing(offer=offer, now=now, business_date=business_date)


def lock_before_application(*, application_id: int, customer_id: int) -> None:
    """Lock a borrower and his application's offer, as acceptance does before it locks the application."""
    Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).values_list("pk").first()
    wanted = Offer.objects.filter(application=application_id, application__customer_id=customer_id)
    wanted.select_for_update(no_key=True, of=("self",)).values_list("pk").first()


def close_offer(application: Application, *, state: str) -> None:
    """End the open offer of an application; called in the transaction that ends the application."""
    Offer.objects.filter(application=application, state=Offer.State.OPEN).update(state=state)


@transaction.atomic
def expire_offers(*, now: datetime, limit: int = 1000) -> int:
    """End offers whose time is over, and their applications; return how many."""
    ids = list(
        Offer.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(state=Offer.State.OPEN, expires_at__lte=now)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    Offer.objects.filter(pk__in=ids).update(state=Offer.State.EXPIRED)
    ended = Application.objects.filter(offer__in=ids, state=Application.State.APPROVED)
    rows = list(ended.values_list("pk", "customer_id", "number", "public_id"))
    ended.update(state=Application.State.EXPIRED, ended_at=now)
    history.add_timeline_bulk(
        [
            history.TimelineRow(
                customer_id,
                "change",
                "lending.application_expired",
                now,
                f"lending.application_expired:{pk}",
                {"number": number},
                url=f"/applications/{public_id}/",
            )
            for pk, customer_id, number, public_id in rows
        ]
    )
    return len(ids)
