"""Celery doors of risk."""

from datetime import timedelta

from core import clock
from core.jobs import job
from integrations import connect
from risk.operations import rescoring, trainings, trials
from risk.operations.market import NEWS_DAYS, take_in_news


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


@job
def read_market() -> int:
    """Take in what the provider of market news has published lately; beat calls this once a morning."""
    feed = connect.market_feed()
    if feed is None:
        return 0
    business_date = clock.business_date()
    news = feed.read_news(business_date - timedelta(days=NEWS_DAYS))
    return take_in_news(news=news, now=clock.now(), business_date=business_date)
