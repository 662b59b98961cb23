"""The steps of the nightly close that concern loans (docs/algorithms/close.md).

For the business date D: offers and listings end, what is due is debited, penalties accrue, loans age to D + 1; after
the date has moved the reminders of D + 1 are raised.
"""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from django.conf import settings
from django.db import connection

from core import close
from lending.operations.closing import aging, debits, exits, penalties, reminders

_PLAN = """
SELECT id FROM (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM lending_loan WHERE state = 'ACTIVE'
) numbered WHERE place %% %s = 0 ORDER BY id
"""
_NO_END = 2**62


def plan_loans(_business_date: date) -> Sequence[tuple[int, int]]:
    """Cut all ids into ranges of about CLOSE_PARTITION_SIZE running loans each; a loan paid out meanwhile is in one."""
    with connection.cursor() as cursor:
        cursor.execute(_PLAN, [settings.CLOSE_PARTITION_SIZE])
        starts = [row[0] for row in cursor.fetchall()]
    return list(pairwise([0, *starts[1:], _NO_END]))


def register() -> None:
    """Register the steps with the close engine."""
    close.register_step("lending.end_offers", 100, exits.end_offers)
    close.register_step("lending.fail_listings", 110, exits.fail_listings)
    close.register_step("lending.cancel_unsigned", 120, exits.cancel_unsigned)
    close.register_step("lending.auto_debit", 200, debits.debit_due, plan_loans)
    close.register_step("lending.accrue_penalty", 300, penalties.accrue, plan_loans)
    close.register_step("lending.age_loans", 400, aging.age, plan_loans)
    close.register_step("lending.remind", 850, reminders.remind, plan_loans)
