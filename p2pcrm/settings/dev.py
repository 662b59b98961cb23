"""Settings of a development machine and of the demo that `make run` starts."""

import os

from p2pcrm.settings.base import *  # noqa: F403 - settings modules extend each other by design
from p2pcrm.settings.env import database

DEBUG = os.environ.get("P2PCRM_DEBUG", "0") == "1"
SECRET_KEY = os.environ.get("SECRET_KEY", "development-only-" + "k" * 40)
# A fixed key is fine only for throw-away data; the runner puts a generated one into the environment.
FIELD_KEYS = os.environ.get("P2PCRM_FIELD_KEYS", "1:ZGV2ZWxvcG1lbnQtb25seS1rZXktMzItYnl0ZXMhISE=").split(",")
BLIND_INDEX_KEY = os.environ.get("P2PCRM_BLIND_INDEX_KEY", "ZGV2ZWxvcG1lbnQtb25seS1ibGluZC1pbmRleC1rZXk=")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000")]
DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql://p2pcrm@127.0.0.1:5432/p2pcrm"))}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
INTEGRATIONS_MODE = "sandbox"
EMAIL_BACKEND = "integrations.adapters.mail.SandboxMailBackend"
