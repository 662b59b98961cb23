"""Open accounts."""

from collections.abc import Sequence
from datetime import datetime

from ledger.models import Account, AccountKind, AllowedSign
from ledger.rules import accounts


def open_accounts(*, customer_ids: Sequence[int], now: datetime) -> None:
    """Open the available and the frozen account of each customer; those that have them keep them."""
    Account.objects.bulk_create(
        [
            account
            for customer_id in customer_ids
            for account in (
                _account(accounts.available_account(customer_id), AccountKind.CUSTOMER_AVAILABLE, now, customer_id),
                _account(accounts.frozen_account(customer_id), AccountKind.CUSTOMER_FROZEN, now, customer_id),
            )
        ],
        ignore_conflicts=True,
    )


def open_platform_accounts(*, now: datetime) -> None:
    """Open the accounts every installation has; existing ones stay."""
    kinds = {
        accounts.CUSTODY: AccountKind.CUSTODY,
        accounts.PLATFORM_FEES: AccountKind.PLATFORM_FEES,
        accounts.PLATFORM_OWN: AccountKind.PLATFORM_OWN,
        accounts.RESERVE: AccountKind.RESERVE,
        accounts.SUSPENSE: AccountKind.SUSPENSE,
    }
    Account.objects.bulk_create(
        [_account(account_id, kind, now) for account_id, kind in kinds.items()], ignore_conflicts=True
    )


def _account(account_id: int, kind: AccountKind, now: datetime, customer_id: int | None = None) -> Account:
    has_any_sign = kind in {AccountKind.CUSTODY, AccountKind.SUSPENSE}
    return Account(
        id=account_id,
        kind=kind,
        customer_id=customer_id,
        allowed_sign=AllowedSign.ANY if has_any_sign else AllowedSign.NOT_NEGATIVE,
        opened_at=now,
    )
