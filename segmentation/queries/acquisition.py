"""Who registers and who makes a deal, by the traits of a target group: for choosing whom to talk to, never for credit."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import connection

from segmentation.queries.attributes import TABLE
from segmentation.queries.lifecycle import write_scope
from staff.queries import Access

# Attributes that say who somebody is; each is for marketing alone.
TRAITS: Final = ("age_band", "sex", "occupation", "income_band")
_MOST: Final = 20


@dataclass(frozen=True)
class Won:
    """Those with one value of a trait who registered within the year: how many, and how many made a deal in time.

    `value` is empty where the trait is not known.
    """

    value: str
    registered: int
    activated: int
    lent_or_borrowed: int

    @property
    def share(self) -> float:
        """First deals in time of all who registered."""
        return self.activated / self.registered


def list_won(access: Access, *, trait: str, today: date, within_days: int) -> list[Won]:
    """Return by value of a trait how many of the last year's registered made their first deal within so many days.

    The most frequent values come first; `trait` is one of TRAITS.
    """
    assert trait in TRAITS
    among, parameters = write_scope(access)
    statement = f"""
    SELECT coalesce(s.{trait}, ''), count(*),
           count(*) FILTER (WHERE s.first_deal_date <= (s.registered AT TIME ZONE 'Asia/Shanghai')::date + %s),
           count(s.first_deal_date)
    FROM {TABLE} s
    WHERE s.registered >= (%s::date - 365)::timestamp AT TIME ZONE 'Asia/Shanghai' AND {among}
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_MOST}
    """  # noqa: S608 - everything is our own
    with connection.cursor() as cursor:
        cursor.execute(statement, [within_days, today, *parameters])
        return [Won(*row) for row in cursor.fetchall()]
