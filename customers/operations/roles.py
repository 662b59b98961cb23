"""The roles a customer plays."""

from customers.models import Customer


def mark_borrower(*, customer_id: int) -> None:
    """Note that the customer has asked for a loan; called in that transaction."""
    Customer.objects.filter(pk=customer_id, is_borrower=False).update(is_borrower=True)


def mark_investor(*, customer_id: int) -> None:
    """Note that the customer has lent or bid; called in that transaction."""
    Customer.objects.filter(pk=customer_id, is_investor=False).update(is_investor=True)
