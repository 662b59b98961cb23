"""Find a Chromium for the browser tests, or get one where that is allowed."""

import os
import shutil
import subprocess
from pathlib import Path

from p2pcrm.runner.errors import RunnerError

VARIABLE = "P2PCRM_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET = (
    "No Chromium for the browser tests. Get one by `apt-get install chromium` (Debian), by "
    "`.venv/bin/playwright install chromium`, or name yours in the variable P2PCRM_CHROMIUM."
)


def find_chromium() -> str | None:
    """Return the path of a Chromium that starts: the variable's, the system's, else Playwright's own."""
    named = os.environ.get(VARIABLE)
    if named:
        if not _starts(named):
            raise RunnerError(f"{VARIABLE} names {named}, which does not start.")
        return named
    candidates = [path for name in NAMES if (path := shutil.which(name))]
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    candidates += [str(path) for path in sorted(cache.glob("chromium-*/chrome-linux*/chrome"), reverse=True)]
    return next((path for path in candidates if _starts(path)), None)


def install_chromium(log: Path) -> str | None:
    """Install Debian's package where we are root on a Debian; return its path, or None where that is not to be had."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with log.open("ab") as output:
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
            done = subprocess.run(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
            if done.returncode != 0:
                return None
    return find_chromium()


def _starts(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
