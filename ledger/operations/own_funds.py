"""The platform's own money at the custodian: what was paid in is booked by two people."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction

from core import clock
from core.models import User
from core.money import ZERO, yuan
from ledger.models import Account, TransferType
from ledger.operations.payments import AmountInvalid
from ledger.operations.posting import post_transfer
from ledger.rules.accounts import CUSTODY, PLATFORM_OWN
from staff import rights
from staff.models import Approval
from staff.operations import ask_approval, decide_approval
from staff.queries import access_right

OWN_FUNDS: Final = "ledger.pay_in_own_funds"


@transaction.atomic
def ask_own_funds(*, amount: Decimal, reason: str, actor: User, now: datetime) -> Approval:
    """Ask a second person to book own money that was paid in at the custodian. Raises Refused, AmountInvalid, AlreadyAsked."""
    access_right(actor, rights.CONFIGURE)
    if amount <= ZERO:
        raise AmountInvalid
    target = Account.objects.get(pk=PLATFORM_OWN)
    payload = {"amount": str(yuan(amount))}
    return ask_approval(kind=OWN_FUNDS, target=target, payload=payload, reason=reason[:300], actor=actor, now=now)


@transaction.atomic
def decide_own_funds(*, approval_id: int, is_approved: bool, note: str, actor: User, now: datetime) -> Approval:
    """Decide as the second person and book the money. Raises Refused, AlreadyDecided, OwnApproval."""
    access_right(actor, rights.APPROVE_CONFIGURATION)
    approval = decide_approval(approval_id=approval_id, is_approved=is_approved, note=note, actor=actor, now=now)
    if is_approved:
        pay_in_own_funds(
            amount=Decimal(approval.payload["amount"]), key=f"own-funds:{approval.pk}", actor=actor, now=now
        )
    return approval


def pay_in_own_funds(*, amount: Decimal, key: str, actor: User | None, now: datetime) -> None:
    """Book own money that the custodian has received; the same key books once."""
    post_transfer(
        type=TransferType.OWN_FUNDS,
        lines=[(CUSTODY, -amount), (PLATFORM_OWN, amount)],
        idempotency_key=key,
        business_date=clock.business_date(),
        now=now,
        actor=actor,
    )
