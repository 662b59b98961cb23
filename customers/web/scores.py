"""The score of a lead in words."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.errors import Text
from core.rules.formats import money_text, rate_text

_LABELS: Final[dict[str, Text]] = {
    "reachable": gettext_lazy("Reachable"),
    "need": gettext_lazy("Need stated"),
    "amount": gettext_lazy("Amount"),
    "method": gettext_lazy("Earlier leads of the method"),
    "introducer": gettext_lazy("Introducer"),
    "answer": gettext_lazy("Answered quickly"),
}


def explain_score(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parts of a score as `customers.rules.leads.score_lead` writes them, each value in words."""
    return [
        {**part, "label": _LABELS.get(part["code"], part["code"]), "value": _word(part["code"], part["value"])}
        for part in parts
    ]


def _word(code: str, value: str) -> str:
    if not value:
        return str(_UNKNOWN.get(code, ""))
    return _WORDS[code](value) if code in _WORDS else value


def _reachable(marks: str) -> str:
    known = [str(word) for mark, word in zip(marks, _REACH, strict=False) if mark == "1"]
    return _(", ").join(known) or _("nothing known")


def _deals(value: str) -> str:
    count = int(value)
    return ngettext("introducer with %(n)s deal", "introducer with %(n)s deals", count) % {"n": count} if count else ""


def _minutes(value: str) -> str:
    count = int(value)
    return ngettext("after %(n)s working minute", "after %(n)s working minutes", count) % {"n": count}


_REACH: Final[tuple[Text, ...]] = (gettext_lazy("phone"), gettext_lazy("agreed to be contacted"), gettext_lazy("name"))
_UNKNOWN: Final[dict[str, Text]] = {
    "amount": gettext_lazy("no amount stated"),
    "method": gettext_lazy("too few earlier leads to say"),
    "answer": gettext_lazy("not answered yet"),
}
_WORDS: Final[dict[str, Callable[[str], str]]] = {
    "reachable": _reachable,
    "need": lambda value: _("stated") if value == "1" else _("not stated"),
    "amount": lambda value: money_text(Decimal(value)),
    "method": lambda value: _("%(share)s of them became customers") % {"share": rate_text(Decimal(value))},
    "introducer": _deals,
    "answer": _minutes,
}
