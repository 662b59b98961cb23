"""One scenario's stage: its database, its broker, its sandbox, its processes, and ways to wait for something."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
from django.db import connection, connections

from core import clock, outbox
from lending.models import Contract, Listing, Loan, PayoutInstruction
from lending.operations import contracts
from p2pcrm.runner.children import read_tail
from p2pcrm.runner.home import choose_free_port
from p2pcrm.runner.postgres import PostgresServer
from p2pcrm.runner.supervisor import Program
from p2pcrm.runner.valkey import ValkeyServer
from simulation import people as acts
from simulation.world import World
from tests.fixtures.sandbox import ROOT, SandboxProcess
from tests.journeys import people

TEMPLATE = "chaos_template"
# On a busy machine a worker needs half a minute to come up.
PATIENCE_SECONDS = 90.0
_serial = count(1)


def wait_until(condition: Callable[[], Any], what: str, *, seconds: float = PATIENCE_SECONDS) -> Any:
    """Poll until the condition gives something true and return that; fail with its name otherwise."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}"
        time.sleep(0.05)


@contextmanager
def point_at(server: PostgresServer, database: str) -> Iterator[None]:
    """Let this process's Django, all its threads, work in a database of the server."""
    entry = connections.databases["default"]
    mine = {
        "HOST": "127.0.0.1",
        "PORT": str(server.port),
        "NAME": database,
        "USER": "p2pcrm",
        "PASSWORD": server.passwords.owner,
    }
    # Two dictionaries: only the connection's own has the name of the tests' database.
    places = (entry, connection.settings_dict)
    before = [{name: place[name] for name in mine} for place in places]
    connection.close()
    for place in places:
        place.update(mine)
    try:
        yield
    finally:
        connection.close()
        for place, values in zip(places, before, strict=True):
            place.update(values)


@dataclass
class Stage:
    """Everything one scenario may break."""

    postgres: PostgresServer
    database: str
    valkey: ValkeyServer
    sandbox: SandboxProcess
    world: World
    home: Path
    environment: dict[str, str]
    programs: list[Program] = field(default_factory=list)
    exits: ExitStack = field(default_factory=ExitStack)

    def start(self, name: str, *arguments: str, **environment: str) -> Program:
        """Start Python with our environment."""
        return self.start_command(name, [sys.executable, *arguments], **environment)

    def start_command(self, name: str, command: list[str], **environment: str) -> Program:
        """Start a process of ours, with its output in a log."""
        log = self.home / f"{name}-{len(self.programs)}.log"
        program = Program(name, command, log, ROOT, self.environment | environment)
        self.programs.append(program)
        program.launch()
        return program

    def start_worker(self) -> Program:
        """Start a worker with a beat inside: wake-ups and the sweep both arrive."""
        schedule = str(self.home / f"beat-{len(self.programs)}")
        command = ["-m", "celery", "--app", "p2pcrm", "worker", "--beat", "--schedule", schedule]
        return self.start("worker", *command, "--concurrency", "1", "--loglevel", "INFO")

    def start_close(self, **environment: str) -> Program:
        """Start the close of the business date."""
        through = self.world.today.isoformat()
        return self.start("close", "manage.py", "close_day", "--through", through, **environment)

    def start_valkey(self) -> None:
        """Start the broker: not every scenario needs one."""
        self.valkey.start()
        self.exits.callback(self.valkey.stop)

    def connect(self) -> Any:
        """Open a connection that is nobody else's, to hold locks with."""
        other = psycopg2.connect(
            host="127.0.0.1",
            port=self.postgres.port,
            dbname=self.database,
            user="p2pcrm",
            password=self.postgres.passwords.owner,
        )
        self.exits.callback(other.close)
        return other

    def copy_database(self) -> str:
        """Copy the scenario's database as it stands, give its address; nobody may be connected meanwhile."""
        connection.close()
        with point_at(self.postgres, "p2pcrm"), connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {self.database}_copy TEMPLATE {self.database}")
        return f"{self.environment['DATABASE_URL']}_copy"

    def read_copy(self, statement: str) -> list[tuple[Any, ...]]:
        """Read rows of the copy."""
        with point_at(self.postgres, f"{self.database}_copy"), connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def close(self) -> None:
        """Stop what runs and leave this process's Django as it was."""
        for program in self.programs:
            if program.child is not None:
                kill(program)
        self.exits.close()


def kill(program: Program) -> None:
    """End a process and all its children as the kernel would when memory is short."""
    assert program.child is not None
    if program.child.is_alive():
        os.killpg(program.child.pid, signal.SIGKILL)
        wait_until(lambda: not program.child.is_alive(), f"the death of {program.name}", seconds=20)


def wait_for_end(program: Program) -> None:
    """Wait until a process has done its work; its log is the reason when it failed."""
    assert program.child is not None
    wait_until(lambda: not program.child.is_alive(), f"the end of {program.name}")
    assert program.child.exit_code == 0, read_tail(program.log, 30)


def count_lock_waiters() -> int:
    """Return how many sessions of this database wait for somebody else's lock."""
    return int(
        read(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock' AND state = 'active'"
        )
    )


def read(statement: str, *parameters: object) -> Any:
    """Return the first value a statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return row[0] if row else None


def build_stage(postgres: PostgresServer, template: str, home: Path, settings: Any) -> Stage:
    """Copy the template, start a sandbox, seed, and begin a world an hour ago: real workers find all of it due."""
    exits = ExitStack()
    number = next(_serial)
    database = f"chaos_{number}"
    home = home / f"stage{number}"
    home.mkdir()
    with point_at(postgres, "p2pcrm"), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {database} TEMPLATE {template}")
    exits.enter_context(point_at(postgres, database))
    sandbox = SandboxProcess(home / "sandbox")
    sandbox.start()
    exits.callback(sandbox.stop)
    control = sandbox.serve(settings)
    exits.callback(control.close)
    valkey = ValkeyServer(home / "valkey", port=choose_free_port(), password="broker-secret", log=home / "valkey.log")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("P2PCRM_", "PYTEST_"))} | {
        "DJANGO_SETTINGS_MODULE": "p2pcrm.settings.dev",
        "DATABASE_URL": f"postgresql://p2pcrm:{postgres.passwords.owner}@127.0.0.1:{postgres.port}/{database}",
        "REDIS_URL": valkey.url,
        "SANDBOX_URL": sandbox.url,
        "P2PCRM_SANDBOX_HOME": str(sandbox.home),
        "P2PCRM_HOME": str(home),
        "P2PCRM_FIELD_KEYS": ",".join(settings.FIELD_KEYS),
        "P2PCRM_BLIND_INDEX_KEY": settings.BLIND_INDEX_KEY,
        "SECRET_KEY": settings.SECRET_KEY,
        "LOG_LEVEL": "INFO",
    }
    beginning = clock.now() - timedelta(hours=1)
    world = people.begin(control, beginning.date())
    world.move_to(beginning)
    return Stage(postgres, database, valkey, sandbox, world, home, environment, exits=exits)


def make_filled_listing(
    stage: Stage, *, amount: str = "10000.00", shares: tuple[str, ...] = ("4000.00", "6000.00")
) -> Listing:
    """Return a listing whose last bid has just been placed; nothing that follows has been delivered."""
    world = stage.world
    # Without the consent to debits nobody repays by himself.
    borrower = people.make_borrower(world, with_debit=False)
    application = people.apply_for(
        world, borrower, product="xinyong-debx", amount=amount, periods=3, method="equal_instalment"
    )
    listing = acts.accept(world, application)
    investors = [people.make_investor(world, "50000.00") for _share in shares]
    world.settle()
    acts.fill(world, listing, investors, [Decimal(share) for share in shares])
    return listing


def make_signed_loan(stage: Stage) -> Loan:
    """Return a loan signed by all whose payout is about to be asked: the event waits in the outbox."""
    world = stage.world
    listing = make_filled_listing(stage)
    world.settle()
    contract = Contract.objects.get(loan__listing=listing)
    contracts.declare_borrower_will(
        contract_id=contract.pk,
        customer_id=listing.borrower_id,
        pdf_hash=contract.pdf_hash,
        evidence="SMS code",
        now=world.now,
    )
    # One delivery at a time, up to the very instant before the payout.
    with clock.use_clock(world.now):
        while not PayoutInstruction.objects.exists():
            assert outbox.drain(limit=1) == 1
    return Loan.objects.get(listing=listing)
