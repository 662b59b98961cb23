"""`manage.py simulate_shock [--loans N] [--months M] [--shock-month S] [--json]`."""

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
from core.outbox import system_user
from customers.models import Customer
from integrations.sandbox.client import SandboxControl
from risk.operations.stress import keep_shock_year
from simulation import lendingclub, replay, scratch
from simulation.helpers import start_helpers
from simulation.shock import ShockPlan, make_book
from simulation.shock_report import build_report
from simulation.world import World

_DAYS_A_MONTH = 30.4375
DATABASE_SUFFIX = "_shock"


class Command(BaseCommand):
    """Put a book through a year with a shock in it and keep what the alerts did."""

    help = (
        "Live through a year with a default shock in a database and against a sandbox of its own; the result is kept "
        "in the database of the settings and stands under Risk, Stress tests."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loans", type=int, default=150)
        parser.add_argument("--months", type=float, default=13)
        parser.add_argument("--shock-month", type=float, default=7, help="months after the first day")
        parser.add_argument("--until", type=date.fromisoformat, help="the last business date; yesterday by default")
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--helpers", type=int, default=1, help="processes that deliver events beside this one")
        parser.add_argument("--json", action="store_true", help="print the report as one JSON object on the last line")
        parser.add_argument("--keep", action="store_true", help="keep the database of the year")
        parser.add_argument("--here", action="store_true", help="work in the empty database of the settings itself")

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.INTEGRATIONS_MODE != "sandbox":
            raise CommandError("a year is simulated against the sandbox only")
        if options["loans"] < 1 or not 0 < options["shock_month"] < options["months"]:
            raise CommandError("--loans must be above zero, and the shock must come within the months")
        plan = _make_plan(options)
        if options["here"]:
            report = self._live(plan, options)
            self.stdout.write(json.dumps(report, ensure_ascii=False))
            return
        if not BusinessDate.objects.exists():
            # Told before the year is lived, not after it: what it showed could not be kept.
            raise CommandError("the result is kept in the database of the settings: seed it first (seed_reference)")
        name = f"{connection.settings_dict['NAME']}{DATABASE_SUFFIX}"
        until = f"--until={plan.last_date}"
        try:
            said = scratch.run_apart(sys.argv, name, until, is_kept=options["keep"], is_read=True)
        except scratch.RunFailed as failure:
            raise CommandError(str(failure), returncode=failure.returncode) from failure
        report = json.loads(said.strip().splitlines()[-1])
        run = keep_shock_year(
            assumptions={
                "loans": options["loans"],
                "seed": options["seed"],
                "first_date": plan.first_date.isoformat(),
                "last_date": plan.last_date.isoformat(),
                "shock_date": plan.shock_date.isoformat(),
                "calm": plan.calm,
                "shocked": plan.shocked,
            },
            result=report,
            actor=system_user(),
            business_date=clock.business_date(),
            now=clock.now(),
        )
        self.stdout.write(said if options["json"] else _as_text(report, run.public_id))

    def _live(self, plan: ShockPlan, options: dict[str, Any]) -> dict[str, Any]:
        if Customer.objects.exists():
            raise CommandError("there are customers in this database; leave --here away")
        loans = [loan for loan in lendingclub.read_book(10_000) if loan.is_clean][: options["loans"]]
        BusinessDate.objects.filter(pk=1).delete()
        started = time.monotonic()
        world = World(
            SandboxControl(settings.SANDBOX_URL), clock.at(plan.first_date, 8), random.Random(options["seed"])
        )
        with start_helpers(options["helpers"]) as helpers:
            world.helpers = helpers
            world.move_to(world.now)
            seeding.run_seeds(business_date=plan.first_date, now=world.now)
            story = replay.Replay(world, [replay.Case(loan) for loan in make_book(loans, plan, seed=options["seed"])])
            replay.run(
                story,
                first_day=plan.first_date,
                last_day=plan.last_date,
                report=lambda done, total, what: self._tell(done, total, what, started),
            )
        return {**build_report(plan), "seconds": round(time.monotonic() - started)}

    def _tell(self, done: int, total: int, what: str, started: float) -> None:
        if done % 14 == 0 or done == total:
            self.stderr.write(f"year {done}/{total} {what} ({time.monotonic() - started:.0f} s)")
            self.stderr.flush()


def _make_plan(options: dict[str, Any]) -> ShockPlan:
    last = options["until"] or clock.now().date() - timedelta(days=1)
    first = last - timedelta(days=round(options["months"] * _DAYS_A_MONTH) - 1)
    return ShockPlan(first, last, first + timedelta(days=round(options["shock_month"] * _DAYS_A_MONTH)))


def _as_text(report: dict[str, Any], public_id: str) -> str:
    return (
        f"{report['loans']} loans, loss on {report['loss_date']}, first alert {report['first_alert_date']}, "
        f"lead {report['lead_days']} days, {report['false_alarms']} false alarms; "
        f"{report['warned_loans']} of {report['bad_loans']} bad loans warned of, median lead "
        f"{report['warning_lead_days']} days, precision {report['warning_precision']}; "
        f"{report['seconds']} s; /risk/stress/{public_id}/\n"
    )
