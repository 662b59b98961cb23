"""`manage.py drain_events [--once]`."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections

from core import outbox


class Command(BaseCommand):
    """Deliver waiting events in this process, without a worker."""

    help = "Deliver waiting events until interrupted, or once with --once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing is due")

    def handle(self, *_args: Any, **options: Any) -> None:
        while True:
            try:
                delivered = outbox.drain(limit=1000)
            except OperationalError as error:
                self.stderr.write(f"the database does not answer: {error}")
                close_old_connections()
                delivered = 0
            if options["once"] and not delivered:
                return
            if not delivered:
                time.sleep(0.2)
