"""Signing must work from a thread that has a running event loop."""

import asyncio

from lending.documents.loops import run_apart


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


def test_runs_beside_a_running_loop() -> None:
    async def caller() -> int:
        return run_apart(answer())

    assert asyncio.run(caller()) == 42
