"""Django configuration of customers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """The customers app."""

    name = "customers"
    verbose_name = _("Customers")
