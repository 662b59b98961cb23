"""`manage.py build_demo`."""

import random
import time
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock, seeding
from core.models import BusinessDate
from customers.models import Customer
from integrations.sandbox.client import SandboxControl
from simulation import demo
from simulation.world import World


class Command(BaseCommand):
    """Build the demo world by living through some months."""

    help = "Build the demo world through the real operations; needs an empty database and a running sandbox."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=100, help="how many days to live through")
        parser.add_argument("--customers", type=int, default=42)
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--until", type=date.fromisoformat, help="the present business date afterwards")

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.INTEGRATIONS_MODE != "sandbox":
            raise CommandError("the demo world is for the sandbox only")
        if Customer.objects.exists():
            self.stdout.write("the demo world is there already")
            return
        last_day = options["until"] or clock.now().date()
        first_day = last_day - timedelta(days=options["days"])
        BusinessDate.objects.filter(pk=1).delete()
        world = World(SandboxControl(settings.SANDBOX_URL), clock.at(first_day, 8), random.Random(options["seed"]))
        started = time.monotonic()
        try:
            world.move_to(world.now)
            seeding.run_seeds(business_date=first_day, now=world.now)
            demo.build(
                world,
                first_day=first_day,
                last_day=last_day,
                customers=options["customers"],
                report=lambda done, total, what: self._report(done, total, what, started),
            )
        finally:
            world.sandbox.set_clock(None)
        call_command("check_ledger", stdout=self.stdout)

    def _report(self, done: int, total: int, what: str, started: float) -> None:
        if done % 5 == 0 or done == total:
            self.stdout.write(f"demo world {done}/{total} {what} ({time.monotonic() - started:.0f} s)")
            self.stdout.flush()
