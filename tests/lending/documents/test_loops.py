"""Signing must work from a thread that has a running event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from lending.documents.loops import run_apart


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


def test_runs_beside_a_running_loop() -> None:
    async def caller() -> int:
        return run_apart(answer())

    # In a thread of its own: where a browser test ran before, this one already has a running loop.
    with ThreadPoolExecutor(max_workers=1) as pool:
        assert pool.submit(asyncio.run, caller()).result() == 42
