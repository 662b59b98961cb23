"""The sentences of the timeline and of work items: rows keep a code and figures, readers get their own language."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from core.errors import Text

_AMOUNT: Final = re.compile(r"-?\d{4,15}\.\d\d")

_TEXTS: dict[str, Text] = {}
_FLOWS: dict[str, int] = {}
_WORDS: dict[tuple[str, str], Text] = {}


def register_text(code: str, sentence: Text, *, flow: int | None = None) -> None:
    """Register the sentence of a code, with %(name)s places; an app does this in `AppConfig.ready()`.

    `flow` tells what the amount of such an entry did where its own sign does not: 0 nothing came or went, -1 it went.
    """
    _TEXTS[code] = sentence
    if flow is not None:
        _FLOWS[code] = flow


def read_flow(code: str, amount: Decimal) -> Decimal:
    """Return what came (positive) or went by an entry of the timeline; zero where the amount is only named."""
    flow = _FLOWS.get(code)
    return amount if flow is None else abs(amount) * flow


def register_words(place: str, words: Mapping[str, Text]) -> None:
    """Register the words for the codes that stand at one place of the sentences or in one column: `channel`."""
    _WORDS.update({(place, code): word for code, word in words.items()})


def render_text(code: str, params: dict[str, Any]) -> str:
    """Return the sentence in the active language; figures that an old row lacks show as a dash."""
    sentence = str(_TEXTS.get(code, code))
    return sentence % _Params({place: name_code(place, value) for place, value in params.items()})


def name_code(place: str, value: Any) -> Any:
    """Return the word for a code, an amount with separators, or the value itself."""
    if not isinstance(value, str):
        return value
    return f"{Decimal(value):,}" if _AMOUNT.fullmatch(value) else _WORDS.get((place, value), value)


class _Params(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "—"
