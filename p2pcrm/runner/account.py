"""The unprivileged account under which root starts PostgreSQL, and what that account can reach."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from p2pcrm.runner.errors import RunnerError

ACCOUNT_NAME = "p2pcrm"


@dataclass(frozen=True)
class Account:
    """A user and group number that a child process takes before it starts its program."""

    uid: int
    gid: int

    def can_enter(self, directory: Path) -> bool:
        """Tell whether the account can walk down to a directory, without changing anything on the way."""
        done = subprocess.run(
            ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(directory)],
            cwd="/",
            stderr=subprocess.DEVNULL,
            **popen_identity(self),
        )
        return done.returncode == 0


def popen_identity(account: Account | None) -> dict[str, Any]:
    """Return the arguments by which subprocess gives a child this account; None keeps the caller's own."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def server_account(directory: Path) -> Account | None:
    """Return the account for a server whose data lies in `directory`; None means the caller's own.

    PostgreSQL refuses to run as root. Root takes the owner of existing data, else the account `p2pcrm` (made when
    missing), else `nobody`.
    """
    if os.geteuid() != 0:
        return None
    if directory.exists() and (status := directory.stat()).st_uid != 0:
        return Account(status.st_uid, status.st_gid)
    entry = _find_entry(ACCOUNT_NAME) or _create_entry() or _find_entry("nobody")
    if entry is None:
        raise RunnerError("PostgreSQL refuses to run as root and this machine has no other account. Run as a user.")
    return Account(entry.pw_uid, entry.pw_gid)


def _find_entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create_entry() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        return None
    # Two copies may start at once: the account counts, not who made it.
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    subprocess.run([useradd, *options, "--shell", "/usr/sbin/nologin", ACCOUNT_NAME], capture_output=True)
    return _find_entry(ACCOUNT_NAME)
