"""The deployment check of the partners' settings."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from integrations.config import SANDBOX, partner_settings


def check_partners(app_configs: Any, **_kwargs: Any) -> Sequence[checks.CheckMessage]:
    """Name each missing setting as an error, and the sandbox as a warning."""
    if settings.INTEGRATIONS_MODE == SANDBOX:
        return [checks.Warning("All partners are played by the sandbox.", id="integrations.W001")]
    try:
        problems = partner_settings().list_problems()
    except ImproperlyConfigured as error:
        problems = [str(error)]
    return [checks.Error(problem, id="integrations.E001") for problem in problems]
