"""Bids: an investor's money set aside for a listing, never more than there is room for."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from core import parameters
from core.errors import BusinessError, InvalidInput, NotFound, Refused
from core.money import ZERO, yuan
from core.outbox import publish_many
from customers.models import Consent, Customer
from customers.operations import history, roles
from customers.operations.cards import NotIdentified, require_consent
from ledger.models import TransferType
from ledger.operations.posting import post_transfer
from ledger.rules.accounts import available_account, frozen_account
from lending.events import BidPlaced, ListingFilled
from lending.models import Bid, Listing
from lending.operations.listings import ListingNotOpen, lock_for_bids
from lending.queries.suitability import get_suitability, sum_invested
from lending.rules import limits


class BidAmountInvalid(InvalidInput):
    """The amount is off the listing's steps or above one investor's share."""

    code = "bid_amount_invalid"
    message = _("Bid from %(least)s yuan in steps of %(step)s, at most %(greatest)s; or exactly the rest of %(rest)s.")


class NoRoom(BusinessError):
    """Others were quicker."""

    code = "listing_has_no_room"
    message = _("Only %(rest)s yuan of this listing are left.")
    next_step = _("Bid a smaller amount, or choose another listing.")


class OwnListing(BusinessError):
    """Borrower and investor are the same person."""

    code = "own_listing"
    message = _("You cannot lend to yourself.")


class NotSuitable(BusinessError):
    """The investor's assessment does not allow this bid (办法 art. 26)."""

    code = "not_suitable"
    message = _("Your risk assessment does not allow this bid: %(findings)s.")
    next_step = _("Take the assessment, or choose a listing within your tier and limits.")


class RiskNoticeNotConfirmed(BusinessError):
    """The striking risk notice was not confirmed."""

    code = "risk_notice_not_confirmed"
    status = 422
    message = _("Confirm the risk notice %(version)s first.")


@dataclass(frozen=True)
class PlacedBid:
    """A bid and whether it filled the listing."""

    bid: Bid
    has_filled: bool


@transaction.atomic
def place_bid(
    *,
    listing_id: int,
    investor_id: int,
    amount: Decimal,
    risk_notice_version: str,
    idempotency_key: str,
    now: datetime,
    business_date: date,
    mandate_reference: str = "",
) -> PlacedBid:
    """Set the investor's money aside and take room in the listing, both or nothing; the same key bids once.

    Room is taken last, by one conditional update, so that the hot row is held for the shortest time.

    Raises NotFound, ListingNotOpen, NoRoom, BidAmountInvalid, OwnListing, NotIdentified, ConsentMissing, NotSuitable,
    RiskNoticeNotConfirmed, InsufficientFunds.
    """
    # Two bids of one investor must not both read the same total against his tier's limit.
    investor = Customer.objects.select_for_update(no_key=True).get(pk=investor_id)
    known = Bid.objects.filter(idempotency_key=idempotency_key).first()
    if known is not None:
        if (known.listing_id, known.investor_id, known.amount) != (listing_id, investor_id, amount):
            raise Refused
        return PlacedBid(known, has_filled=False)
    lock_for_bids(listing_id)
    listing = Listing.objects.select_related("product").filter(pk=listing_id).first()
    if listing is None:
        raise NotFound
    _check_listing(listing, investor, amount, business_date)
    _check_investor(listing, investor, amount, risk_notice_version, business_date)
    bid = Bid.objects.create(
        listing=listing,
        investor=investor,
        amount=amount,
        placed_at=now,
        risk_notice_version=risk_notice_version,
        signature_authorised_at=now,
        idempotency_key=idempotency_key,
        mandate_reference=mandate_reference,
    )
    post_transfer(
        type=TransferType.FREEZE,
        lines=[(available_account(investor.pk), -amount), (frozen_account(investor.pk), amount)],
        idempotency_key=f"bid:{bid.pk}",
        business_date=business_date,
        now=now,
        actor=investor.user,
        reference=("lending.bid", bid.pk),
    )
    if not investor.is_investor:
        roles.mark_investor(customer_id=investor.pk)
    history.add_timeline(
        customer_id=investor.pk,
        kind="money",
        text_code="lending.bid_placed",
        params={"number": listing.number},
        at=now,
        key=f"bid:{bid.pk}",
        amount=amount,
        url=f"/listings/{listing.public_id}/",
    )
    has_filled = _take_room(listing, amount, now, business_date)
    placed = BidPlaced(bid_id=bid.pk, listing_id=listing.pk, investor_id=investor.pk, amount=amount)
    publish_many([placed, ListingFilled(listing_id=listing.pk)] if has_filled else [placed], now=now)
    return PlacedBid(bid, has_filled)


def _check_listing(listing: Listing, investor: Customer, amount: Decimal, business_date: date) -> None:
    if listing.state != Listing.State.OPEN or listing.deadline_date < business_date:
        raise ListingNotOpen
    if listing.borrower_id == investor.pk:
        raise OwnListing
    product, rest = listing.product, listing.amount - listing.funded
    greatest = yuan((listing.amount * product.bid_max_share).quantize(Decimal("0.01")))
    already = (
        Bid.objects.filter(listing=listing, investor=investor, state=Bid.State.LIVE).aggregate(total=Sum("amount"))[
            "total"
        ]
        or ZERO
    )
    is_on_step = amount >= product.bid_min and amount % product.bid_step == 0
    if amount <= 0 or (not is_on_step and amount != rest) or already + amount > greatest:
        raise BidAmountInvalid(least=product.bid_min, step=product.bid_step, greatest=greatest, rest=rest)
    if amount > rest:
        raise NoRoom(rest=rest)


def _check_investor(
    listing: Listing, investor: Customer, amount: Decimal, risk_notice_version: str, business_date: date
) -> None:
    if investor.status != Customer.Status.IDENTIFIED:
        raise NotIdentified
    require_consent(investor, Consent.Purpose.SIGNATURE)
    notice = parameters.get_value("lending.risk_notice_version", on=business_date)
    if risk_notice_version != notice:
        raise RiskNoticeNotConfirmed(version=notice)
    total_after = sum_invested(investor.pk) + amount
    findings = limits.check_suitability(
        get_suitability(investor.pk, business_date), f"R{listing.risk_grade}", amount, total_after, business_date
    )
    if findings:
        raise NotSuitable(findings=", ".join(finding.code for finding in findings))


_TAKE_ROOM = """
UPDATE lending_listing
SET funded = funded + %(amount)s,
    bid_count = bid_count + 1,
    state = CASE WHEN funded + %(amount)s = amount THEN 'FILLED' ELSE state END,
    ended_at = CASE WHEN funded + %(amount)s = amount THEN %(now)s ELSE ended_at END
WHERE id = %(id)s AND state = 'OPEN' AND deadline_date >= %(business_date)s AND funded + %(amount)s <= amount
RETURNING state
"""


def _take_room(listing: Listing, amount: Decimal, now: datetime, business_date: date) -> bool:
    """Take room and tell whether it was the last. Raises NoRoom, ListingNotOpen."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_ROOM, {"amount": amount, "now": now, "id": listing.pk, "business_date": business_date})
        row = cursor.fetchone()
    if row is None:
        listing.refresh_from_db()
        if listing.state != Listing.State.OPEN:
            raise ListingNotOpen
        raise NoRoom(rest=listing.amount - listing.funded)
    return bool(row[0] == Listing.State.FILLED)
