"""What of a customer's money keeps his record from going into another one."""

from django.utils.translation import gettext_lazy as _

from core.errors import Text
from core.registries import merge_obstacles, running_relations
from ledger.models import CustodyAccount, Entry
from ledger.rules.accounts import available_account, frozen_account


def find_money(merged_id: int, _kept_id: int) -> Text | None:
    """Return the obstacle, if there is one: ledger accounts are named after the record, the bank knows it by name."""
    if Entry.objects.filter(account_id__in=[available_account(merged_id), frozen_account(merged_id)]).exists():
        return _("it has money booked on accounts of its own.")
    if CustodyAccount.objects.filter(customer_id=merged_id).exclude(status=CustodyAccount.Status.REFUSED).exists():
        return _("it has an account at the custodian bank.")
    return None


# An account's id says whose it is, see `ledger.rules.accounts`.
_RUNNING = "SELECT account_id / 10 AS customer_id FROM ledger_accountbalance WHERE balance <> 0 AND account_id >= 10"


def register() -> None:
    """Register the obstacle, and who still has money here."""
    running_relations.register("ledger", _RUNNING)
    merge_obstacles.register("ledger", find_money)
