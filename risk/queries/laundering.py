"""Sums of money by customer and day, people like those on a list, and the desks of both: for those with the right only."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import QuerySet

from core.errors import NotFound, Refused
from core.models import User
from customers.rules.likeness import Person
from risk.models import ListMatch, SuspicionCase
from risk.rules.laundering import DaySum
from staff import rights
from staff.models import Scope
from staff.queries import Access, access_right

# Both ways of a customer's money by the day; what failed did not move. Only who moved something on the day is looked at.
_SUMS = """
WITH moved AS (
    SELECT o.customer_id, CASE WHEN o.kind = 'WITHDRAWAL' THEN 'OUT' ELSE 'IN' END AS direction, o.business_date,
           sum(o.amount) AS amount, max(o.amount) AS greatest, count(*) AS movements
    FROM ledger_paymentorder o
    WHERE o.status = 'SUCCEEDED' AND o.business_date > %(on)s::date - %(days)s AND o.business_date <= %(on)s
    GROUP BY 1, 2, 3
), summed AS (
    SELECT m.*, sum(m.amount) OVER whole AS total, bool_or(m.business_date = %(on)s) OVER whole AS has_moved_today
    FROM moved m WINDOW whole AS (PARTITION BY m.customer_id, m.direction)
)
SELECT s.customer_id, s.direction, s.business_date, s.amount, s.greatest, s.movements
FROM summed s WHERE s.has_moved_today AND s.total >= %(least)s ORDER BY 1, 2, 3
"""
# Candidates by what has an index: the number, the spoken name, or two characters of the name in a row.
_CANDIDATES = """
SELECT p.id, c.id, p.name, regexp_replace(p.name_key, '[^a-z]', '', 'g'), p.birth_date, p.identity_index,
       c.name, regexp_replace(c.name_key, '[^a-z]', '', 'g'), c.birth_date, c.identity_index
FROM risk_listedperson p
JOIN LATERAL (
    SELECT * FROM customers_customer k WHERE p.identity_index <> '' AND k.identity_index = p.identity_index
    UNION
    SELECT * FROM customers_customer k WHERE p.grams <> '{{}}' AND k.search_grams && p.grams
) c ON c.merged_into_id IS NULL AND c.status <> 'CLOSED'
WHERE p.is_active AND {which}
  AND NOT EXISTS (SELECT 1 FROM risk_listmatch m WHERE m.person_id = p.id AND m.customer_id = c.id)
"""


@dataclass(frozen=True)
class CustomerSums:
    """One customer's money in one direction: the day and its window."""

    customer_id: int
    direction: str
    today: DaySum
    window: tuple[DaySum, ...]
    dates: tuple[date, ...]


def list_sums(*, business_date: date, window_days: int, least: Decimal) -> list[CustomerSums]:
    """Return whoever moved money on a date and so much of it within the window."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"on": business_date, "days": window_days, "least": least})
        rows = cursor.fetchall()
    found: dict[tuple[int, str], list[tuple[date, DaySum]]] = {}
    for customer_id, direction, day, amount, greatest, count in rows:
        found.setdefault((customer_id, direction), []).append((day, DaySum(amount, greatest, count)))
    return [
        CustomerSums(
            customer_id,
            direction,
            next(day_sum for day, day_sum in days if day == business_date),
            tuple(day_sum for _day, day_sum in days),
            tuple(day for day, _day_sum in days),
        )
        for (customer_id, direction), days in found.items()
    ]


@dataclass(frozen=True)
class Candidate:
    """A listed person and a customer who may be the same."""

    person_id: int
    customer_id: int
    listed: Person
    customer: Person


def list_candidates(*, person_ids: list[int] | None = None, customer_ids: list[int] | None = None) -> list[Candidate]:
    """Return the pairs worth comparing that nobody has compared yet: of some listed persons, or of some customers."""
    which = "p.id = ANY(%(persons)s)" if person_ids is not None else "c.id = ANY(%(customers)s)"
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES.format(which=which), {"persons": person_ids, "customers": customer_ids})
        rows = cursor.fetchall()
    return [
        Candidate(
            row[0],
            row[1],
            Person(name=row[2], sound=row[3], birth_date=row[4], identity_index=row[5]),
            Person(name=row[6], sound=row[7], birth_date=row[8], identity_index=row[9]),
        )
        for row in rows
    ]


def access_laundering(user: User, right: str = rights.WORK_AML) -> Access:
    """Return the access of somebody who works on such cases; to all others there are none. Raises Refused."""
    access = access_right(user, right)
    if access.scope_of(right) != Scope.ALL:
        raise Refused
    return access


def list_matches(user: User, *, state: str = ListMatch.State.OPEN) -> QuerySet[ListMatch]:
    """Return the matches with lists, the most alike first. Raises Refused."""
    access_laundering(user)
    rows = ListMatch.objects.select_related("person", "customer", "decided_by")
    return rows.filter(state=state) if state else rows


def get_match(user: User, public_id: str) -> ListMatch:
    """Return one match. Raises Refused, NotFound."""
    match = list_matches(user, state="").filter(public_id=public_id).first()
    if match is None:
        raise NotFound
    return match


def list_cases(user: User, *, with_closed: bool = False) -> QuerySet[SuspicionCase]:
    """Return the cases of suspicion. Raises Refused."""
    access_laundering(user)
    rows = SuspicionCase.objects.select_related("customer", "proposed_by", "decided_by")
    if not with_closed:
        rows = rows.filter(state__in=[SuspicionCase.State.OPEN, SuspicionCase.State.PROPOSED])
    return rows


def get_case(user: User, public_id: str) -> SuspicionCase:
    """Return one case. Raises Refused, NotFound."""
    case = list_cases(user, with_closed=True).filter(public_id=public_id).first()
    if case is None:
        raise NotFound
    return case
