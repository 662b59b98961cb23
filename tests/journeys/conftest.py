"""The sandbox for journeys."""

from tests.fixtures.sandbox import sandbox, sandbox_process

__all__ = ["sandbox", "sandbox_process"]
