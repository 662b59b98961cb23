"""A sandbox of its own for each journey: the custodian's books are compared with ours each day."""

import pytest

from integrations.sandbox.client import SandboxControl
from tests.fixtures.sandbox import own_sandbox

__all__ = ["own_sandbox"]


@pytest.fixture
def sandbox(own_sandbox: SandboxControl) -> SandboxControl:
    """The journey's own sandbox."""
    return own_sandbox
