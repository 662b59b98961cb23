"""How often one may try: codes whatever the parallelism, rates over all processes, and with a broker that fails."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from core import clock
from core.api import counters as counters_module
from core.api import throttling
from core.api.counters import Counters
from core.api.throttling import CodesThrottle, QuotesThrottle
from core.models import ApiToken
from customers.models import VerificationCode
from customers.operations import registration
from customers.operations.registration import CodeTooSoon, WrongCode
from tests.api.people import Caller, House, Person
from tests.pictures import list_changes, take_picture
from tests.runner.conftest import MakeValkey, make_valkey

__all__ = ["make_valkey"]
THREADS = 20
QUOTE = {"method": "bullet", "principal": "100", "annual_rate": "0.1", "periods": 1}


def at_once(calls: list[Callable[[], Any]], instant: datetime) -> list[Any]:
    """Run the calls on connections of their own at the same moment; a refusal is an answer too."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            with clock.use_clock(instant):
                barrier.wait(timeout=60)
                return call()
        except (CodeTooSoon, WrongCode) as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.mark.django_db(transaction=True)
def test_twenty_guesses_at_once_are_five(house: House, seeded: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    person = house.register()
    code = house.send_code(Person(house=house, phone=person.phone), {"phone": person.phone, "purpose": "LOGIN"})
    guesses = [f"{(int(code) + step) % 10**6:06d}" for step in range(1, THREADS + 1)]
    compared = []
    hashed = registration._hash

    def watch(guess: str, index: str, purpose: str) -> str:
        compared.append(guess)
        return hashed(guess, index, purpose)

    monkeypatch.setattr(registration, "_hash", watch)
    callers = [Caller() for _guess in guesses]
    answers = at_once(
        [
            lambda caller=caller, guess=guess: caller.call(
                "post", "auth/login/", {"phone": person.phone, "code": guess}
            )
            for caller, guess in zip(callers, guesses, strict=True)
        ],
        seeded,
    )
    assert Counter(answer.json()["code"] for answer in answers) == {"wrong_code": THREADS}
    assert len(compared) == 5
    assert VerificationCode.objects.get(purpose="LOGIN").failures == 5
    # The right one comes too late.
    assert Caller().call("post", "auth/login/", {"phone": person.phone, "code": code}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_a_right_code_sent_twenty_times_logs_in_once(house: House, seeded: datetime) -> None:
    person = house.register()
    code = house.send_code(Person(house=house, phone=person.phone), {"phone": person.phone, "purpose": "LOGIN"})
    before = ApiToken.objects.count()
    callers = [Caller() for _ in range(THREADS)]
    wish = {"phone": person.phone, "code": code}
    answers = at_once([lambda caller=caller: caller.call("post", "auth/login/", wish) for caller in callers], seeded)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 422: THREADS - 1}
    assert ApiToken.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_twenty_wishes_for_a_code_send_one(house: House, seeded: datetime) -> None:
    def ask() -> Any:
        return registration.ask_code(phone="13600136000", purpose="LOGIN", now=seeded)

    answers = at_once([ask] * THREADS, seeded)
    assert VerificationCode.objects.count() == 1
    assert sum(isinstance(answer, CodeTooSoon) for answer in answers) == THREADS - 1


def test_a_code_is_for_its_purpose_and_phone_only(house: House) -> None:
    person, other = house.register(), house.register()
    code = house.send_code(person, {"purpose": "SIGN"})
    before = take_picture()
    refused = Caller().call("post", "auth/login/", {"phone": person.phone, "code": code})
    assert refused.status_code == 422 and refused.json()["code"] == "wrong_code"
    refused = Caller().call("post", "auth/login/", {"phone": other.phone, "code": code})
    assert refused.status_code == 422 and refused.json()["code"] == "wrong_code"
    assert list_changes(before) == []


@pytest.fixture
def counted(make_valkey: MakeValkey, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Callable[[], Counters]]]:
    """A broker of our own, and a function that lets the API count there as a new process would."""
    server = make_valkey()
    server.start()

    def start_process() -> Counters:
        fresh = Counters(server.url)
        monkeypatch.setattr(throttling, "counters", fresh)
        return fresh

    yield server, start_process


def test_processes_count_together(counted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _server, start_process = counted
    monkeypatch.setattr(QuotesThrottle, "rate", "4/hour", raising=False)
    statuses = []
    for _process in range(3):
        start_process()
        statuses += [Caller().call("post", "quotes/", QUOTE).status_code for _ in range(2)]
    assert statuses == [200, 200, 200, 200, 429, 429]


def test_a_frozen_broker_holds_up_one_request_a_little(counted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server, start_process = counted
    process = start_process()
    monkeypatch.setattr(QuotesThrottle, "rate", "8/hour", raising=False)
    monkeypatch.setattr(counters_module, "PAUSE_SECONDS", 1.0)
    assert [Caller().call("post", "quotes/", QUOTE).status_code for _ in range(2)] == [200, 200]
    os.kill(server.child.pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        statuses = [Caller().call("post", "quotes/", QUOTE).status_code for _ in range(8)]
        assert time.monotonic() - begun < 5
        # The process counted along, so that its own limit holds while it is alone.
        assert statuses == [200] * 6 + [429] * 2
    finally:
        os.kill(server.child.pid, signal.SIGCONT)
    time.sleep(1.1)
    process.clear()
    # What the process counted alone is not in the broker: three of eight there.
    assert Caller().call("post", "quotes/", QUOTE).status_code == 200
    server.stop()
    begun = time.monotonic()
    assert Caller().call("post", "quotes/", QUOTE).status_code == 200
    assert time.monotonic() - begun < 5


def test_a_token_buys_no_way_around_a_rate(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    person = house.register()
    throttling.counters.clear()
    monkeypatch.setattr(QuotesThrottle, "rate", "2/hour", raising=False)
    monkeypatch.setattr(CodesThrottle, "rate", "2/hour", raising=False)
    answers = [person.call("post", "quotes/", QUOTE) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 2 * 3600
    wishes = [{"phone": f"1350000000{n}", "purpose": "LOGIN"} for n in range(3)]
    assert [person.call("post", "auth/codes/", wish).status_code for wish in wishes] == [202, 202, 429]
    # Another address is another caller.
    assert Caller().call("post", "quotes/", QUOTE).status_code == 200


def test_who_waits_as_told_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = QuotesThrottle()
    throttle.num_requests, throttle.duration, throttle.rate = 10, 60, "10/min"
    monkeypatch.setattr(throttling, "counters", Counters(""))
    monkeypatch.setattr(throttle, "get_cache_key", lambda request, view: "somebody")
    for tried in (10, 11, 40):
        instant = 6_000_000.0 * tried + 3.7
        throttle.timer = lambda: instant  # noqa: B023 - called within the loop
        allowed = [throttle.allow_request(None, None) for _ in range(tried)]  # type: ignore[arg-type]
        assert allowed == [True] * 10 + [False] * (tried - 10)
        if tried == 10:
            assert throttle.allow_request(None, None) is False  # type: ignore[arg-type]
        instant += throttle.wait() + 0.001
        assert throttle.allow_request(None, None) is True  # type: ignore[arg-type]
