"""CPU seconds of one page of fifty rows of each list of the REST API, beside `.values()` and orjson for the same rows.

The view is called with a request: token, rates, permission, scope, filters, paging by key, JSON. `whole_request` is the
same through the WSGI application, with addresses and middleware. All are measured in turns in one process on one
database, without what the database itself computes.

    DATABASE_URL=postgresql://… python -m bench.lists
"""

import io
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import orjson

from bench.book import DAY, INVESTORS, make_repayment_book
from bench.support import ROUNDS, Step, call_apart, own_database, report, set_up, write_profile

LOANS = 400
LENDERS = (3, 5)
PAGE = 50
TURNS = 5
TARGET_RATIO = 3.0
# One customer who borrows and lends, with several pages of everything.
CUSTOMER = INVESTORS + 1
LOAN = "loan" * 5 + "00"
ROWS = """
UPDATE lending_application SET customer_id = %(customer)s;
UPDATE lending_listing SET borrower_id = %(customer)s;
UPDATE lending_loan SET borrower_id = %(customer)s;
UPDATE lending_loan SET public_id = %(loan)s WHERE id = 1;
UPDATE lending_lendershare s SET investor_id = %(customer)s
WHERE id = (SELECT min(id) FROM lending_lendershare WHERE loan_id = s.loan_id);
INSERT INTO lending_bid (listing_id, investor_id, amount, state, placed_at, mandate_reference, risk_notice_version,
    idempotency_key, public_id)
SELECT id, %(customer)s, 100, 'WON', now(), '', '1', 'bench:' || id, 'b' || id FROM lending_listing;
INSERT INTO lending_repayment (loan_id, kind, amount, fee, penalty, interest, principal, business_date, received_at,
    transfer_id, idempotency_key, public_id)
SELECT 1, 'REPAYMENT', 10, 0, 0, 0, 10, %(day)s, now(), n, 'bench:' || n, 'r' || n FROM generate_series(1, 400) n;
WITH moved AS (
    INSERT INTO ledger_transfer (number, type, idempotency_key, business_date, posted_at, reference_type, reference_id,
        memo, custody_reference)
    SELECT 'TR-B' || n, 'DEPOSIT', 'bench:' || n, %(day)s, now(), '', '', '', '' FROM generate_series(1, 400) n
    RETURNING id
)
INSERT INTO ledger_entry (transfer_id, account_id, amount)
SELECT id, %(customer)s * 10 + 1, 1.00 FROM moved UNION ALL SELECT id, 1, -1.00 FROM moved;
"""


def _run_rows() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in ROWS.split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"customer": CUSTOMER, "day": DAY, "loan": LOAN})
        cursor.execute("VACUUM ANALYZE")


def _tokens() -> dict[str, str]:
    """Return the tokens of the customer and of a manager who sees everything."""
    from core import clock
    from core.api.tokens import issue_token
    from core.models import User
    from customers.models import Customer
    from staff import rights
    from staff.models import Department, Role, StaffMember

    now = clock.now()
    customer = User.objects.create(username="bench-customer", kind=User.Kind.CUSTOMER)
    Customer.objects.filter(pk=CUSTOMER).update(user=customer)
    manager = User.objects.create(username="bench-manager", kind=User.Kind.STAFF)
    department, _made = Department.objects.get_or_create(name="总部", kind=Department.Kind.MANAGEMENT)
    member = StaffMember.objects.create(user=manager, department=department)
    member.roles.add(Role.objects.get(code="manager"))
    scopes = list(rights.STANDARD_ROLES["manager"][2])
    return {
        "customer": issue_token(user=customer, scopes=["customer"], now=now)["token"],
        "staff": issue_token(user=manager, scopes=scopes, now=now)["token"],
    }


def _bare_rows() -> dict[str, Callable[[], Any]]:
    """Return by path what reads the same rows plainly."""
    from django.db.models import F, Q

    from customers.queries.own import list_customers_in
    from ledger.models import Entry
    from ledger.rules.accounts import available_account
    from lending.queries import disclosure, own

    def entries() -> Any:
        return Entry.objects.filter(account_id=available_account(CUSTOMER)).values(
            "amount",
            number=F("transfer__number"),
            type=F("transfer__type"),
            business_date=F("transfer__business_date"),
            posted_at=F("transfer__posted_at"),
        )

    return {
        "listings/": disclosure.list_listings,
        "me/applications/": partial(own.list_applications, Q(customer_id=CUSTOMER)),
        "me/loans/": partial(own.list_loans, Q(borrower_id=CUSTOMER)),
        f"me/loans/{LOAN}/repayments/": partial(own.list_repayments, 1),
        "me/bids/": partial(own.list_bids, CUSTOMER),
        "me/investments/": partial(own.list_investments, CUSTOMER),
        "me/account/entries/": entries,
        "staff/applications/": partial(own.list_applications, Q()),
        "staff/loans/": partial(own.list_loans, Q()),
        "staff/customers/": partial(list_customers_in, Q()),
    }


def _environment(path: str, token: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": f"/api/v1/{path}",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_ACCEPT": "application/json",
        "HTTP_ACCEPT_LANGUAGE": "zh-Hans",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
    }


def _make_view_call(path: str, token: str) -> Step:
    """Return the step that calls the view behind an address."""
    from django.core.handlers.wsgi import WSGIRequest
    from django.urls import resolve

    environment = _environment(path, token)
    found = resolve(environment["PATH_INFO"])

    def ask() -> int:
        response: Any = found.func(WSGIRequest(environment | {"wsgi.input": io.BytesIO()}), **found.kwargs)
        response.render()
        assert response.status_code == 200, (path, response.content)
        return len(response.content)

    return ask


def _make_request(application: Any, path: str, token: str) -> Step:
    """Return the step that asks the whole application for a page, as a server does."""
    environment = _environment(path, token)

    def ask() -> int:
        answered: list[str] = []
        response = application(
            environment | {"wsgi.input": io.BytesIO()}, lambda status, _headers: answered.append(status)
        )
        body = b"".join(response)
        response.close()
        assert answered == ["200 OK"], (path, answered, body)
        return len(body)

    return ask


def _make_bare(rows: Callable[[], Any]) -> Step:
    def read() -> int:
        return len(orjson.dumps(list(rows().order_by("-id")[:PAGE]), default=str))

    return read


def _cpu_milliseconds(step: Step) -> float:
    """Return the CPU milliseconds that one step takes in this process."""
    started = time.process_time()
    for _turn in range(TURNS):
        step()
    return (time.process_time() - started) / TURNS * 1000


def measure(url: str) -> None:
    """Measure every list in turns with its plain reading, and print the medians."""
    set_up(url)
    from rest_framework.throttling import SimpleRateThrottle

    from p2pcrm.wsgi import application

    _run_rows()
    tokens = _tokens()
    # The rates are counted as always; one caller may only ask more often here.
    SimpleRateThrottle.THROTTLE_RATES["token"] = "1000000000/min"
    worst: tuple[float, Step] = (0.0, lambda: None)
    for path, rows in _bare_rows().items():
        token = tokens["staff" if path.startswith("staff/") else "customer"]
        read, ask, request = _make_bare(rows), _make_view_call(path, token), _make_request(application, path, token)
        assert len(rows()[:PAGE]) == PAGE, path
        for step in (read, ask, request) * 10:
            step()
        # Short turns, one after the other: whatever else the machine does meets all three alike.
        turns = [[_cpu_milliseconds(step) for step in (read, ask, request)] for _turn in range(ROUNDS * 10)]
        denominator, value, whole = (median(turn[place] for turn in turns) for place in range(3))
        report(
            "list_cpu_ms_" + path.replace(f"{LOAN}/", "").strip("/").replace("/", "_"),
            value=value,
            denominator=denominator,
            denominator_is="CPU milliseconds of .values() and orjson.dumps for the same rows",
            ratio=value / denominator,
            target=TARGET_RATIO,
            met=value <= TARGET_RATIO * denominator,
            whole_request=whole,
        )
        worst = max(worst, (value / denominator, ask), key=lambda pair: pair[0])
    if worst[0] > TARGET_RATIO:
        write_profile("lists", lambda: [worst[1]() for _turn in range(100)])


def main() -> None:
    """Measure on a database of its own."""
    with own_database("lists") as url:
        call_apart(make_repayment_book, url, LOANS, LENDERS)
        call_apart(measure, url)


if __name__ == "__main__":
    main()
