"""The ledger's sentences on the timeline and in the work list."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from customers.texts import register_text, register_words
from ledger.models import PaymentOrder

_TEXTS: Final = {
    "ledger.custody_opened": _("Account at the custodian bank opened"),
    "ledger.custody_refused": _("The custodian bank refused to open an account (%(code)s)"),
    "ledger.deposit_received": _("Paid in by %(gateway)s, order %(number)s"),
    "ledger.deposit_failed": _("Payment by %(gateway)s did not succeed, order %(number)s"),
    "ledger.withdrawal_completed": _("Withdrawn to the bank card, order %(number)s"),
    "ledger.withdrawal_failed": _("Withdrawal failed and the money is free again, order %(number)s"),
    "ledger.suspense_cleared": _("Unmatched payment cleared up, case %(number)s"),
    "ledger.case_reconciliation": _("Case %(number)s: the custodian's statement differs; no money leaves"),
    "ledger.case_amount_mismatch": _("Case %(number)s: %(amount)s yuan were paid, which is not what was ordered"),
    "ledger.case_unknown_payment": _("Case %(number)s: %(amount)s yuan came in without an order"),
    "ledger.case_contradictory_result": _("Case %(number)s: a payment partner changed its answer"),
    "ledger.case_refused_by_bank": _("Case %(number)s: the custodian refused a posted transfer"),
}
_FLOWS: Final = {"ledger.deposit_failed": 0, "ledger.withdrawal_failed": 0, "ledger.withdrawal_completed": -1}


def register_texts() -> None:
    """Register every sentence."""
    for code, sentence in _TEXTS.items():
        register_text(code, sentence, flow=_FLOWS.get(code))
    register_words("gateway", dict(PaymentOrder.Gateway.choices))
