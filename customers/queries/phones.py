"""Changes of log-in phones that wait."""

from customers.models import PhoneChange


def find_open_change(customer_id: int) -> PhoneChange | None:
    """Return the change that waits for a customer's confirmation, expired or not."""
    return PhoneChange.objects.filter(
        customer_id=customer_id, confirmed_at__isnull=True, dropped_at__isnull=True
    ).first()
