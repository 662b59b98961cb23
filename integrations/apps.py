"""Django configuration of the integrations."""

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    """Outside systems."""

    name = "integrations"
    verbose_name = _("Outside systems")

    def ready(self) -> None:
        """Let `manage.py check --deploy` name every partner setting that is missing."""
        from integrations.checks import check_partners

        checks.register(check_partners, deploy=True)
