"""Django configuration of ledger."""

from datetime import date, datetime
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def _open_platform_accounts(**_kwargs: Any) -> None:
    from core import clock
    from ledger.operations import open_platform_accounts

    open_platform_accounts(now=clock.now())


def _ask_reconciliations(business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    from ledger.operations import ask_reconciliations

    return ask_reconciliations(business_date=business_date, now=now)


def _take_checkpoints(_business_date: date, _from_id: int, _to_id: int, now: datetime) -> int:
    from ledger.operations import take_checkpoints

    return take_checkpoints(now=now)


class LedgerConfig(AppConfig):
    """The ledger app."""

    name = "ledger"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        """Hook the ledger into migration, close, callbacks and events."""
        from core import close, seeding
        from core.registries import approvals
        from integrations import inbound
        from ledger import handlers  # noqa: F401 - registers the event handlers
        from ledger.operations import own_funds, seed, take_notice
        from ledger.queries import merging
        from ledger.queries.attributes import register_attributes
        from ledger.queries.indicators import register_indicators
        from ledger.texts import register_texts

        merging.register()
        approvals.register(own_funds.OWN_FUNDS, own_funds.decide_own_funds)
        register_indicators()
        register_attributes()
        seeding.register_seed(30, "ledger.parameters", seed.seed_parameters)
        # The platform's accounts are part of the schema.
        post_migrate.connect(_open_platform_accounts, sender=self, dispatch_uid="ledger.platform_accounts")
        # After the business date has moved nothing more is posted to the day that is compared.
        close.register_step("ledger.reconcile", 820, _ask_reconciliations)
        close.register_step("ledger.checkpoints", 830, _take_checkpoints)
        for kind in (inbound.InboundKind.DEPOSIT, inbound.InboundKind.CARD_DEBIT, inbound.InboundKind.CARD_PAYOUT):
            inbound.register(kind, take_notice)
        register_texts()
