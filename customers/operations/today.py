"""How somebody's first page of the day stands: its parts in his order, without those he does not want."""

from collections.abc import Sequence
from typing import Final

from core.models import User
from core.rules.ordering import arrange
from customers.models import UserSetting
from customers.operations.desk import set_setting
from customers.queries.digest import DIGEST_SETTING
from customers.queries.today import PARTS, TODAY_SETTING

# Without it the page would not say what to do.
ALWAYS: Final = "work"


def arrange_today(*, user: User, order: Sequence[str], shown: Sequence[str]) -> None:
    """Keep the order of the parts and which are shown; unknown ones are dropped, the list of work always stays."""
    parts = arrange(PARTS, order)
    hidden = [part for part in parts if part not in shown and part != ALWAYS]
    set_setting(user=user, key=TODAY_SETTING, value={"order": parts, "hidden": hidden})


def reset_today(*, user: User) -> None:
    """Forget the arrangement."""
    UserSetting.objects.filter(user=user, key=TODAY_SETTING).delete()


def switch_digest(*, user: User, is_on: bool) -> None:
    """Send somebody the morning's summary, or no longer."""
    set_setting(user=user, key=DIGEST_SETTING, value=is_on)
