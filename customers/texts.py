"""The sentences of the timeline and of work items: rows keep a code and figures, readers get their own language."""

from typing import Any

from core.errors import Text

_TEXTS: dict[str, Text] = {}


def register_text(code: str, sentence: Text) -> None:
    """Register the sentence of a code, with %(name)s places; an app does this in `AppConfig.ready()`."""
    _TEXTS[code] = sentence


def render_text(code: str, params: dict[str, Any]) -> str:
    """Return the sentence in the active language; figures that an old row lacks show as a dash."""
    sentence = str(_TEXTS.get(code, code))
    return sentence % _Params(params)


class _Params(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "—"
