"""An embedded PostgreSQL: made once, started, watched and stopped by us."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from p2pcrm.runner import processes
from p2pcrm.runner.account import Account, popen_identity, server_account
from p2pcrm.runner.binaries import PostgresBinaries, find_postgres, make_reachable
from p2pcrm.runner.children import Child, read_tail
from p2pcrm.runner.errors import RunnerError

DATABASE = "p2pcrm"
ROLE = "p2pcrm"
SUPERUSER = "postgres"
# Crash recovery replays about 200 MB of log a second; max_wal_size and a slow disk bound the rest.
START_SECONDS = 120
SETTINGS_FILE = "p2pcrm.conf"
SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "timezone": "'Asia/Shanghai'",
    "log_timezone": "'Asia/Shanghai'",
    "log_line_prefix": "'%m [%p] %q%u@%d '",
    "log_lock_waits": "on",
    "log_checkpoints": "off",
    "shared_preload_libraries": "'pg_stat_statements'",
}
# For throw-away data only: a power cut may lose everything.
VOLATILE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class PostgresPasswords:
    """`owner` opens the product's database; `superuser` is for maintenance."""

    superuser: str
    owner: str


class PostgresServer:
    """One PostgreSQL with its data in `directory`, reached by password on 127.0.0.1 only.

    `is_volatile` trades safety for speed, for data that is thrown away. `owner_may_set` names server settings
    (PostgreSQL 15+) that the product's role may set for itself; the tests need one to empty append-only tables.
    """

    name = "postgres"

    def __init__(
        self,
        directory: Path,
        *,
        port: int,
        passwords: PostgresPasswords,
        log: Path,
        is_volatile: bool = False,
        owner_may_set: Sequence[str] = (),
    ) -> None:
        self.directory, self.data = directory, directory / "data"
        self.port, self.passwords, self.log = port, passwords, log
        self.settings = SETTINGS | (VOLATILE_SETTINGS if is_volatile else {}) | {"port": str(port)}
        self.owner_may_set = owner_may_set
        self.child: Child | None = None

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}:{quote(self.passwords.owner, safe='')}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> None:
        """Make the data directory when it is missing, start the server and wait until it answers."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start the server without waiting for it."""
        account = server_account(self.data)
        binaries = make_reachable(find_postgres(), account)
        self._create_data(binaries, account)
        self._write_settings(account)
        self._clear_leftovers()
        self.child = Child(
            [binaries.path("postgres"), "-D", self._data_argument(account)],
            log=self.log,
            directory=self.data,
            environment=_server_environment(),
            account=account,
            # "Fast": roll back what is open, write a checkpoint. "Immediate" only when that hangs.
            stop_signal=signal.SIGINT,
            stop_seconds=60,
            then_signals=(signal.SIGQUIT, signal.SIGKILL),
        )

    def wait_ready(self) -> None:
        """Wait until the server answers a query, through a crash recovery if need be, and the database exists."""
        binaries = find_postgres()
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self.child is None or not self.child.is_alive():
                raise RunnerError(f"PostgreSQL did not start. {self.log} says:\n{read_tail(self.log)}")
            if self._reports_ready() and self._query(binaries, "postgres", "select 1").returncode == 0:
                break
            if time.monotonic() > deadline:
                raise RunnerError(f"PostgreSQL did not answer within {START_SECONDS} s; see {self.log}.")
            time.sleep(0.1)
        self._create_database(binaries)

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()

    def stop_leftover(self) -> bool:
        """Stop a server that a killed runner left on this data directory; False when there was none."""
        pid = self._recorded_pid()
        if pid is None or not processes.is_running_in(pid, self.data, "postgres"):
            return False
        processes.stop_leftover(pid, self.data, "postgres", signal.SIGINT)
        if not processes.wait_until_gone(self.data, "postgres", seconds=60):
            raise RunnerError(f"PostgreSQL (process {pid}) of {self.data} does not stop.")
        return True

    def _clear_leftovers(self) -> None:
        self.stop_leftover()
        # After a kill -9 of the postmaster its children leave by themselves, within moments.
        if not processes.wait_until_gone(self.data, "postgres", seconds=30):
            raise RunnerError(f"Processes of an earlier PostgreSQL still work in {self.data}.")
        # Whoever has the recorded pid now is a stranger, and PostgreSQL would refuse to start because of him. The file
        # of a dead pid stays: PostgreSQL's own checks against a second server need it.
        pid = self._recorded_pid()
        if pid is not None and processes.exists(pid):
            (self.data / "postmaster.pid").unlink()

    def _reports_ready(self) -> bool:
        # Not only an answer on the port: a stranger there may take the same password.
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return (
            self.child is not None
            and len(lines) >= 8
            and (int(lines[0]), lines[7].strip()) == (self.child.pid, "ready")
        )

    def _recorded_pid(self) -> int | None:
        try:
            first = (self.data / "postmaster.pid").read_text().split("\n", 1)[0]
        except OSError:
            return None
        return int(first) if first.isdigit() else None

    def _data_argument(self, account: Account | None) -> str:
        """Return how the server calls its data directory.

        Below a closed directory the account cannot use the path, but the kernel lets each process reach its own working
        directory, which was set while the child was still root. So no parent directory has to be opened.
        """
        if account is None or account.can_enter(self.data):
            return str(self.data)
        return "/proc/self/cwd"

    def _create_data(self, binaries: PostgresBinaries, account: Account | None) -> None:
        if self.data.exists():
            self._check_version(binaries)
            return
        # Built aside and renamed, so that `data` is complete or absent however often this is cut off.
        building = self.directory / "data.new"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True, mode=0o700)
        password_file = self.directory / "password.new"
        password_file.write_text(self.passwords.superuser)
        password_file.chmod(0o600)
        if account is not None:
            for path in (self.directory, building, password_file):
                os.chown(path, account.uid, account.gid)
        locale = ["--locale=C.UTF-8"]
        if binaries.major >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        here = "/proc/self/cwd" if account is not None else str(building)
        command = [binaries.path("initdb"), "-D", here, "-U", SUPERUSER, "-A", "scram-sha-256", "-E", "UTF8"]
        command += ["--pwfile=../password.new", "--data-checksums", *locale]
        done = subprocess.run(
            command,
            cwd=building,
            env=_server_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            **popen_identity(account),
        )
        password_file.unlink()
        if done.returncode != 0:
            raise RunnerError(f"initdb failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        with (building / "postgresql.conf").open("a") as handle:
            handle.write(f"\ninclude_if_exists = '{SETTINGS_FILE}'\n")
        building.rename(self.data)

    def _check_version(self, binaries: PostgresBinaries) -> None:
        path = self.data / "PG_VERSION"
        found = path.read_text().strip() if path.exists() else "(unknown)"
        if found != str(binaries.major):
            raise RunnerError(
                f"{self.data} was made by PostgreSQL {found}, but version {binaries.major} is installed. "
                "docs/operations.md tells how to carry the data over."
            )

    def _write_settings(self, account: Account | None) -> None:
        path = self.data / SETTINGS_FILE
        path.write_text("".join(f"{name} = {value}\n" for name, value in self.settings.items()))
        if account is not None:
            os.chown(path, account.uid, account.gid)

    def _create_database(self, binaries: PostgresBinaries) -> None:
        exists = f"select 1 from pg_database where datname = '{DATABASE}'"
        if self._query(binaries, "postgres", exists).stdout.strip() == "1":
            return
        grants = "".join(f"grant set on parameter {name} to {ROLE};\n" for name in self.owner_may_set)
        # A test makes the role that production works under.
        roles = "createrole" if self.owner_may_set else ""
        statements = f"""
            select 'create role {ROLE}' where not exists (select from pg_roles where rolname = '{ROLE}') \\gexec
            alter role {ROLE} login createdb {roles} password '{self.passwords.owner}';
            create database {DATABASE} owner {ROLE};
            \\connect {DATABASE}
            create extension if not exists pg_stat_statements;
            {grants}
        """
        done = self._query(binaries, "postgres", statements)
        if done.returncode != 0:
            raise RunnerError(f"The database could not be created: {done.stderr}")

    def _query(self, binaries: PostgresBinaries, database: str, sql: str) -> subprocess.CompletedProcess[str]:
        command = [binaries.path("psql"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"]
        command += ["-h", "127.0.0.1", "-p", str(self.port), "-U", SUPERUSER, "-d", database]
        return subprocess.run(
            command,
            input=sql,
            env=_server_environment() | {"PGPASSWORD": self.passwords.superuser, "PGCONNECT_TIMEOUT": "5"},
            capture_output=True,
            text=True,
        )


def _server_environment() -> dict[str, str]:
    # The caller's PG* and LC_* variables must not change what the server does.
    return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C", "HOME": "/"}
