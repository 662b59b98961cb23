"""The Celery application of the worker and beat processes."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "p2pcrm.settings.production")

app = Celery("p2pcrm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def _every(task: str, seconds: float) -> dict[str, object]:
    # A run that nobody took before the next one is due is worth nothing.
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


app.conf.beat_schedule = {
    "deliver-events": _every("core.tasks.deliver_events", 3.0),
    "release-messages": _every("messaging.tasks.release_due_messages", 30.0),
    # From the hour of the parameter on; keys let one summary a colleague and business date through.
    "send-daily-digests": _every("messaging.tasks.send_daily_digests", 600.0),
    "send-custody-queue": _every("ledger.tasks.send_custody_queue", 20.0),
    "poll-payment-orders": _every("ledger.tasks.poll_payment_orders", 180.0),
    "expire-payment-orders": _every("ledger.tasks.expire_payment_orders", 60.0),
    "retry-callbacks": _every("integrations.tasks.retry_callbacks", 60.0),
    "run-imports": _every("customers.tasks.run_imports", 10.0),
    "watch-reading": _every("customers.tasks.watch_reading", 900.0),
    "seal-audit": _every("core.tasks.seal_audit", 300.0),
    "run-trials": _every("risk.tasks.run_trials", 10.0),
    "escalate-cases": _every("service.tasks.escalate_cases", 300.0),
    "run-trainings": _every("risk.tasks.run_trainings", 15.0),
    "rescore-borrowers": {
        "task": "risk.tasks.rescore_borrowers",
        "schedule": crontab(day_of_month=1, hour=5, minute=20),
    },
    "run-learnings": _every("segmentation.tasks.run_learnings", 15.0),
    "learn-weekly": {
        "task": "segmentation.tasks.learn_weekly",
        "schedule": crontab(day_of_week="sun", hour=3, minute=30),
    },
    "tell-needs": {"task": "segmentation.tasks.tell_needs", "schedule": crontab(hour=4, minute=10)},
    "rank-leads": _every("segmentation.tasks.rank_leads", 3600.0),
    "count-suggestions": _every("segmentation.tasks.count_suggestions", 3600.0),
    # The LPR is published on the 20th at nine; a day without news costs one request.
    "read-market": {"task": "risk.tasks.read_market", "schedule": crontab(hour=9, minute=20)},
    "tidy-job-runs": {"task": "core.tasks.tidy_job_runs", "schedule": crontab(hour=4, minute=40)},
    "debit-round": {"task": "lending.tasks.debit_round", "schedule": crontab(hour=8, minute=30)},
    # The first run after midnight closes the day; the later ones find nothing to do unless it was missed.
    "close-day": {"task": "core.tasks.close_day", "schedule": crontab(minute=10), "options": {"expires": 3000}},
}
