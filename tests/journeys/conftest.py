"""A sandbox of its own for each journey: the custodian's books are compared with ours each day."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.sandbox.client import SandboxControl
from tests.fixtures.sandbox import SandboxProcess


@pytest.fixture
def sandbox(tmp_path: Path, settings: Any) -> Iterator[SandboxControl]:
    """Start a sandbox that has seen nobody yet, and point the product at it."""
    running = SandboxProcess(tmp_path / "sandbox")
    running.start()
    settings.INTEGRATIONS_MODE = "sandbox"
    settings.SANDBOX_URL = running.url
    settings.SANDBOX_HOME = str(running.home)
    control = SandboxControl(running.url)
    yield control
    control.close()
    running.stop()
