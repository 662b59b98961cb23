"""What must hold between coupons, their offers and the books."""

from django.utils.translation import gettext_lazy as _

from ledger.queries.invariants import Invariant, invariants


def register() -> None:
    """Register the questions of `check_ledger`."""
    invariants.register(
        "coupons_add_up",
        Invariant(
            _("What an offer has reserved and spent is the sum of its coupons, and a coupon's of its payments."),
            """SELECT 'offer ' || o.id FROM marketing_couponoffer o
            LEFT JOIN (SELECT offer_id, sum(reserved) AS reserved, sum(spent) AS spent FROM marketing_coupon GROUP BY 1) c
                ON c.offer_id = o.id
            WHERE o.reserved <> coalesce(c.reserved, 0) OR o.spent <> coalesce(c.spent, 0)
            UNION ALL SELECT 'coupon ' || c.id FROM marketing_coupon c
            LEFT JOIN (SELECT coupon_id, sum(amount) AS paid FROM marketing_couponpayment GROUP BY 1) p ON p.coupon_id = c.id
            WHERE c.spent <> coalesce(p.paid, 0)""",
        ),
    )
    invariants.register(
        "subsidies_are_posted",
        Invariant(
            _("Each interest subsidy has its transfer over the same amount, and no other transfer of the kind exists."),
            """SELECT coalesce(p.id, t.id) FROM marketing_couponpayment p
            FULL JOIN (SELECT t.id, e.amount FROM ledger_transfer t JOIN ledger_entry e
                ON e.transfer_id = t.id AND e.account_id >= 10 WHERE t.type = 'INTEREST_SUBSIDY') t ON t.id = p.transfer_id
            WHERE p.id IS NULL OR t.id IS NULL OR p.amount <> t.amount""",
        ),
    )
