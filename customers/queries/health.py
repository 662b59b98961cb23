"""The health of customers as the last close saw it."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from core.registries import Attribute, attributes
from customers.models import Health
from customers.rules.health import HEALTHY, HealthFacts, HealthPart, score_health

_SQL: Final = f"""
SELECT c.id AS customer_id, coalesce(h.score, {HEALTHY}) AS value
FROM customers_customer c LEFT JOIN customers_health h ON h.customer_id = c.id
"""  # noqa: S608 - a number of our own


def read_health(customer_id: int) -> tuple[int, list[HealthPart]]:
    """Return a customer's score and its parts; of whom nothing tells against is healthy."""
    found = Health.objects.filter(customer_id=customer_id).first()
    if found is None:
        return HEALTHY, score_health(HealthFacts())
    return found.score, [HealthPart(**part) for part in found.parts]


def register() -> None:
    """Let lists filter by it."""
    attributes.register("health", Attribute(_("Health"), "count", _SQL))
