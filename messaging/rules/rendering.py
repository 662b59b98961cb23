"""Fill a template's places."""

import re
from collections.abc import Mapping

_PLACE = re.compile(r"\{(\w+)\}")


class PlaceEmpty(ValueError):
    """A template names a place that the message has nothing for."""


def fill(text: str, params: Mapping[str, object]) -> str:
    """Return the text with its places filled: `fill("还款 {amount} 元", {"amount": "5.00"})`. Raises PlaceEmpty."""

    def value_of(match: re.Match[str]) -> str:
        if match.group(1) not in params:
            raise PlaceEmpty(match.group(1))
        return str(params[match.group(1)])

    return _PLACE.sub(value_of, text)
