"""Django configuration of the integrations."""

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    """Outside systems."""

    name = "integrations"
    verbose_name = _("Outside systems")

    def ready(self) -> None:
        """Refuse to start with real partners and half their settings; warn of a sandbox on deployment."""
        from integrations.checks import check_partners
        from integrations.config import require_partners

        require_partners()
        checks.register(check_partners, deploy=True)
