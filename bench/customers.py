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

from bench.people import BOOK, make_people
from bench.support import ROUNDS, Step, own_database, report, set_up, write_profile

SMALL = 10_000
LARGE = int(os.environ.get("BENCH_CUSTOMERS", "1000000"))
CALLS = int(os.environ.get("BENCH_CALLS", "20"))
GROWTH, ONE_GET, TAIL, SEARCH = 1.3, 25.0, 4.0, 5.0
# Pages that must not grow with the book. A search finds more in a larger book: it is held against its bare SQL.
# The rare filter finds about as many in both books, so that both draw a whole page.
STEADY = (
    "list",
    "list_by_name",
    "list_by_contact",
    "deep_page",
    "deep_page_by_name",
    "filter",
    "filter_rare",
    "customer",
    "rm_customer",
    "rm_list",
    "rm_by_name",
)
CONDITIONS = "stage:in:ACTIVE,MATURE;or(value_tier:is:HIGH;contact:notlast:30)"
PAGES = {
    "list": "/customers/",
    "list_by_name": "/customers/?sort=name",
    "list_by_contact": "/customers/?sort=contact",
    "deep_page": "/customers/?cursor={deep}",
    "deep_page_by_name": "/customers/?sort=name&cursor={deep_name}",
    "filter": f"/customers/?where={CONDITIONS}",
    "filter_rare": "/customers/?where=registered:last:{days};stage:is:LOST",
    "filter_figure": "/customers/?where=overdue:min:1",
    "search_1": "/customers/?q=王",
    "search_2": "/customers/?q=小明",
    "search_3": "/customers/?q=王小明",
    "search_pinyin": "/customers/?q=wangxiaom",
    "search_initials": "/customers/?q=wxm",
    "search_phone": "/customers/?q=13800000007",
    "search_last_four": "/customers/?q=0007",
    "palette": "/palette/?q=小明",
    "customer": "/customers/{customer}/",
    "team": "/customers/{customer}/team/",
    "today": "/",
    "funnel": "/leads/funnel/",
    "cases": "/cases/",
    "quality": "/quality/",
    "pools": "/pools/",
    "rm_list": "/customers/",
    "rm_by_name": "/customers/?sort=name",
    "rm_search": "/customers/?q=小明",
    "rm_customer": "/customers/{own}/",
    "rm_today": "/",
}
# Pages beside the record and the list: shown with their figures, held to no target.
BESIDE = ("team", "today", "funnel", "cases", "quality", "pools", "rm_today")
SEARCHES = ("search_1", "search_2", "search_3", "search_pinyin", "search_initials", "search_phone", "search_last_four")

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
        return HttpResponse(Customer.objects.get(pk=7).name)

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
        "own": f"bench{max(customers // BOOK, 1)}",
        "days": str(3 * LARGE // customers),
        "deep": encrypt(orjson.dumps(["n", str(deep), deep]).decode()),
        "deep_name": encrypt(orjson.dumps(["n", key, 0]).decode()),
    }


def _ask(client: Any, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)


def _bare_searches() -> dict[str, Step]:
    """Return for each search what reads its rows through the house and what reads them by bare SQL.

    Through the house: from the words of the search to the page of rows and their count; reading the address before and
    writing the page afterwards belong to the page, which is measured as a whole beside it. Bare: the same rows and their
    count by way of the index of grams, or the blind index; sorted, because the index has no order.
    """
    from dataclasses import replace
    from urllib.parse import parse_qs, urlsplit

    from django.db import connection
    from django.db.models import F
    from django.http import QueryDict

    from core.models import User
    from core.web.listing import COUNT_LIMIT, PAGE_SIZE
    from customers.models import Customer
    from customers.queries.staff import in_scope, search_condition
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
        hits = Customer.objects.filter(search_condition(text), merged_into__isnull=True)
        columns = ("id", "name", "rm_id", "stage", "registered_at")
        statements = [
            rows.query.sql_with_params()
            for rows in (
                hits.order_by((F("pk") + 0).desc()).values_list(*columns)[: PAGE_SIZE + 1],
                hits.values("pk")[: COUNT_LIMIT + 1],
            )
        ]

        def run(statements: Any = statements) -> None:
            with connection.cursor() as cursor:
                for sql, parameters in statements:
                    cursor.execute(sql, parameters)
                    cursor.fetchall()

        def search(address: Any, selection: Any) -> None:
            read_rows(replace(selection, rows=in_scope(access).filter(search_condition(selection.text))), address)

        found[f"bare_{name}"] = run
        found[f"rows_{name}"] = partial(search, QueryDict(query), select(access, QueryDict(query)))
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
    with (
        own_database("customers_small", can_be_kept=True) as small,
        own_database("customers_large", can_be_kept=True) as large,
    ):
        context = multiprocessing.get_context("spawn")
        with context.Pool(1) as first, context.Pool(1) as second:
            for pool, url, size in ((first, small, SMALL), (second, large, LARGE)):
                pool.apply(make_people, (url, size))
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
    """Print a line a page and a line a search; return the page that misses its target by most."""
    one_get = median(taken["large", "one_get"])
    missed: dict[str, float] = {}
    for name in PAGES:
        values = taken["large", name]
        small, p50, p99 = median(taken["small", name]), median(values), quantiles(values, n=100)[98]
        excess = {"one_get": p50 / one_get / ONE_GET, "tail": p99 / p50 / TAIL}
        if name in STEADY:
            excess["growth"] = p50 / small / GROWTH
        if max(excess.values()) > 1 and name not in BESIDE:
            missed[name] = max(excess.values())
        report(
            f"customer_page_ms_{name}",
            value=p50,
            p99=p99,
            denominator=small,
            denominator_is=f"milliseconds of the same page at {SMALL} customers",
            ratio=p50 / small,
            target=GROWTH if name in STEADY else None,
            customers=LARGE,
            one_get=one_get,
            times_one_get=p50 / one_get,
            exceeds=[key for key, value in excess.items() if value > 1],
            met=None if name in BESIDE else name not in missed,
        )
    for name in SEARCHES:
        p50, bare = median(taken["large", f"rows_{name}"]), median(taken["large", f"bare_{name}"])
        report(
            f"customers_rows_ms_{name}",
            value=p50,
            denominator=bare,
            denominator_is="milliseconds of bare SQL by the same index for the same rows and their count",
            ratio=p50 / bare,
            target=SEARCH,
            whole_page=median(taken["large", name]),
            met=p50 <= SEARCH * bare,
        )
    return max(missed, key=lambda name: missed[name], default="")


if __name__ == "__main__":
    main()
