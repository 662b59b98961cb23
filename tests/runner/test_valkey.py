"""The embedded Valkey: durable, closed to strangers, replaced when left behind."""

import os
import signal
import time
from pathlib import Path

import pytest
import redis

from p2pcrm.runner import processes
from tests.runner.conftest import MakeValkey


def test_queued_messages_survive_a_restart_and_a_kill(make_valkey: MakeValkey) -> None:
    server = make_valkey()
    server.start()
    client = redis.from_url(server.url)
    client.rpush("queue", *range(100))
    server.stop()
    server.start()
    assert client.llen("queue") == 100
    client.rpush("queue", "last")
    # Appended to the file at once, on the disk within a second.
    time.sleep(1.2)
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGKILL)
    while server.child.is_alive():
        time.sleep(0.01)
    server.start()
    assert client.llen("queue") == 101


def test_it_never_forgets_for_want_of_memory_and_asks_for_the_password(make_valkey: MakeValkey) -> None:
    server = make_valkey()
    server.start()
    client = redis.from_url(server.url)
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client.config_get("append*sync*")["appendfsync"] == "everysec"
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=server.port).ping()
    assert server.child is not None
    assert server.password.encode() not in Path(f"/proc/{server.child.pid}/cmdline").read_bytes()


def test_a_server_left_behind_is_replaced(make_valkey: MakeValkey, tmp_path: Path) -> None:
    first = make_valkey(tmp_path / "with space")
    first.start()
    redis.from_url(first.url).set("kept", 1)
    assert first.child is not None
    second = make_valkey(tmp_path / "with space")
    second.start()
    assert not processes.is_running_in(first.child.pid, first.directory, "valkey-server")
    assert redis.from_url(second.url).get("kept") == b"1"
