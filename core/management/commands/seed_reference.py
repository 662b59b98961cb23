"""`manage.py seed_reference [--business-date DATE]`."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core import clock, seeding


class Command(BaseCommand):
    """Create the reference data that is missing."""

    help = "Create the reference data that is missing: calendar, parameters, roles, products, rules, templates."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--business-date", type=date.fromisoformat, help="first business date, YYYY-MM-DD")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = clock.now()
        for name in seeding.run_seeds(business_date=options["business_date"] or now.date(), now=now):
            self.stdout.write(f"seeded {name}")
