"""Django configuration of risk."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RiskConfig(AppConfig):
    """The risk app."""

    name = "risk"
    verbose_name = _("Risk")
