"""Many borrowers at once at the end of a budget."""

from functools import partial

import pytest

from marketing.models import Coupon, CouponOffer
from tests.ledger.test_races import at_once
from tests.lending.operations.conftest import house
from tests.lending.operations.markets import D
from tests.marketing import offers as make

__all__ = ["house"]


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_never_use_more_than_the_budget(house: None) -> None:
    applications = [make.approve_new() for _n in range(50)]
    offer = make.run_offer(most_per_coupon=D("10.00"), budget=D("205.00"))
    coupons = [make.give(offer, one.customer) for one in applications]
    calls = [partial(make.redeem, coupon, one) for coupon, one in zip(coupons, applications, strict=True)]
    ended = at_once(calls, threads=25)
    assert ended == {"done": 20, "coupon_not_usable": 30}
    offer = CouponOffer.objects.get(pk=offer.pk)
    assert (offer.reserved, offer.spent) == (D("200.00"), D("0.00"))
    assert Coupon.objects.filter(state="RESERVED").count() == 20
