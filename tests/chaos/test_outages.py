"""The broker killed, frozen and emptied; PostgreSQL killed: requests answer, nothing is lost, all recover by themselves."""

import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from itertools import count
from pathlib import Path

import pytest
from django.db import Error, connection, connections

from core import clock, outbox
from customers.models import VerificationCode
from customers.operations.registration import ask_code
from p2pcrm.runner.console import Console
from p2pcrm.runner.home import choose_free_port
from p2pcrm.runner.postgres import PostgresServer
from p2pcrm.runner.supervisor import Program, Supervisor
from tests.chaos.stage import Stage, wait_until
from tests.invariants import check_invariants

pytestmark = pytest.mark.slow
FROZEN_SECONDS = 8.0
LONGEST_ANSWER_SECONDS = 5.0
_serial = count(1)


class Site:
    """The web processes of a stage; a wish for a code is a request that publishes an event."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.port = stage, choose_free_port()
        command = [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--workers", "1", "--blocking-threads", "1", "--respawn-failed-workers"]
        self.program: Program = stage.start_command("web", [*command, "p2pcrm.wsgi:application"])
        wait_until(self.is_ready, "the web process")

    def is_ready(self) -> bool:
        try:
            url = f"http://127.0.0.1:{self.port}/health/ready"
            return bool(urllib.request.urlopen(url, timeout=LONGEST_ANSWER_SECONDS).status == 200)
        except OSError:
            return False

    def ask_code(self) -> str:
        """Ask for a code as a browser would, within the time a request may take, and return the phone."""
        phone = f"1390000{next(_serial):04d}"
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/auth/codes/",
            data=json.dumps({"phone": phone, "purpose": "REGISTER"}).encode(),
            headers={"Content-Type": "application/json", "Idempotency-Key": f"chaos-{phone}"},
        )
        started = time.monotonic()
        with urllib.request.urlopen(request, timeout=30) as response:
            assert response.status == 202
        assert time.monotonic() - started < LONGEST_ANSWER_SECONDS
        return phone

    def expect_codes(self, *phones: str) -> None:
        """Wait until each phone has its message; each has exactly one."""
        sandbox = self.stage.world.sandbox
        for phone in phones:
            wait_until(lambda phone=phone: sandbox.list_messages("sms", phone), f"the code of {phone}")
        wait_until(lambda: outbox.pending_count() == 0, "everything to be delivered")
        assert [len(sandbox.list_messages("sms", phone)) for phone in phones] == [1] * len(phones)


def send(stage: Stage, command: str) -> None:
    """Give the broker one command."""
    with socket.create_connection(("127.0.0.1", stage.valkey.port), timeout=5) as broker:
        broker.sendall(f"AUTH {stage.valkey.password}\r\n{command}\r\n".encode())
        answer = b""
        while answer.count(b"\n") < 2:
            answer += broker.recv(1024)
    assert answer == b"+OK\r\n+OK\r\n"


def test_a_broker_killed_frozen_or_emptied_holds_up_no_request_and_loses_nothing(stage: Stage) -> None:
    stage.start_valkey()
    worker, site = stage.start_worker(), Site(stage)
    site.expect_codes(site.ask_code())

    assert stage.valkey.child is not None
    os.kill(stage.valkey.child.pid, signal.SIGKILL)
    wait_until(lambda: not stage.valkey.child.is_alive(), "the broker's death")
    phones = [site.ask_code(), site.ask_code()]
    stage.valkey.start()
    site.expect_codes(*phones)
    check_invariants()

    os.kill(stage.valkey.child.pid, signal.SIGSTOP)
    frozen_at = time.monotonic()
    try:
        phones = [site.ask_code(), site.ask_code()]
        wait_until(lambda: time.monotonic() - frozen_at > FROZEN_SECONDS, "the frozen seconds to pass")
        phones.append(site.ask_code())
    finally:
        os.kill(stage.valkey.child.pid, signal.SIGCONT)
    site.expect_codes(*phones)
    check_invariants()

    # The worker sleeps while the wake-up is in the broker, and the broker forgets it.
    assert worker.child is not None
    os.killpg(worker.child.pid, signal.SIGSTOP)
    phone = site.ask_code()
    send(stage, "FLUSHALL")
    os.killpg(worker.child.pid, signal.SIGCONT)
    site.expect_codes(phone)
    assert worker.child.is_alive()
    check_invariants()


def write_until_refused(acknowledged: list[str], is_over: threading.Event) -> None:
    """Commit one wish after the other until told to stop; note those that PostgreSQL acknowledged."""
    try:
        with clock.use_clock(clock.now()):
            while not is_over.is_set():
                phone = f"1380000{next(_serial):04d}"
                try:
                    ask_code(phone=phone, purpose="REGISTER", now=clock.now())
                    acknowledged.append(phone)
                except Error:
                    connection.close()
                    is_over.wait(0.1)
    finally:
        connections.close_all()


def test_postgresql_killed_keeps_what_it_acknowledged_and_everybody_recovers(
    stage: Stage, postgres: PostgresServer
) -> None:
    stage.start_valkey()
    connection.close()
    postgres.stop()
    supervisor = Supervisor(Console(total=0))
    supervisor.add(postgres)
    postgres.wait_ready()
    worker, site = stage.start_worker(), Site(stage)
    before = site.ask_code()
    site.expect_codes(before)
    acknowledged: list[str] = []
    is_over = threading.Event()
    writer = threading.Thread(target=write_until_refused, args=(acknowledged, is_over))
    writer.start()
    try:
        wait_until(lambda: len(acknowledged) >= 10, "ten acknowledged writes")
        connection.close()
        assert postgres.child is not None
        killed = postgres.child
        os.killpg(killed.pid, signal.SIGKILL)
        at_kill = len(acknowledged)

        def is_back() -> bool:
            supervisor.look()
            return postgres.child is not killed and site.is_ready()

        wait_until(is_back, "PostgreSQL and the web process")
        wait_until(lambda: len(acknowledged) > at_kill + 2, "writes after the restart")
    finally:
        is_over.set()
        writer.join(timeout=30)
    phones = set(VerificationCode.objects.values_list("phone", flat=True))
    assert {before, *acknowledged} <= phones
    after = site.ask_code()
    site.expect_codes(after, *acknowledged[:3], *acknowledged[-3:])
    # The same processes as before: nobody restarted them.
    assert worker.child is not None and worker.child.is_alive()
    assert site.program.child is not None and site.program.child.is_alive()
    check_invariants()
