"""The deployment check of the partners."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks

from integrations.config import SANDBOX


def check_partners(app_configs: Any, **_kwargs: Any) -> Sequence[checks.CheckMessage]:
    """Warn when a deployment still plays with the sandbox."""
    if settings.INTEGRATIONS_MODE != SANDBOX:
        return []
    return [checks.Warning("All partners are played by the sandbox.", id="integrations.W001")]
