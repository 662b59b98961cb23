"""How somebody's first page of the day stands."""

from typing import Any

from core.models import User
from core.rules.ordering import arrange
from customers.queries.desk import read_settings
from customers.queries.digest import DIGEST_SETTING

TODAY_SETTING = "today.parts"
PARTS = ("book", "bench", "work", "charts")


def read_today(user: User) -> tuple[list[tuple[str, bool]], bool]:
    """Return the parts in the user's order, each with whether it is shown, and whether he gets the summary by mail."""
    chosen: dict[str, Any] = read_settings(user, (TODAY_SETTING, DIGEST_SETTING))
    kept = chosen.get(TODAY_SETTING)
    kept = kept if isinstance(kept, dict) else {}
    hidden = kept.get("hidden", [])
    parts = [(part, part not in hidden) for part in arrange(PARTS, kept.get("order", []))]
    return parts, chosen.get(DIGEST_SETTING) is not False
