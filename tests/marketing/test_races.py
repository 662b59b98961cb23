"""Many borrowers at once at the end of a budget; who pays back waits for nobody's subsidy."""

from functools import partial

import pytest
from django.db import connection, transaction

from ledger.models import Account
from ledger.rules.accounts import PLATFORM_OWN
from lending.models import Loan
from marketing.models import Coupon, CouponOffer, CouponPayment
from marketing.operations.offers import lock_offer
from marketing.operations.subsidies import pay_subsidies
from tests.ledger.test_races import at_once
from tests.lending.operations import markets
from tests.lending.operations.conftest import house
from tests.lending.operations.markets import D, at
from tests.marketing import offers as make

__all__ = ["house"]


def pay_back(loan: Loan) -> None:
    """Pay the first instalment on its due date, waiting for no lock longer than a moment."""
    row = loan.instalments.get(n=1)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    make.repay(loan, row.unpaid, on=row.due_date)


def subsidise(loan: Loan) -> None:
    """Pay what the first instalment has earned."""
    on = loan.instalments.get(n=1).due_date
    pay_subsidies(loan_id=loan.pk, now=at(on), business_date=on)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_use_more_than_the_budget(house: None) -> None:
    applications = [make.approve_new() for _n in range(14)]
    offer = make.run_offer(most_per_coupon=D("10.00"), budget=D("55.00"))
    coupons = [make.give(offer, one.customer) for one in applications]
    calls = [partial(make.redeem, coupon, one) for coupon, one in zip(coupons, applications, strict=True)]
    ended = at_once(calls, threads=14)
    assert ended == {"done": 5, "coupon_not_usable": 9}
    offer = CouponOffer.objects.get(pk=offer.pk)
    assert (offer.reserved, offer.spent) == (D("50.00"), D("0.00"))
    assert Coupon.objects.filter(state="RESERVED").count() == 5

    loans = [run(coupon) for coupon in Coupon.objects.filter(state="RESERVED").order_by("pk")[:2]]
    # A subsidy that hangs in the middle holds own money and the offer: repayments do not even notice.
    with transaction.atomic():
        lock_offer(offer.pk)
        Account.objects.select_for_update(no_key=True).get(pk=PLATFORM_OWN)
        assert at_once([partial(pay_back, loan) for loan in loans], threads=2) == {"done": 2}
    assert at_once([partial(subsidise, loan) for loan in loans * 2], threads=4) == {"done": 4}
    offer.refresh_from_db()
    assert (offer.reserved, offer.spent) == (D("30.00"), D("20.00"))
    assert CouponPayment.objects.count() == 2


def run(coupon: Coupon) -> Loan:
    """Let the loan of a coupon in use begin, its borrower's balance full."""
    assert coupon.application is not None
    loan = markets.fill(markets.accept(coupon.application.offer), ["10000.00"])
    markets.sign(markets.draw(loan))
    markets.pay_in(loan.borrower, "5000.00")
    return markets.pay_out(Loan.objects.get(pk=loan.pk))
