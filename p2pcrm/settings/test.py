"""Settings of the test suite: a real PostgreSQL, quick password hashing, nothing mocked."""

import os

from p2pcrm.settings.base import *  # noqa: F403 - settings modules extend each other by design
from p2pcrm.settings.base import REST_FRAMEWORK
from p2pcrm.settings.env import database

DEBUG = False
SECRET_KEY = "test-only-" + "k" * 50
FIELD_KEYS = ["1:dGVzdC1vbmx5LWtleS10aGlydHktdHdvLWJ5dGVzISE="]
BLIND_INDEX_KEY = "dGVzdC1vbmx5LWJsaW5kLWluZGV4LWtleS0zMmJ5dGU="
ALLOWED_HOSTS = ["*"]
DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql://p2pcrm@127.0.0.1:5432/p2pcrm"))}
DATABASES["default"]["TEST"] = {
    "NAME": os.environ.get("P2PCRM_TEST_DB", "test_p2pcrm"),
    "TEMPLATE": os.environ.get("P2PCRM_TEST_TEMPLATE"),
}
DATABASES["default"]["CONN_MAX_AGE"] = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
REST_FRAMEWORK = {
    **REST_FRAMEWORK,
    "DEFAULT_THROTTLE_RATES": {
        "address": "100000/min",
        "token": "100000/min",
        "quotes": "100000/min",
        "codes": "100000/min",
        "leads": "100000/min",
        "conflicts": "100000/min",
    },
}
AXES_ENABLED = False
RATE_COUNTERS_URL = ""
# Tests read the source strings; tests/core/test_translations.py looks after the catalogue.
LANGUAGE_CODE = "en"
INTEGRATIONS_MODE = "sandbox"
