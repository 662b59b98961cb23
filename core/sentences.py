"""Names beside their values and rows of words, in the punctuation of the active language."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _


def say_value(name: Any, value: Any) -> str:
    """Return a name with its value: `Score: 610`."""
    return _("%(name)s: %(value)s") % {"name": name, "value": value}


def join_words(words: Iterable[Any]) -> str:
    """Return words in a row: `a, b`."""
    return _(", ").join(map(str, words))


def join_parts(parts: Iterable[Any]) -> str:
    """Return parts of a sentence in a row: `a; b`."""
    return _("; ").join(map(str, parts))


def close_sentence(words: Any) -> str:
    """Return words with the full stop of the language."""
    return _("%(words)s.") % {"words": words}
