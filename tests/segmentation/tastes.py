"""A world of half a year in which people have tastes and rhythms, written as rows by a few statements.

Of every two customers one invests and one borrows. An investor bids every other week, four times in five on what he likes:
short terms and the safe grade, or long terms and a risky one; half of them stop one after the other. Borrowers
apply now and then.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection

from customers.models import Customer, InvestorAssessment
from lending.models import Product
from segmentation.operations.attributes import refresh_attributes
from tests.web.conftest import NOW, TODAY, Book

FIRST: Final = 100_000
PEOPLE: Final = 240
DAYS: Final = 330
# A listing is open for ten days; four begin each day.
_OPEN_DAYS: Final = 10
_A_DAY: Final = 4
_PEOPLE: Final = """
INSERT INTO customers_customer SELECT r.* FROM customers_customer base, generate_series(0, %(people)s - 1) n,
    jsonb_populate_record(base, jsonb_build_object('id', %(first)s + n, 'number', 'T-' || n, 'public_id', 'taste' || lpad(n::text, 17, '0'),
        'user_id', NULL, 'phone_index', 'taste' || n, 'identity_index', 'taste' || n, 'birth_date', '1985-05-05',
        'is_investor', n %% 2 = 0, 'is_borrower', n %% 2 = 1, 'rm_id', CASE WHEN n %% 10 < 8 THEN %(rm)s ELSE %(other)s END,
        'source', CASE WHEN n %% 4 = 0 THEN 'APP' ELSE 'WEB' END,
        'registered_at', %(now)s::timestamptz - make_interval(days => 400 + n %% 50))) r
WHERE base.id = %(base)s
"""
_ASSESSMENTS: Final = """
INSERT INTO customers_investorassessment (customer_id, answers, score, tier, questionnaire_version, assessed_at, valid_until_date)
SELECT id, '{}', 50, 'C4', '1', %(now)s::timestamptz - interval '300 days', %(today)s::date + 300
FROM customers_customer WHERE id >= %(first)s AND id %% 2 = 0
"""
_LISTINGS: Final = """
CREATE TEMPORARY TABLE taste_listing ON COMMIT DROP AS
SELECT %(first)s + k AS id, %(today)s::date - %(days)s + k / 4 AS day, (ARRAY[3, 12])[1 + k %% 2] AS periods,
       (ARRAY[1, 4])[1 + k / 2 %% 2] AS risk, %(first)s + 2 * (('x' || left(md5(k::text), 6))::bit(24)::int %% (%(people)s / 2)) + 1 AS borrower_id,
       (ARRAY(SELECT p.id FROM lending_product p ORDER BY p.code))[1 + (k / (%(people)s / 2) + k) %% 4] AS product_id
FROM generate_series(0, %(days)s * 4 - 1) k;
INSERT INTO lending_application SELECT r.* FROM lending_application base, taste_listing t,
    jsonb_populate_record(base, jsonb_build_object('id', t.id, 'number', 'TA' || t.id, 'public_id', 'ta' || t.id,
        'customer_id', t.borrower_id, 'product_id', t.product_id, 'business_date', t.day,
        'submitted_at', t.day + time '09:00', 'amount', 10000 + 1000 * (t.id %% 5), 'grade', 'B',
        'project_hash', 't' || t.id, 'state', 'ACCEPTED', 'periods', t.periods)) r WHERE base.id = %(application)s;
INSERT INTO lending_listing SELECT r.* FROM lending_listing base, taste_listing t,
    jsonb_populate_record(base, jsonb_build_object('id', t.id, 'number', 'TL' || t.id, 'public_id', 'tl' || t.id,
        'borrower_id', t.borrower_id, 'application_id', t.id, 'product_id', t.product_id, 'title', 'T' || t.id,
        'amount', 50000, 'funded', 0, 'bid_count', 0, 'annual_rate', 0.08, 'periods', t.periods, 'risk_grade', t.risk,
        'state', CASE WHEN t.day > %(today)s::date - 10 THEN 'OPEN' ELSE 'FAILED' END,
        'opened_at', t.day + time '10:00', 'deadline_date', t.day + 10,
        'ended_at', CASE WHEN t.day > %(today)s::date - 10 THEN NULL ELSE t.day + 10 + time '10:00' END)) r
WHERE base.id = %(listing)s;
"""
_BIDS: Final = """
INSERT INTO lending_bid (public_id, amount, state, placed_at, risk_notice_version, idempotency_key, mandate_reference,
    listing_id, investor_id)
SELECT 'tb' || i.id || '-' || w, 100 * (1 + i.id %% 9), 'RELEASED', at.moment, '1', 'tb' || i.id || '-' || w, '', l.id, i.id
FROM customers_customer i CROSS JOIN generate_series(0, %(days)s / 14) w
CROSS JOIN LATERAL (SELECT %(today)s::date - 14 * w - (i.id %% 12)::int + time '12:00' AS moment) at
CROSS JOIN LATERAL (
    SELECT t.id FROM taste_listing t
    WHERE t.day + time '10:00' <= at.moment AND t.day + 10 + time '10:00' > at.moment
    ORDER BY CASE WHEN (i.id / 2 + w) %% 5 = 0 THEN 0
                  WHEN t.periods = (ARRAY[3, 12])[1 + i.id / 2 %% 2] AND t.risk = (ARRAY[1, 4])[1 + i.id / 2 %% 2] THEN 0
                  ELSE 1 END, md5(t.id || ':' || i.id) LIMIT 1
) l
WHERE i.id >= %(first)s AND i.id %% 2 = 0 AND (i.id %% 10 > 4 OR w > i.id / 10 %% 24)
"""


@dataclass(frozen=True)
class Tastes:
    """The investors who like short and safe, those who like long and risky, and the borrowers."""

    cautious: list[int]
    bold: list[int]
    borrowers: list[int]


def build_tastes(book: Book) -> Tastes:
    """Write the world around the book."""
    assert Product.objects.count() == 4 and InvestorAssessment.objects.count() == 0
    given = {
        "people": PEOPLE, "first": FIRST, "days": DAYS, "now": NOW, "today": TODAY, "base": book.borrower.pk,
        "rm": book.rm.staff_member.pk, "other": book.other_rm.staff_member.pk,
        "application": book.application.pk, "listing": book.listing.pk,
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in (_PEOPLE, _ASSESSMENTS, _LISTINGS, _BIDS):
            cursor.execute(statement, given)
    Customer.objects.filter(pk__gte=FIRST, is_borrower=True).update(latest_contact_at=NOW - timedelta(days=3))
    refresh_attributes(customer_ids=None, business_date=TODAY, now=NOW)
    investors = list(
        Customer.objects.filter(pk__gte=FIRST, is_investor=True).order_by("pk").values_list("pk", flat=True)
    )
    borrowers = list(
        Customer.objects.filter(pk__gte=FIRST, is_borrower=True).order_by("pk").values_list("pk", flat=True)
    )
    return Tastes([pk for pk in investors if pk // 2 % 2 == 0], [pk for pk in investors if pk // 2 % 2 == 1], borrowers)
