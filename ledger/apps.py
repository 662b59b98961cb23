"""Django configuration of ledger."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def _open_platform_accounts(**_kwargs: Any) -> None:
    from core import clock
    from ledger.operations import open_platform_accounts

    open_platform_accounts(now=clock.now())


class LedgerConfig(AppConfig):
    """The ledger app."""

    name = "ledger"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        """Open the platform's accounts after each migration; they are part of the schema."""
        post_migrate.connect(_open_platform_accounts, sender=self, dispatch_uid="ledger.platform_accounts")
