"""Rates by address and by token."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle


class AddressThrottle(AnonRateThrottle):
    """What one address may ask without a token."""

    scope = "address"


class TokenThrottle(SimpleRateThrottle):
    """What one token may ask."""

    scope = "token"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if not (request.user and request.user.is_authenticated):
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.user.pk}


class QuotesThrottle(AnonRateThrottle):
    """The public loan calculator."""

    scope = "quotes"


class CodesThrottle(AnonRateThrottle):
    """Codes sent by SMS cost money and patience."""

    scope = "codes"
