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
# NUL has no place in a PostgreSQL text, a lone surrogate in no UTF-8 text at all; other control characters and those
# that turn the direction of writing could make a contract or a listing read otherwise than it is.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class BodyTooLarge(APIException):
    """The body is larger than any request of this API."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = _("The request is too large.")


class StrictJSONParser(BaseParser):
    """`application/json` in UTF-8; numbers stay exact, NaN, Infinity and broken text are refused."""

    media_type = "application/json"
    max_bytes = MAX_BODY_BYTES

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the body's value. Raises ParseError, BodyTooLarge."""
        raw = stream.read(self.max_bytes + 1)
        if len(raw) > self.max_bytes:
            raise BodyTooLarge
        try:
            text = raw.decode()
            value = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
            # Line breaks between values are fine: the values are looked at only where there is doubt.
            is_unfit = ("\\" in text or _UNFIT.search(text) is not None) and _has_unfit(value)
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not valid JSON.")) from error
        if is_unfit:
            raise ParseError(_("The body holds characters that no text may hold."))
        return value


class BulkJSONParser(StrictJSONParser):
    """The same for bodies of many rows."""

    max_bytes = 2 * 1024 * 1024


class FileJSONParser(StrictJSONParser):
    """The same for bodies that hold a file in base64."""

    max_bytes = 12 * 1024 * 1024


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _has_unfit(value: Any) -> bool:
    if isinstance(value, str):
        return _UNFIT.search(value) is not None
    if isinstance(value, dict):
        return any(_has_unfit(key) or _has_unfit(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_unfit(item) for item in value)
