"""What segmentation reads."""

from segmentation.queries.labels import (
    LABELS,
    ROLES,
    ROLES_OF_SOME,
    RULES,
    build_deals,
    get_rule,
    list_limits,
    list_who_could_differ,
)

__all__ = [
    "LABELS",
    "ROLES",
    "ROLES_OF_SOME",
    "RULES",
    "build_deals",
    "get_rule",
    "list_limits",
    "list_who_could_differ",
]
