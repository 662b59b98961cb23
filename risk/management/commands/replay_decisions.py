"""Replay stored decisions and say which of them come out otherwise."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from risk.models import DecisionRecord
from risk.queries.replays import replay_decision


class Command(BaseCommand):
    """Replay a random sample, or with `--sample 0` all."""

    help = "Judge stored decisions again by their own inputs and rule versions; fails when an answer differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the size of the sample."""
        parser.add_argument("--sample", type=int, default=1000, help="how many, at random; 0 for all")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay and report."""
        rows = DecisionRecord.objects.filter(scorecard__isnull=False, table__isnull=False).select_related("application")
        if options["sample"]:
            # The keys alone are shuffled: the rows are wide.
            rows = rows.filter(pk__in=list(rows.order_by("?").values_list("pk", flat=True)[: options["sample"]]))
        count = different = 0
        for record in rows.iterator(chunk_size=500):
            replay = replay_decision(record)
            count += 1
            if not replay.is_same:
                different += 1
                told = "; ".join(f"{one.what}: {one.stored} -> {one.replayed}" for one in replay.differences)
                self.stdout.write(f"{record.application.number}: {told}")
        self.stdout.write(f"{count} decisions replayed, {different} differ")
        if different:
            raise CommandError("not every decision was replayed to the same answer")
