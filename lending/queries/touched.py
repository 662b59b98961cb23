"""Whom the events of a loan touch: its borrower, and where money moves its lenders."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from core.events import name_of
from core.registries import touches
from lending.events import (
    ApplicationDecided,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    BidPlaced,
    BucketChanged,
    ListingEnded,
    LoanCancelled,
    LoanCured,
    LoanPaidOut,
    LoanSettled,
    OfferAccepted,
    RepaymentPosted,
)
from lending.models import Bid, LenderShare


def _find_borrowers(events: Sequence[Any]) -> Collection[int]:
    return {event.customer_id for event in events}


def _find_investors(events: Sequence[BidPlaced]) -> Collection[int]:
    return {event.investor_id for event in events}


def _find_bidders(events: Sequence[ListingEnded]) -> Collection[int]:
    listings = {event.listing_id for event in events}
    bidders = Bid.objects.filter(listing_id__in=listings).values_list("investor_id", flat=True)
    return {event.customer_id for event in events} | set(bidders)


def _find_parties(events: Sequence[Any]) -> Collection[int]:
    lenders = LenderShare.objects.filter(loan_id__in={event.loan_id for event in events})
    return {event.customer_id for event in events} | set(lenders.values_list("investor_id", flat=True))


_TOUCHES: dict[type, Callable[[Sequence[Any]], Collection[int]]] = {
    ApplicationSubmitted: _find_borrowers,
    ApplicationDecided: _find_borrowers,
    ApplicationWithdrawn: _find_borrowers,
    OfferAccepted: _find_borrowers,
    BucketChanged: _find_borrowers,
    LoanCured: _find_borrowers,
    BidPlaced: _find_investors,
    ListingEnded: _find_bidders,
    LoanCancelled: _find_parties,
    LoanPaidOut: _find_parties,
    LoanSettled: _find_parties,
    RepaymentPosted: _find_parties,
}


def register_touches() -> None:
    """Register whom the events of this app touch."""
    for event, find in _TOUCHES.items():
        touches.register(name_of(event), find)
