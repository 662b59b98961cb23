"""Bids of a listing."""

from collections.abc import Iterable
from decimal import Decimal

from core.money import ZERO
from lending.models import Bid


def sum_by_investor(bids: Iterable[Bid]) -> dict[int, Decimal]:
    """Return what each investor lends, in order of his first bid; this is also the lenders' order in the contract."""
    lent: dict[int, Decimal] = {}
    for bid in sorted(bids, key=lambda item: item.pk):
        lent[bid.investor_id] = lent.get(bid.investor_id, ZERO) + bid.amount
    return lent
