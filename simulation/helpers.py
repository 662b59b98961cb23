"""Processes that deliver events beside the simulation, as the workers of a real installation do."""

from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context

import django

# Models are imported late: a fresh process reads this module before Django is ready.


@contextmanager
def start_helpers(count: int) -> Iterator[list[Executor]]:
    """Start so many processes of one thread each, and end them."""
    pools = [ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=django.setup) for _ in range(count)]
    try:
        yield list(pools)
    finally:
        for pool in pools:
            pool.shutdown()


def drain_at(instant: datetime) -> int:
    """Deliver what waits, at a simulated instant; return how many deliveries that were."""
    from core import clock, outbox

    with clock.use_clock(instant):
        return outbox.drain()
