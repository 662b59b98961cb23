"""The broker hangs between a message and its acknowledgement: the consumer goes on taking messages."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import current_app
from kombu import Connection, Queue
from kombu.message import Message
from redis.exceptions import TimeoutError as BrokerTimeout

from p2pcrm.runner.home import choose_free_port
from p2pcrm.runner.valkey import ValkeyServer

pytestmark = pytest.mark.slow
QUEUE = Queue("letters", durable=False)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A broker of one's own."""
    server = ValkeyServer(tmp_path / "valkey", port=choose_free_port(), password="secret", log=tmp_path / "valkey.log")
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("act", [Message.ack, Message.reject])
def test_an_acknowledgement_that_a_frozen_broker_does_not_take_costs_no_slot(
    valkey: ValkeyServer, act: Callable[[Message], None]
) -> None:
    assert valkey.child is not None
    settings = current_app.conf
    taken: list[Message] = []
    with (
        Connection(
            valkey.url, transport=settings.broker_transport, transport_options=settings.broker_transport_options
        ) as connection,
        connection.Consumer(
            QUEUE, callbacks=[lambda _body, message: taken.append(message)], prefetch_count=1, accept=["json"]
        ),
        connection.Producer() as producer,
    ):
        for letter in ("a", "b"):
            producer.publish({"letter": letter}, routing_key=QUEUE.name, declare=[QUEUE])
        connection.drain_events(timeout=30)
        os.kill(valkey.child.pid, signal.SIGSTOP)
        try:
            with pytest.raises(BrokerTimeout):
                act(taken[0])
        finally:
            os.kill(valkey.child.pid, signal.SIGCONT)
        connection.drain_events(timeout=30)
    assert [message.payload["letter"] for message in taken] == ["a", "b"]
