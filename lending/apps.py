"""Django configuration of lending."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LendingConfig(AppConfig):
    """The lending app."""

    name = "lending"
    verbose_name = _("Lending")
