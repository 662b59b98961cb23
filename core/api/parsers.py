"""JSON in, strictly: what cannot be stored or answered again is refused at the door."""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_BODY_BYTES = 256 * 1024
# NUL has no place in a PostgreSQL text, a lone surrogate in no UTF-8 text at all.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class BodyTooLarge(APIException):
    """The body is larger than any request of this API."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = _("The request is too large.")


class StrictJSONParser(BaseParser):
    """`application/json` in UTF-8; numbers stay exact, NaN, Infinity and broken text are refused."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the body's value. Raises ParseError, BodyTooLarge."""
        raw = stream.read(MAX_BODY_BYTES + 1)
        if len(raw) > MAX_BODY_BYTES:
            raise BodyTooLarge
        try:
            value = json.loads(raw.decode(), parse_float=Decimal, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not valid JSON.")) from error
        if b"\\" in raw and _has_unstorable(value):
            raise ParseError(_("The body holds characters that no text may hold."))
        return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _has_unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return _UNSTORABLE.search(value) is not None
    if isinstance(value, dict):
        return any(_has_unstorable(key) or _has_unstorable(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_unstorable(item) for item in value)
