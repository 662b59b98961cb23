"""Counters that all processes share, and what stands in for them while the broker is silent."""

import logging
import threading
import time
from functools import cached_property

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)
# A request never waits longer than this for the broker, and after a failure nobody asks it for a while.
TIMEOUT_SECONDS = 0.3
PAUSE_SECONDS = 5.0
_LOCAL_KEYS = 50_000


class _LocalCounters:
    """Counts of this process alone; the oldest keys give way when there are too many."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()

    def count(self, key: str, window: int) -> tuple[int, int]:
        with self._lock:
            current = self._counts.pop((key, window), 0) + 1
            self._counts[key, window] = current
            if len(self._counts) > _LOCAL_KEYS:
                del self._counts[next(iter(self._counts))]
            return current, self._counts.get((key, window - 1), 0)

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()


class Counters:
    """Counts in the broker's Redis; by this process alone while Redis is gone, frozen or not configured."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._local = _LocalCounters()
        self._is_silent = False
        self._ask_again_at = 0.0

    @cached_property
    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(
            self.url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def count(self, key: str, window: int, seconds: int) -> tuple[int, int]:
        """Count one more in a window of so many seconds; return its count and that of the window before."""
        # The local count goes on all the time, so that it knows the rates when it has to stand in.
        local = self._local.count(key, window)
        now = time.monotonic()
        if not self.url or now < self._ask_again_at:
            return local
        if self._is_silent:
            # This request asks whether the broker is back while the others go on alone: it holds up one, not all.
            self._ask_again_at = now + PAUSE_SECONDS
        try:
            shared = self._ask(key, window, seconds)
        except (redis.RedisError, OSError) as error:
            self._is_silent = True
            self._ask_again_at = time.monotonic() + PAUSE_SECONDS
            logger.warning("the broker does not count: %s", type(error).__name__)
            return local
        self._is_silent = False
        self._ask_again_at = 0.0
        return shared

    def _ask(self, key: str, window: int, seconds: int) -> tuple[int, int]:
        pipeline = self._client.pipeline(transaction=False)
        pipeline.incr(f"rate:{key}:{window}")
        pipeline.expire(f"rate:{key}:{window}", 2 * seconds)
        pipeline.get(f"rate:{key}:{window - 1}")
        current, _expires, before = pipeline.execute()
        return int(current), int(before or 0)

    def clear(self) -> None:
        """Forget what this process counted."""
        self._local.clear()


counters = Counters(settings.RATE_COUNTERS_URL)
