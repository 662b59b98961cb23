"""What happens to messages."""

from dataclasses import dataclass

from core.events import event_type


@event_type("messaging.message_queued")
@dataclass(frozen=True)
class MessageQueued:
    """A message may go out now."""

    message_id: int
