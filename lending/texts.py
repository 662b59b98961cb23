"""Reason codes in plain words; risk and lending register theirs, messages and pages read them."""

from collections.abc import Iterable

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from core.errors import Text
from core.sentences import join_parts
from customers.models import ChannelPreference

_REASONS: dict[str, Text] = {
    "PRICE_ABOVE_CAP": _("the price would be above the legal cap"),
    "PRICE_MISSING": _("the price is being checked"),
}


def register_reason(code: str, sentence: Text) -> None:
    """Register the plain words of a reason code; risk does this in `AppConfig.ready()`."""
    _REASONS[code] = sentence


def describe_reason(code: str) -> str:
    """Return a reason in the active language."""
    return str(_REASONS.get(code, code))


def describe_reasons(codes: Iterable[str], customer_id: int) -> str:
    """Return reasons in the customer's language, joined."""
    language = ChannelPreference.objects.filter(pk=customer_id).values_list("language", flat=True).first() or "zh-hans"
    with translation.override(language):
        return join_parts(describe_reason(code) for code in codes)
