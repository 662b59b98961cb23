"""The Celery application of the worker and beat processes."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "p2pcrm.settings.production")

app = Celery("p2pcrm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
