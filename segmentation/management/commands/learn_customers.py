"""Learn now what is otherwise learned each week, and say how it does on later data."""

from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand

from core import clock
from segmentation.models import Learning
from segmentation.operations import recommend_learning

_KINDS = ("LISTINGS", "NEEDS", "CLUSTERS")


class Command(BaseCommand):
    """Run a learning of each kind asked for."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the kinds."""
        parser.add_argument("kinds", nargs="*", choices=_KINDS, default=list(_KINDS))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Ask, carry out, report."""
        from segmentation.training.clusters import make_clusters

        day = clock.business_date()
        for kind in options["kinds"]:
            asked = recommend_learning.ask_learning(kind=kind, actor=None, now=clock.now(), business_date=day)
            recommend_learning.run_learning(
                learning_id=asked.pk, make=make_clusters, business_date=day, now=clock.now()
            )
            done = Learning.objects.get(pk=asked.pk)
            self.stdout.write(f"{kind} {done.state} {done.lack} {orjson.dumps(done.scores).decode()}")
