"""The broker's transport: Redis as the library speaks it, with a slot that an unanswered acknowledgement does not keep.

A worker takes no more messages than it has slots. The library frees a message's slot after the broker has taken the
acknowledgement, and only logs when it does not: a broker that hangs for longer than a socket may wait then costs a slot for
good, and a worker with one slot never takes a message again while everything looks healthy.
"""

from typing import Any

from kombu.transport import redis, virtual


class QoS(redis.QoS):  # type: ignore[misc]
    """What is delivered and not yet acknowledged; what could not be acknowledged is left to the broker.

    It hands such a message out again after the visibility timeout, to tasks that may run twice.
    """

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message; its slot is free whatever the broker answers."""
        try:
            super().ack(delivery_tag)
        except Exception:
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject a message; its slot is free whatever the broker answers."""
        try:
            super().reject(delivery_tag, requeue=requeue)
        except Exception:
            virtual.QoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):  # type: ignore[misc]
    """A channel that counts so."""

    QoS = QoS


class Transport(redis.Transport):  # type: ignore[misc]
    """The transport that settings name."""

    Channel: Any = Channel
