"""Celery doors of risk."""

from core import clock
from core.jobs import job
from risk.operations import rescoring, trainings, trials


@job
def run_trainings() -> int:
    """Carry out the trainings that wait, and those cut off with another worker; beat sweeps."""
    waiting = trainings.list_open_trainings()
    if not waiting:
        return 0
    # Only a worker with a training before it ever loads the libraries.
    from risk.training.making import make_models

    return sum(trainings.run_training(training_id=pk, make=make_models, read_now=clock.now) for pk in waiting)


@job
def rescore_borrowers() -> int:
    """Score everybody who owes something again; beat calls this once a month."""
    return rescoring.rescore_borrowers(business_date=clock.business_date(), now=clock.now())


@job
def run_trials() -> int:
    """Judge stored decisions by the drafts on trial, portion by portion, where another worker left off; beat sweeps."""
    return sum(iter(lambda: sum(trials.run_portion(trial_id=pk, now=clock.now()) for pk in trials.list_running()), 0))
