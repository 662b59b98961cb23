"""The two servers of one copy, embedded or named by the environment, and what our own processes are told of them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from p2pcrm.runner.home import Home
from p2pcrm.runner.packages import ROOT
from p2pcrm.runner.postgres import PostgresPasswords, PostgresServer
from p2pcrm.runner.valkey import ValkeyServer


@dataclass(frozen=True)
class Servers:
    """None stands for a server that DATABASE_URL or REDIS_URL names: it is not ours to start or stop."""

    postgres: PostgresServer | None
    valkey: ValkeyServer | None
    database_url: str
    redis_url: str

    def started_by_us(self) -> list[PostgresServer | ValkeyServer]:
        return [server for server in (self.postgres, self.valkey) if server is not None]


def describe_servers(
    home: Home, environment: Mapping[str, str], *, is_volatile: bool = False, is_for_tests: bool = False
) -> Servers:
    """Return the servers of a copy without starting them."""
    secrets = home.secrets()
    postgres = valkey = None
    if not environment.get("DATABASE_URL"):
        postgres = PostgresServer(
            home.path("postgres"),
            port=home.port("postgres"),
            passwords=PostgresPasswords(secrets["POSTGRES_SUPERUSER_PASSWORD"], secrets["POSTGRES_PASSWORD"]),
            log=home.log("postgres"),
            is_volatile=is_volatile,
            owner_may_set=["session_replication_role"] if is_for_tests else [],
        )
    if not environment.get("REDIS_URL"):
        valkey = ValkeyServer(
            home.path("valkey"),
            port=home.port("valkey"),
            password=secrets["VALKEY_PASSWORD"],
            log=home.log("valkey"),
        )
    return Servers(
        postgres,
        valkey,
        postgres.url if postgres else environment["DATABASE_URL"],
        valkey.url if valkey else environment["REDIS_URL"],
    )


def describe_environment(home: Home, servers: Servers) -> dict[str, str]:
    """Return the variables by which our processes, and `manage.py` by hand, find this copy."""
    secrets = home.secrets()
    return {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "P2PCRM_HOME": str(home.directory),
        "P2PCRM_SANDBOX_HOME": str(home.path("sandbox")),
        "SANDBOX_URL": f"http://127.0.0.1:{home.port('sandbox')}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONUNBUFFERED": "1",
    } | {name: secrets[name] for name in ("SECRET_KEY", "P2PCRM_FIELD_KEYS", "P2PCRM_BLIND_INDEX_KEY")}
