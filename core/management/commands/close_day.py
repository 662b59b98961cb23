"""`manage.py close_day [--through DATE]`."""

from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core import clock, close, outbox
from core.jobs import record_run

# The scheduled job's name: the job page shows a close by hand beside those of the nights.
_JOB = "core.tasks.close_day"


class Command(BaseCommand):
    """Close the business date, or every date through a given one."""

    help = "Close the business date, or every business date through the given one, in order."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--through", type=date.fromisoformat, help="last business date to close, YYYY-MM-DD")
        parser.add_argument("--simulate", action="store_true", help="let each day end at its own 23:30")

    def handle(self, *_args: Any, **options: Any) -> None:
        through = options["through"] or clock.business_date()
        if not options["simulate"]:
            with record_run(_JOB) as outcome:
                closed = close.close_through(through=through, report=self._report)
                outcome.result = [day.isoformat() for day in closed]
        else:
            closed = []
            while (day := clock.business_date()) <= through:
                evening: datetime = clock.at(day, 23, 30)
                with clock.use_clock(evening):
                    closed += close.close_through(through=day, report=self._report)
                with clock.use_clock(clock.at(day + timedelta(days=1), 0, 5)):
                    outbox.drain()
        for day in closed:
            self.stdout.write(f"closed {day}")

    def _report(self, day: date, step: str, done: int, total: int) -> None:
        self.stdout.write(f"{day} {step} {done}/{total}")
