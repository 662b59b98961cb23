"""Milliseconds of the pages about customers at 10 000 and at 1 000 000 customers, beside bare SQL and the smallest page.

Both books stand in databases of their own, each with a process that answers as a web server does: the whole request
through Django's test client, log-in, session and middleware included. Rounds go back and forth between the two, so
that whatever else the machine does meets both. An RM has about 300 customers of his own; a manager sees all.

    DATABASE_URL=postgresql://… BENCH_CUSTOMERS=1000000 python -m bench.customers
"""

import multiprocessing
import os
import time
from functools import partial
from statistics import median, quantiles
from typing import Any

from bench.support import ROUNDS, Step, own_database, report, set_up, write_profile

SMALL = 10_000
LARGE = int(os.environ.get("BENCH_CUSTOMERS", "1000000"))
CALLS = int(os.environ.get("BENCH_CALLS", "20"))
BOOK = 300
GROWTH, ONE_GET, TAIL, SEARCH = 1.3, 25.0, 4.0, 5.0
# Pages that must not grow with the book. A search finds more in a larger book: it is held against its bare SQL.
STEADY = (
    "list",
    "list_by_name",
    "list_by_contact",
    "deep_page",
    "deep_page_by_name",
    "filter",
    "customer",
    "rm_list",
    "rm_by_name",
)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "小明丽强静军芳伟娜敏杰涛艳超霞平刚桂英华建国志文玉兰秀珍海燕鹏辉红梅斌宇浩凯雪婷"
CONDITIONS = "stage:in:ACTIVE,MATURE;or(value_tier:is:HIGH;contact:notlast:30)"
PAGES = {
    "list": "/customers/",
    "list_by_name": "/customers/?sort=name",
    "list_by_contact": "/customers/?sort=contact",
    "deep_page": "/customers/?cursor={deep}",
    "deep_page_by_name": "/customers/?sort=name&cursor={deep_name}",
    "filter": f"/customers/?where={CONDITIONS}",
    "filter_rare": "/customers/?where=registered:last:3;stage:is:LOST",
    "search_1": "/customers/?q=王",
    "search_2": "/customers/?q=小明",
    "search_3": "/customers/?q=王小明",
    "search_pinyin": "/customers/?q=wangxiaom",
    "search_initials": "/customers/?q=wxm",
    "search_phone": "/customers/?q=13800000007",
    "search_last_four": "/customers/?q=0007",
    "palette": "/palette/?q=小明",
    "customer": "/customers/{customer}/",
    "rm_list": "/customers/",
    "rm_by_name": "/customers/?sort=name",
    "rm_search": "/customers/?q=小明",
}
SEARCHES = ("search_1", "search_2", "search_3", "search_pinyin", "search_initials", "search_phone", "search_last_four")

NAMES = """
CREATE TABLE bench_name AS
SELECT row_number() OVER () - 1 AS k, * FROM unnest(%s::text[], %s::text[], %s::text[]) AS t(name, name_key, grams);
CREATE TABLE bench_tail AS SELECT row_number() OVER () - 1 AS k, tail FROM unnest(%s::text[]) AS t(tail)
"""
CHANGED = {
    "id": "n",
    "number": "'BC' || n",
    "public_id": "'bench' || n",
    "name": "m.name",
    "name_key": "m.name_key",
    "search_grams": "m.grams::varchar[]",
    "phone_index": "'bench' || n",
    "phone_tail_index": "t.tail",
    "rm_id": "base.rm_id + n % {members}",
    "stage": "(ARRAY['POTENTIAL','NEW','ACTIVE','ACTIVE','MATURE','LOST'])[1 + n % 6]",
    "risk_tier": "(ARRAY['LOW','LOW','MIDDLE','HIGH'])[1 + n / 7 % 4]",
    "value_tier": "(ARRAY['LOW','MIDDLE','MIDDLE','HIGH'])[1 + n / 5 % 4]",
    "is_borrower": "n % 2 = 0",
    "is_investor": "n % 3 = 0",
    "completeness": "n / 3 % 100",
    "registered_at": "base.registered_at - interval '1 minute' * (n::bigint * 7919 % 2000000)",
    "latest_contact_at": "CASE WHEN n % 5 > 0 THEN base.registered_at - interval '1 minute' * (n::bigint * 104729 % 200000) END",
}


def build(url: str, customers: int) -> None:
    """Write the customers by one statement; what the fixture does not name is what the models wrote into the first."""
    set_up(url)
    from django.core.management import call_command
    from django.db import connection

    from core import clock, seeding
    from core.fields import blind_index
    from core.models import BusinessDate, User
    from customers.models import Customer
    from customers.rules.names import build_name_keys
    from staff.models import Department, Role, StaffMember

    call_command("migrate", verbosity=0)
    now = clock.now()
    seeding.run_seeds(business_date=now.date(), now=now)
    BusinessDate.objects.update_or_create(pk=1, defaults={"value": now.date()})
    department, _made = Department.objects.get_or_create(name="总部", kind=Department.Kind.MANAGEMENT)
    members = max(customers // BOOK, 1)
    users = User.objects.bulk_create(
        [User(username=f"bench-{n}", kind=User.Kind.STAFF, display_name=f"客户经理{n}") for n in range(members + 1)]
    )
    staff = StaffMember.objects.bulk_create([StaffMember(user=user, department=department) for user in users])
    staff[0].roles.add(Role.objects.get(code="rm"))
    staff[-1].roles.add(Role.objects.get(code="manager"))
    names = [
        first + second + third for first in SURNAMES for second in GIVEN for third in ("", "明", "丽", *GIVEN[:12:4])
    ]
    # Frequent surnames come first and more often, as they do in life.
    names = [name for name in names if name[0] in SURNAMES[:5]] * 3 + names
    keys = {name: build_name_keys(name) for name in names}
    Customer.objects.create(pk=1, number="BC1", public_id="bench1", rm=staff[0], registered_at=now, phone="13800000001")
    fields = [field.column for field in Customer._meta.concrete_fields]
    columns = ", ".join(f'"{name}"' for name in fields)
    values = ", ".join(CHANGED.get(str(name), f'base."{name}"') for name in fields).format(members=members)
    with connection.cursor() as cursor:
        cursor.execute(
            NAMES,
            [
                names,
                [keys[name].sort_key for name in names],
                ["{" + ",".join(keys[name].grams) + "}" for name in names],
                [blind_index(f"{n:04d}", "phone_tail") for n in range(10_000)],
            ],
        )
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'customer_grams'")
        (definition,) = cursor.fetchone()
        # Built afterwards: row by row it would take longer than everything else.
        cursor.execute("DROP INDEX customer_grams")
        cursor.execute(
            f"INSERT INTO customers_customer ({columns}) SELECT {values} FROM customers_customer base,"
            f" generate_series(2, {customers}) n"
            " JOIN bench_name m ON m.k = n::bigint * 7919 % (SELECT count(*) FROM bench_name)"
            " JOIN bench_tail t ON t.k = n % 10000 WHERE base.id = 1"
        )
        cursor.execute(definition)
    for n in (7, customers // 2):
        phone = f"1380000{n % 10_000:04d}"
        Customer.objects.filter(pk=n).update(phone=phone, phone_index=blind_index(phone, "phone"))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


_steps: dict[str, Step] = {}


def prepare(url: str, customers: int) -> list[str]:
    """Log an RM and a manager in and keep the steps; return their names."""
    set_up(url)
    from django.http import HttpRequest, HttpResponse
    from django.test import Client
    from django.urls import path

    from core.models import User
    from customers.models import Customer
    from p2pcrm import urls

    def one_get(_request: HttpRequest) -> HttpResponse:
        """The smallest page there can be: one record, one name."""
        return HttpResponse(Customer.objects.only("name").get(pk=7).name)

    urls.urlpatterns.insert(0, path("bench/one-get/", one_get))
    clients = {}
    last = User.objects.filter(username__startswith="bench-").order_by("-id").values_list("username", flat=True)[0]
    for name, username in {"rm": "bench-0", "manager": last}.items():
        clients[name] = Client(HTTP_HOST="localhost", HTTP_ACCEPT_LANGUAGE="zh-Hans")
        clients[name].force_login(
            User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend"
        )
    places = _places(customers)
    for name, address in PAGES.items():
        client = clients["rm" if name.startswith("rm_") else "manager"]
        _steps[name] = partial(_ask, client, address.format(**places))
    _steps["one_get"] = partial(_ask, clients["manager"], "/bench/one-get/")
    _steps.update(_bare_searches())
    for step in _steps.values():
        for _warming in range(3):
            step()
    return list(_steps)


def _places(customers: int) -> dict[str, str]:
    """Return a record and the places of pages deep in the list."""
    import orjson

    from core.fields import encrypt
    from customers.models import Customer

    deep = customers // 10
    key = Customer.objects.values_list("name_key", flat=True).order_by("name_key")[customers * 9 // 10]
    return {
        "customer": "bench7",
        "deep": encrypt(orjson.dumps(["n", str(deep), deep]).decode()),
        "deep_name": encrypt(orjson.dumps(["n", key, 0]).decode()),
    }


def _ask(client: Any, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)


def _bare_searches() -> dict[str, Step]:
    """Return for each search what reads its rows through the house and what reads them by bare SQL."""
    from urllib.parse import parse_qs, urlsplit

    from django.db import connection
    from django.http import QueryDict

    from core.models import User
    from core.web.listing import COUNT_LIMIT, PAGE_SIZE
    from customers.models import Customer
    from customers.queries.staff import search_condition
    from customers.web.selection import select
    from customers.web.views.listing import read_rows
    from staff.queries import get_access

    user = User.objects.filter(username__startswith="bench-").order_by("-id")[0]
    access = get_access(user)
    assert access is not None
    found: dict[str, Step] = {}
    for name in SEARCHES:
        query = urlsplit(PAGES[name]).query
        text = parse_qs(query)["q"][0]
        bare = (
            Customer.objects.filter(search_condition(text), merged_into__isnull=True)
            .order_by("-id")
            .values_list("id", "name", "rm_id", "stage", "registered_at")[: PAGE_SIZE + 1]
        )
        statements = [bare.query.sql_with_params()]
        counted = Customer.objects.filter(search_condition(text), merged_into__isnull=True).values("pk")[
            : COUNT_LIMIT + 1
        ]
        statements.append(counted.query.sql_with_params())

        def run(statements: Any = statements) -> None:
            with connection.cursor() as cursor:
                for sql, parameters in statements:
                    cursor.execute(sql, parameters)
                    cursor.fetchall()

        def search(query: str = query) -> None:
            read_rows(select(access, QueryDict(query)), QueryDict(query))

        found[f"bare_{name}"] = run
        found[f"rows_{name}"] = search
    return found


def measure(name: str) -> list[float]:
    """Return the milliseconds of some calls of a step."""
    taken = []
    for _call in range(CALLS):
        started = time.perf_counter()
        _steps[name]()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def profile(name: str) -> None:
    """Leave the profile of a step."""
    write_profile("customers", lambda: [_steps[name]() for _turn in range(20)])


def main() -> None:
    """Build both books, measure in turns, report each page with its targets."""
    with own_database("customers_small") as small, own_database("customers_large") as large:
        context = multiprocessing.get_context("spawn")
        with context.Pool(1) as first, context.Pool(1) as second:
            for pool, url, size in ((first, small, SMALL), (second, large, LARGE)):
                pool.apply(build, (url, size))
                names = pool.apply(prepare, (url, size))
            taken: dict[tuple[str, str], list[float]] = {}
            for _round in range(ROUNDS * 2):
                for name in names:
                    for key, pool in (("small", first), ("large", second)):
                        taken.setdefault((key, name), []).extend(pool.apply(measure, (name,)))
            worst = _report(taken)
            if worst:
                second.apply(profile, (worst,))


def _report(taken: dict[tuple[str, str], list[float]]) -> str:
    """Print a line a page; return the page that misses its target by most."""
    one_get = median(taken["large", "one_get"])
    missed: dict[str, float] = {}
    for name in PAGES:
        values = taken["large", name]
        small, p50, p99 = median(taken["small", name]), median(values), quantiles(values, n=100)[98]
        met = (name not in STEADY or p50 <= GROWTH * small) and p50 <= ONE_GET * one_get and p99 <= TAIL * p50
        if not met:
            missed[name] = max(p50 / small / GROWTH, p50 / one_get / ONE_GET, p99 / p50 / TAIL)
        report(
            f"customer_page_ms_{name}",
            value=p50,
            p99=p99,
            denominator=small,
            denominator_is=f"milliseconds of the same page at {SMALL} customers",
            ratio=p50 / small,
            target=GROWTH,
            customers=LARGE,
            one_get=one_get,
            times_one_get=p50 / one_get,
            met=met,
        )
    for name in SEARCHES:
        p50, bare = median(taken["large", f"rows_{name}"]), median(taken["large", f"bare_{name}"])
        report(
            f"customers_rows_ms_{name}",
            value=p50,
            denominator=bare,
            denominator_is="milliseconds of bare SQL for the same rows and their count",
            ratio=p50 / bare,
            target=SEARCH,
            met=p50 <= SEARCH * bare,
        )
    return max(missed, key=lambda name: missed[name], default="")


if __name__ == "__main__":
    main()
