"""What a customer sees of his money."""

from typing import Any

from django.db.models import F, QuerySet

from ledger.models import CustodyAccount, PaymentOrder

ORDER_COLUMNS = (
    "id",
    "number",
    "status",
    "amount",
    "gateway",
    "created_at",
    "expires_at",
    "finished_at",
    "pay_url",
    "failure_code",
    "public_id",
)


def list_own_orders(customer_id: int, kind: str) -> QuerySet[Any, Any]:
    """Return a customer's deposits or withdrawals; a withdrawal names its card by the last four digits."""
    return PaymentOrder.objects.filter(customer_id=customer_id, kind=kind).values(
        *ORDER_COLUMNS, card_tail=F("card__tail")
    )


def get_custody_status(customer_id: int) -> str:
    """Return how far the custodian is with the customer's sub-account; empty when nobody asked for one."""
    return CustodyAccount.objects.filter(pk=customer_id).values_list("status", flat=True).first() or ""
