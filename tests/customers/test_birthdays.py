"""Whose birthday an RM is told of."""

from datetime import date, datetime

from core import seeding
from customers.models import Customer
from customers.queries.diary import list_birthdays
from tests.fixtures.borrowers import make_staff


def test_the_next_birthdays_are_told_whoever_came_first(db: None, now: datetime) -> None:
    seeding.run_seeds(business_date=now.date(), now=now)
    member = make_staff("rm").staff_member
    for number, day in enumerate((4, 3, 2), 1):
        Customer.objects.create(
            number=f"C-B{number}", rm=member, birth_date=date(1990, 3, day), phone_index=f"b{number}", registered_at=now
        )
    found = list_birthdays(member.pk, date(2026, 3, 1), days=3, limit=2)
    assert [day for _customer, day in found] == [date(2026, 3, 2), date(2026, 3, 3)]
