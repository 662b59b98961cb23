"""Make scoring models by hand: out of the own matured loans, or out of a table."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from core.errors import BusinessError
from core.models import User
from risk.models import ModelTraining
from risk.operations import trainings


class Command(BaseCommand):
    """Ask for a training in somebody's name and carry it out here; drafts come of it."""

    help = "Make scoring models from matured loans or from a table (CSV, XLSX); they become drafts."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what the page takes."""
        parser.add_argument("username", help="who asks for it; needs the right to edit rules")
        parser.add_argument("--table", type=Path, help="a table of past applicants with a column called bad")
        parser.add_argument("--code", default="standard")
        parser.add_argument("--kinds", nargs="+", default=list(trainings.KINDS), choices=trainings.KINDS)
        parser.add_argument("--monotone", action="store_true", help="only directions that are known")
        parser.add_argument("--months", type=int, default=6, help="how long a loan is watched")
        parser.add_argument("--bad-dpd", type=int, default=30, help="bad above so many days past due")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it."""
        from risk.training.making import make_models

        table: Path | None = options["table"]
        try:
            training = trainings.ask_training(
                code=options["code"],
                kinds=options["kinds"],
                is_monotone=options["monotone"],
                window_months=options["months"],
                bad_dpd=options["bad_dpd"],
                actor=User.objects.get(username=options["username"]),
                now=clock.now(),
                business_date=clock.business_date(),
                file_name=table.name if table else "",
                raw=table.read_bytes() if table else None,
            )
        except BusinessError as error:
            details = [str(line) for lines in error.fields.values() for line in lines]
            raise CommandError(" ".join([error.sentence(), *details])) from error
        trainings.run_training(training_id=training.pk, make=make_models, read_now=clock.now)
        training.refresh_from_db()
        if training.state == ModelTraining.State.FAILED:
            raise CommandError(training.error)
        made = [str(card) for card in (*training.scorecards.all(), *training.challengers.all())]
        self.stdout.write(f"{training.rows} rows, {training.bads} bad: {', '.join(made)}")
