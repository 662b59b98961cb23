"""Recommendations for one investor, and next needs and clusters told for N customers, beside bare SQL in the same run.

An investor's recommendations are those of his page: consent, suitability, the open listings put in order by his latest
bids, products. Bare are the very statements of that call, run again one after the other without anything around them.

Next needs (the look back, then what comes next for everybody, from nothing) and clusters (everybody to the nearest middle, the
members of an accepted one) are beside the bare INSERT of the same rows out of a copy: it finds nothing and reckons nothing.
Everything goes by ranges of 100 000 ids or as one pass whose sorts stay within 64 MB each; `process_mb` is Python's own peak.

    DATABASE_URL=postgresql://… python -m bench.recommend
"""

import os
import resource
from statistics import median, quantiles
from typing import Any

from bench.people import make_people, without_indexes
from bench.support import call_apart, own_database, report, seconds_of, set_up

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", "1000000"))
CALLS = int(os.environ.get("BENCH_CALLS", "20"))
# So many investors are asked about, each CALLS / 4 times.
ASKED = 50
LISTINGS = 4_000
OPEN = 1_000
DAYS = 400
# Every third customer invests, every fourth borrows; both do so by their own rhythm.
TASTES = (
    """
INSERT INTO lending_application SELECT r.* FROM lending_application base, generate_series(1, %(listings)s) k,
    jsonb_populate_record(base, jsonb_build_object('id', 10000000 + k, 'number', 'RA' || k, 'public_id', 'ra' || k,
        'customer_id', 4 * k %% %(customers)s + 1, 'project_hash', 'r' || k,
        'product_id', (ARRAY(SELECT id FROM lending_product ORDER BY id))[1 + k %% 4])) r WHERE base.id = 1
""",
    """
INSERT INTO lending_listing SELECT r.* FROM lending_listing base, generate_series(1, %(listings)s) k,
    jsonb_populate_record(base, jsonb_build_object('id', 10000000 + k, 'number', 'RL' || k, 'public_id', 'rl' || k,
        'application_id', 10000000 + k, 'borrower_id', 4 * k %% %(customers)s + 1,
        'product_id', (ARRAY(SELECT id FROM lending_product ORDER BY id))[1 + k %% 4], 'amount', 50000, 'funded', 1000 * (k %% 40),
        'bid_count', k %% 40, 'annual_rate', 0.06 + 0.01 * (k %% 5), 'periods', (ARRAY[3, 6, 12, 24])[1 + k / 4 %% 4],
        'risk_grade', 1 + k / 7 %% 4, 'state', CASE WHEN k <= %(open)s THEN 'OPEN' ELSE 'FAILED' END,
        'opened_at', %(today)s::date - CASE WHEN k <= %(open)s THEN k %% 10 ELSE 10 + k %% 380 END,
        'deadline_date', %(today)s::date + CASE WHEN k <= %(open)s THEN 10 ELSE -1 END)) r WHERE base.id = 1
""",
    """
INSERT INTO lending_bid (public_id, amount, state, placed_at, risk_notice_version, idempotency_key, mandate_reference, listing_id,
    investor_id)
SELECT 'rb' || i || '-' || w, 100 * (1 + i %% 9), 'RELEASED',
       %(today)s::date - (i %% 17 + w * (20 + i %% 90))::int + time '12:00', '1', 'rb' || i || '-' || w, '',
       10000000 + %(open)s + 1 + (i * 31 + w * 7) %% (%(listings)s - %(open)s), i
FROM generate_series(3, %(customers)s, 3) i, generate_series(0, 3) w
""",
    """
INSERT INTO lending_application SELECT r.* FROM lending_application base, generate_series(4, %(customers)s, 4) n, generate_series(0, 1) w,
    jsonb_populate_record(base, jsonb_build_object('id', 20000000 + 2 * n + w, 'number', 'RN' || n || '-' || w,
        'public_id', 'rn' || n || '-' || w, 'customer_id', n, 'project_hash', 'n' || n || '-' || w,
        'product_id', (ARRAY(SELECT id FROM lending_product ORDER BY id))[1 + (n + w) / 4 %% 4], 'amount', 5000 + 1000 * (n %% 20),
        'business_date', %(today)s::date - (n %% 60 + w * (100 + n %% 200))::int,
        'submitted_at', %(today)s::date - (n %% 60 + w * (100 + n %% 200))::int)) r WHERE base.id = 1
""",
)
# Who is asked about has answered the questionnaire and agreed to marketing.
WILLING = (
    """
UPDATE customers_customer SET status = 'IDENTIFIED', is_investor = true, birth_date = '1985-05-05', identified_at = %(today)s,
    identity_number = phone, identity_index = 'bench' || id WHERE id = ANY(%(ids)s)
""",
    """
INSERT INTO customers_investorassessment (customer_id, answers, score, tier, questionnaire_version, assessed_at, valid_until_date)
SELECT id, '{}', 50, 'C4', '1', %(today)s, %(today)s::date + 300 FROM unnest(%(ids)s::bigint[]) id
""",
    """
INSERT INTO customers_consent (customer_id, purpose, notice_version, channel, given_at, evidence_hash, recipient)
SELECT id, 'MARKETING', '1', 'app', %(today)s, '', '' FROM unnest(%(ids)s::bigint[]) id
""",
)


def list_asked() -> list[int]:
    """Return the investors who are asked about, from all over the book."""
    step = max(CUSTOMERS // 3 // ASKED, 1)
    return [3 * (1 + n * step) for n in range(ASKED) if 3 * (1 + n * step) <= CUSTOMERS]


def make_tastes(url: str) -> None:
    """Write listings, bids and applications into the book, or find them where an earlier run has left them."""
    set_up(url)
    from django.db import connection

    from core import clock
    from segmentation.operations.attributes import refresh_attributes

    today = clock.business_date()
    given: dict[str, Any] = {
        "customers": CUSTOMERS,
        "listings": LISTINGS,
        "open": OPEN,
        "today": today,
        "ids": list_asked(),
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('bench_tastes')")
        if cursor.fetchone()[0] is not None:
            return
        with without_indexes(cursor, ("lending_application", "lending_listing", "lending_bid")):
            for statement in TASTES:
                cursor.execute(statement, given)
        for statement in WILLING:
            cursor.execute(statement, given)
        cursor.execute("VACUUM ANALYZE")
    refresh_attributes(customer_ids=None, business_date=today, now=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE segmentation_standing")
        cursor.execute("CREATE TABLE bench_tastes ()")


def measure(url: str) -> None:
    """Measure on the book."""
    set_up(url)
    measure_needs()
    measure_clusters()
    measure_one()


def measure_one() -> None:
    """Recommend to one investor after the other."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from core import clock
    from customers.models import Customer
    from segmentation.queries.recommend import recommend_to

    today, now = clock.business_date(), clock.now()
    customers = list(Customer.objects.filter(pk__in=list_asked()).order_by("pk"))
    ours, bare, shown, asked = [], [], 0, 0

    def replay(statements: list[str]) -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                cursor.fetchall()

    for customer in customers:
        with CaptureQueriesContext(connection) as captured:
            listings, _products = recommend_to(customer, today, now, is_unasked=True)
        shown += len(listings.rows)
        statements = [row["sql"] for row in captured.captured_queries]
        asked = max(asked, len(statements))
        for _call in range(max(CALLS // 4, 1)):
            ours.append(seconds_of(lambda who=customer: recommend_to(who, today, now, is_unasked=True)))  # type: ignore[misc]
            bare.append(seconds_of(lambda them=statements: replay(them)))  # type: ignore[misc]
    report(
        f"recommend_one_investor_{CUSTOMERS}_p50_ms",
        value=median(ours) * 1000,
        denominator=median(bare) * 1000,
        denominator_is="median milliseconds of the same statements alone",
        ratio=median(ours) / median(bare),
        p99=quantiles(ours, n=100)[98] * 1000,
        bare_p99=quantiles(bare, n=100)[98] * 1000,
        statements=asked,
        listings_shown=shown / len(customers),
    )


def measure_needs() -> None:
    """Look back at everybody, then tell everybody what comes next, from nothing and again."""
    from django.db import connection, transaction

    from core import clock
    from segmentation.models import Learning, NextNeed
    from segmentation.operations import needs
    from segmentation.operations.attributes import list_ranges
    from segmentation.queries.needs import take_snapshot
    from segmentation.rules.needs import find_days

    today = clock.business_date()
    with transaction.atomic(), connection.cursor() as cursor:
        day = find_days(today)[1]
        value = seconds_of(lambda: take_snapshot(day, list_ranges(today)))
        cursor.execute("CREATE TEMPORARY TABLE bench_snapshot (LIKE segmentation_snapshot) ON COMMIT DROP")
        plain = seconds_of(lambda: cursor.execute("INSERT INTO bench_snapshot SELECT * FROM segmentation_snapshot"))
        _report("recommend_needs_look_back", value, plain, rows=cursor.rowcount)
    with transaction.atomic():
        content, scores = needs.learn_needs(today)
    learning = Learning.objects.create(
        kind=Learning.Kind.NEEDS, state=Learning.State.DONE, content=content, scores=scores, business_date=today,
        asked_at=clock.now(),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE segmentation_nextneed")
        value = seconds_of(lambda: needs.tell_needs(learning=learning, business_date=today))
        _report("recommend_needs_told", value, _copy("segmentation_nextneed"), rows=NextNeed.objects.count())
        cursor.execute("VACUUM ANALYZE segmentation_nextneed")
    _report("recommend_needs_told_again", seconds_of(lambda: needs.tell_needs(learning=learning, business_date=today)))


def measure_clusters() -> None:
    """Assign everybody to the nearest middle, fill the segment of the largest group, look at the drift."""
    from django.db import connection, transaction

    from core import clock
    from core.models import User
    from segmentation.models import Learning, Membership
    from segmentation.operations import clusters
    from segmentation.queries.clusters import list_features, read_sample, write_nearest
    from segmentation.training.clusters import make_clusters

    today, now = clock.business_date(), clock.now()
    features = list_features()
    middles = make_clusters(read_sample(features), features)
    text, parameters = write_nearest(middles)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE bench_nearest (customer_id bigint, place int, distance float8) ON COMMIT DROP"
        )
        cursor.execute("CREATE TEMPORARY TABLE bench_copied (LIKE bench_nearest) ON COMMIT DROP")
        value = seconds_of(lambda: cursor.execute(f"INSERT INTO bench_nearest {text}", parameters))
        plain = seconds_of(lambda: cursor.execute("INSERT INTO bench_copied SELECT * FROM bench_nearest"))
        _report("recommend_clusters_nearest", value, plain, rows=cursor.rowcount, clusters=len(middles.centres))
    actor = User.objects.filter(kind="STAFF", staff_member__roles__code="manager").order_by("pk")[0]
    learning = Learning.objects.create(kind=Learning.Kind.CLUSTERS, business_date=today, asked_at=now)
    learning.content, learning.scores = clusters.keep_clusters(learning, middles)
    learning.state = Learning.State.DONE
    learning.save()
    largest = learning.clusters.order_by("-size")[0]
    segment = clusters.accept_cluster(cluster_id=largest.pk, name=f"bench {learning.pk}", actor=actor, now=now)
    value = seconds_of(lambda: clusters.fill_segment(cluster_id=largest.pk, now=now))
    members = Membership.objects.filter(segment=segment)
    plain = _copy("segmentation_membership", f"segment_id = {segment.pk}")
    _report("recommend_clusters_filled", value, plain, rows=members.count())
    _report("recommend_clusters_drift", seconds_of(lambda: clusters.watch_clusters(business_date=today)))


def _copy(table: str, condition: str = "true") -> float:
    """Return the seconds of the bare INSERT of a table's rows into a copy with the same indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_copy")
        cursor.execute(f"CREATE TABLE bench_copy (LIKE {table} INCLUDING ALL)")
        plain = seconds_of(lambda: cursor.execute(f"INSERT INTO bench_copy SELECT * FROM {table} WHERE {condition}"))
        cursor.execute("DROP TABLE bench_copy")
    return plain


def _report(name: str, value: float, plain: float | None = None, **more: Any) -> None:
    beside = {} if plain is None else {
        "denominator": plain,
        "denominator_is": "seconds of the bare INSERT of the same rows",
        "ratio": value / plain,
    }  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report(f"{name}_{CUSTOMERS}_s", value=value, **beside, process_mb=peak, **more)


def main() -> None:
    """Measure on a database of its own, for the book of the other benchmarks has no bids."""
    with own_database("recommend", can_be_kept=True) as url:
        call_apart(make_people, url, CUSTOMERS)
        call_apart(make_tastes, url)
        call_apart(measure, url)


if __name__ == "__main__":
    main()
