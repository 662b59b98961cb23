"""The sentences of the timeline and of work items: rows keep a code and figures, readers get their own language."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from core.errors import Text

_AMOUNT: Final = re.compile(r"-?\d{4,15}\.\d\d")

_TEXTS: dict[str, Text] = {}
_WORDS: dict[tuple[str, str], Text] = {}


def register_text(code: str, sentence: Text) -> None:
    """Register the sentence of a code, with %(name)s places; an app does this in `AppConfig.ready()`."""
    _TEXTS[code] = sentence


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
