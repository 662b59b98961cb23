"""Settings of production: every secret and address comes from the environment, and a missing one stops the process."""

import os

from p2pcrm.settings.base import *  # noqa: F403 - settings modules extend each other by design
from p2pcrm.settings.env import database, required

DEBUG = False
SECRET_KEY = required("SECRET_KEY")
FIELD_KEYS = required("P2PCRM_FIELD_KEYS").split(",")
BLIND_INDEX_KEY = required("P2PCRM_BLIND_INDEX_KEY")
ALLOWED_HOSTS = required("P2PCRM_ALLOWED_HOSTS").split(",")
PUBLIC_URL = required("PUBLIC_URL")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
DATABASES = {"default": database(required("DATABASE_URL"))}
REDIS_URL = required("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL
RATE_COUNTERS_URL = REDIS_URL
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
INTEGRATIONS_MODE = required("P2PCRM_INTEGRATIONS_MODE")
if INTEGRATIONS_MODE == "real":
    # docs/integrations.md lists the names; the integrations app refuses to start when one is missing.
    INTEGRATIONS = {
        name.removeprefix("P2PCRM_"): value for name, value in os.environ.items() if name.startswith("P2PCRM_")
    }
    EMAIL_HOST = required("P2PCRM_SMTP_HOST")
    EMAIL_PORT = int(os.environ.get("P2PCRM_SMTP_PORT", "587"))
    EMAIL_HOST_USER = required("P2PCRM_SMTP_USER")
    EMAIL_HOST_PASSWORD = required("P2PCRM_SMTP_PASSWORD")
    EMAIL_USE_TLS = True
    DEFAULT_FROM_EMAIL = required("P2PCRM_MAIL_FROM")
else:
    EMAIL_BACKEND = "integrations.adapters.mail.SandboxMailBackend"
