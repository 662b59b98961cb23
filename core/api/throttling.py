"""Rates by address and by token, counted for all processes together."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle

from core.api.counters import counters


class CountedThrottle(SimpleRateThrottle):
    """A rate over a window that slides: the window before counts by the part of it that still lies in the rate's span."""

    num_requests: int
    duration: int
    wait_seconds = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request and tell whether it is within the rate; a refused one counts too."""
        key = self.get_cache_key(request, view)
        if self.rate is None or key is None:
            return True
        now = self.timer()
        window, passed = divmod(now, self.duration)
        current, before = counters.count(key, int(window), self.duration)
        # Refused requests count too, but no window weighs more than its rate: whoever stops is let in again.
        before = min(before, self.num_requests)
        rest = self.num_requests - current
        if rest > 0:
            self.wait_seconds = max(self.duration * (1 - (rest - 1) / max(before, 1)) - passed, 0.0)
        else:
            self.wait_seconds = self.duration - passed + self.duration / self.num_requests
        return before * (1 - passed / self.duration) <= rest

    def wait(self) -> float:
        """Return the seconds until a request is let in again."""
        return self.wait_seconds


class AddressThrottle(CountedThrottle, AnonRateThrottle):
    """What one address may ask without a token."""

    scope = "address"


class _CallerThrottle(CountedThrottle):
    """Counts whoever has a token by his name and everybody else by address: a token buys no way around."""

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        known = request.user and request.user.is_authenticated
        ident = f"user-{request.user.pk}" if known else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}


class TokenThrottle(_CallerThrottle):
    """What one token may ask."""

    scope = "token"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if not (request.user and request.user.is_authenticated):
            return None
        return super().get_cache_key(request, view)


class QuotesThrottle(_CallerThrottle):
    """The public loan calculator."""

    scope = "quotes"


class CodesThrottle(_CallerThrottle):
    """Codes sent by SMS cost money and patience."""

    scope = "codes"


class LeadsThrottle(_CallerThrottle):
    """The public form: more than a few wishes a minute from one address is a program."""

    scope = "leads"


class ConflictsThrottle(_CallerThrottle):
    """Who has whom: somebody who enters customers asks now and then, a program that looks people up asks fast."""

    scope = "conflicts"
