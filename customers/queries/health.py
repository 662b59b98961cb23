"""The health of customers as the last close saw it."""

from customers.models import Health
from customers.rules.health import HEALTHY, HealthFacts, HealthPart, score_health


def read_health(customer_id: int) -> tuple[int, list[HealthPart]]:
    """Return a customer's score and its parts; of whom nothing tells against is healthy."""
    found = Health.objects.filter(customer_id=customer_id).first()
    if found is None:
        return HEALTHY, score_health(HealthFacts())
    return found.score, [HealthPart(**part) for part in found.parts]
