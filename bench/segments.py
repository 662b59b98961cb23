"""Full refresh of attributes, labels and 50 segments, live counts, and one event's way into the segments, over N customers.

The bare SQL writes the same rows into empty copies of the tables: one INSERT … SELECT of everything that the apps tell, one of
all labels, one of their first stays, and one a segment. The refresh does that in ranges under locks, compares with what is kept, and keeps entries and exits, counts
by day, and events. A live count reads the form's rule, checks it and counts; the bare count is its SQL alone. An event
is a changed fact, committed with its outbox row; measured until the worker's delivery has committed the segments.

    DATABASE_URL=postgresql://… python -m bench.segments
"""

import os
from statistics import median, quantiles
from typing import Any

from bench.people import make_people
from bench.support import ROUNDS, call_apart, own_database, report, seconds_of, set_up, write_profile

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", "1000000"))
CALLS = int(os.environ.get("BENCH_CALLS", "20"))
SEGMENTS = 50
EVENTS = 200
REFRESH_RATIO = 3.0
COUNT_RATIO = 5.0
EVENT_SECONDS = 2.0
STAGES = ("POTENTIAL", "NEW", "ACTIVE", "MATURE", "LOST")
TIERS = ("LOW", "MIDDLE", "HIGH")


def make_rules() -> list[dict[str, Any]]:
    """Return fifty rules: profile, money, risk, dates, behaviour, random shares, groups in groups."""

    def fact(key: str, operator: str, *values: str) -> dict[str, Any]:
        return {"fact": key, "is": operator, "values": list(values)}

    rules: list[dict[str, Any]] = []
    for place in range(SEGMENTS):
        stage, tier = STAGES[place % 5], TIERS[place % 3]
        kinds = (
            [fact("stage", "in", stage), fact("value_tier", "in", tier)],
            [fact("outstanding", "min", str(6000 + 100 * place)), {"none": [fact("overdue", "min", "0.01")]}],
            [fact("overdue", "min", "0.01"), {"any": [fact("risk_tier", "in", tier), fact("bucket", "in", "M1")]}],
            [fact("last_contact", "notlast", str(30 + place)), fact("borrower", "is", "yes")],
            [{"did": "lending", "times": 1 + place % 2, "days": 400}, fact("invested", "min", "5000")],
            [{"share": {"seed": f"lot-{place}", "from": 0, "to": 5 + place % 20}}, fact("investor", "is", "yes")],
            [
                fact("registered", "last", str(100 + place)),
                {"any": [fact("stage", "in", stage), fact("age_band", "in", "35-44")]},
            ],
        )
        rules.append({"all": kinds[place % len(kinds)]})
    return rules


def measure(url: str) -> None:
    """Measure on the book."""
    set_up(url)
    from django.db import connection

    from core import clock
    from core.models import User
    from segmentation.models import Segment

    actor = User.objects.filter(kind="STAFF").order_by("pk").first()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE segmentation_standing, segmentation_membership")
        cursor.execute("TRUNCATE segmentation_segment CASCADE")
    Segment.objects.bulk_create(
        [
            Segment(name=f"bench {place}", rule=rule, created_at=clock.now(), created_by=actor)
            for place, rule in enumerate(make_rules())
        ]
    )
    measure_labels()
    measure_refresh()
    measure_counts()
    measure_events()


def measure_labels() -> None:
    """Label everybody from kept attributes, beside the same rows written by bare SQL; then again where nothing has changed."""
    from django.db import connection, transaction

    from core import clock
    from segmentation.models import LabelStay
    from segmentation.operations.attributes import list_ranges, refresh_attributes
    from segmentation.operations.labels import label_range
    from segmentation.queries.attributes import TABLE

    today = clock.business_date()

    def whole() -> None:
        for low, high in list_ranges(today):
            label_range(today, low, high, clock.now())

    # A first telling also writes stage and value onto every record, with a line of its timeline; the bare SQL does not.
    refresh_attributes(customer_ids=None, business_date=today, now=clock.now())
    whole()
    _empty_labels()
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {TABLE}")

    def bare() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '64MB'")
            _write_bare_labels(cursor, TABLE)

    plain, value = seconds_of(bare), seconds_of(whole)
    report(
        f"labels_full_{CUSTOMERS}_s",
        value=value,
        denominator=plain,
        denominator_is="seconds of the bare INSERTs of the same labels and stays",
        ratio=value / plain,
        target=REFRESH_RATIO,
        met=value <= REFRESH_RATIO * plain,
        stays=LabelStay.objects.count(),
    )
    report(f"labels_second_{CUSTOMERS}_s", value=seconds_of(whole))


def _empty_labels() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE segmentation_labels, segmentation_labelstay, segmentation_decline")
        cursor.execute("DROP TABLE IF EXISTS bench_labels, bench_labelstay")
        cursor.execute("CREATE TABLE bench_labels (LIKE segmentation_labels INCLUDING ALL)")
        cursor.execute("CREATE TABLE bench_labelstay (LIKE segmentation_labelstay INCLUDING ALL)")


def _write_bare_labels(cursor: Any, standing: str) -> None:
    from core import clock
    from segmentation.queries.attributes import TABLE
    from segmentation.queries.labelling import COLUMNS, REASONS, build_told, list_limits
    from segmentation.queries.labels import get_rule

    rule = get_rule(clock.business_date())
    assert rule is not None
    told = build_told(lambda _column: "").replace(f"FROM {TABLE} ", f"FROM {standing} ")
    columns = ", ".join(COLUMNS)
    cursor.execute(f"CREATE TEMPORARY TABLE bench_told ON COMMIT DROP AS {told}", list_limits(rule))
    cursor.execute(
        f"INSERT INTO bench_labels (customer_id, version, told_at, {columns})"
        f" SELECT customer_id, '1', now(), {columns} FROM bench_told"
    )
    figures = {key: ", ".join(f"'{name}', x.{name}" for name in names) for key, names in REASONS.items()}
    values = ", ".join(f"('{key}', x.{key}, jsonb_build_object({names}))" for key, names in figures.items())
    cursor.execute(
        "INSERT INTO bench_labelstay (id, customer_id, label, value, before, version, reason, from_date, from_at)"
        " SELECT row_number() OVER (), x.customer_id, v.label, v.value, '', '1', jsonb_strip_nulls(v.reason), x.today, now()"
        f" FROM bench_told x CROSS JOIN LATERAL (VALUES {values}) v(label, value, reason) WHERE v.value IS NOT NULL"
    )


def measure_refresh() -> None:
    """Tell everything from nothing, beside the same rows written by bare SQL; then again where nothing has changed."""
    from django.db import connection, transaction

    from core import clock
    from segmentation.models import Membership
    from segmentation.operations.attributes import list_ranges, refresh_attributes
    from segmentation.operations.evaluation import evaluate_segments
    from segmentation.operations.labels import label_range
    from segmentation.queries.attributes import TABLE

    today = clock.business_date()

    def empty() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {TABLE}, segmentation_membership")
            cursor.execute("DROP TABLE IF EXISTS bench_standing, bench_membership")
            cursor.execute(f"CREATE TABLE bench_standing (LIKE {TABLE} INCLUDING ALL)")
            cursor.execute("CREATE TABLE bench_membership (LIKE segmentation_membership INCLUDING ALL)")
        _empty_labels()

    def whole() -> None:
        refresh_attributes(customer_ids=None, business_date=today, now=clock.now())
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {TABLE}")
        for low, high in list_ranges(today):
            label_range(today, low, high, clock.now())
        evaluate_segments(segment_ids=None, business_date=today, now=clock.now())

    def bare() -> None:
        with transaction.atomic():
            _write_bare()

    turns = []
    for _turn in range(ROUNDS):
        empty()
        plain = seconds_of(bare)
        value = seconds_of(whole)
        turns.append((plain, value))
    denominator, value = (median(turn[place] for turn in turns) for place in range(2))
    rows = Membership.objects.filter(left_at=None).count()
    report(
        f"segments_full_refresh_{CUSTOMERS}_s",
        value=value,
        denominator=denominator,
        denominator_is="seconds of the bare INSERTs of the same rows",
        ratio=value / denominator,
        target=REFRESH_RATIO,
        met=value <= REFRESH_RATIO * denominator,
        memberships=rows,
    )
    if value > REFRESH_RATIO * denominator:
        empty()
        write_profile("segments_refresh", whole)
    report(f"segments_second_refresh_{CUSTOMERS}_s", value=seconds_of(whole))


def _write_bare() -> None:
    from django.db import connection

    from core import clock
    from segmentation.models import Segment
    from segmentation.queries.attributes import TABLE, build_seen, list_keys
    from segmentation.queries.rules import get_vocabulary, select_members
    from segmentation.rules.segments import parse

    words, today = get_vocabulary(), clock.business_date()
    keys = ", ".join(list_keys())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        seen = build_seen(lambda _column: "")
        cursor.execute(
            f"INSERT INTO bench_standing (customer_id, changed_at, {keys}) SELECT n.customer_id, now(), {keys} FROM ({seen}) n"
        )
        cursor.execute("ANALYZE bench_standing")
        _write_bare_labels(cursor, "bench_standing")
        for segment in Segment.objects.order_by("pk"):
            sql, parameters = select_members(parse(segment.rule, words), words, today)
            cursor.execute(
                "INSERT INTO bench_membership (id, segment_id, customer_id, entered_at)"
                " SELECT nextval('segmentation_membership_id_seq'), %s, n.customer_id, now()"
                f" FROM ({sql.replace(TABLE, 'bench_standing')}) n",
                [segment.pk, *parameters],
            )


def measure_counts() -> None:
    """Count each rule as the builder does while it is written."""
    from django.db import connection

    from core import clock
    from segmentation.queries.rules import get_vocabulary, select_members
    from segmentation.queries.segments import count_rule
    from segmentation.rules.segments import parse
    from staff.models import StaffMember
    from staff.queries import get_access

    manager = StaffMember.objects.select_related("user").get(roles__code="manager")
    access = get_access(manager.user)
    assert access is not None
    today = clock.business_date()
    worst = (0.0, 0.0, 0.0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE segmentation_standing")
        cursor.execute("VACUUM ANALYZE segmentation_membership")
    for rule in make_rules()[:14]:
        words = get_vocabulary()
        sql, parameters = select_members(parse(rule, words), words, today)

        def bare(sql: str = sql, parameters: list[Any] = parameters) -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM ({sql}) n", parameters)
                cursor.fetchone()

        def live(rule: dict[str, Any] = rule) -> None:
            known = get_vocabulary(with_people=False)
            count_rule(access, parse(rule, known), known, today)

        bare()
        pairs = [(seconds_of(bare), seconds_of(live)) for _call in range(CALLS)]
        plain = median(pair[0] for pair in pairs)
        slow = quantiles([pair[1] for pair in pairs], n=100)[98]
        worst = max(worst, (slow / plain, slow, plain))
    ratio, value, denominator = worst
    report(
        "segments_live_count_p99_ms",
        value=value * 1000,
        denominator=denominator * 1000,
        denominator_is="median milliseconds of the bare count, of the rule with the worst ratio of fourteen",
        ratio=ratio,
        target=COUNT_RATIO,
        met=ratio <= COUNT_RATIO,
    )


def measure_events() -> None:
    """Change one fact after another and deliver each event: attributes, labels and segments of the customer follow."""
    from core import clock, outbox
    from customers.models import Customer
    from customers.operations.touching import touch_customers

    outbox.drain()
    times = []
    for place in range(EVENTS):
        pk = place * 37 % CUSTOMERS + 1
        Customer.objects.filter(pk=pk).update(investor_type="C5" if place % 2 else "C1", is_investor=True)
        touch_customers([pk], now=clock.now())
        times.append(seconds_of(outbox.drain))
    value = quantiles(times, n=100)[98]
    report(
        "segments_after_one_event_p99_s",
        value=value,
        median=median(times),
        target=EVENT_SECONDS,
        met=value <= EVENT_SECONDS,
    )
    if value > EVENT_SECONDS:
        touch_customers([1], now=clock.now())
        write_profile("segments_event", outbox.drain)


def main() -> None:
    """Measure on a database of its own."""
    with own_database("customers_large", can_be_kept=True) as url:
        call_apart(make_people, url, CUSTOMERS)
        call_apart(measure, url)


if __name__ == "__main__":
    main()
