"""Tell the workers that events wait, from a thread of its own, so that a frozen broker never holds up a request."""

import logging
import os
import threading
import time

from celery import current_app

# One wake-up says as much as the hundreds that a burst of commits would send; each costs a millisecond of computing.
_PAUSE_SECONDS = 0.05
logger = logging.getLogger(__name__)
_requested = threading.Event()
_owner_pid = 0
_lock = threading.Lock()


def request() -> None:
    """Ask for a delivery run soon. Never blocks, never fails: beat sweeps up whatever a lost wake-up leaves."""
    global _owner_pid
    if _owner_pid != os.getpid():
        with _lock:
            if _owner_pid != os.getpid():
                threading.Thread(target=_send_forever, name="outbox-wakeup", daemon=True).start()
                _owner_pid = os.getpid()
    _requested.set()


def _send_forever() -> None:
    while True:
        _requested.wait()
        _requested.clear()
        try:
            current_app.send_task("core.tasks.deliver_events", retry=False, expires=60)
        except Exception as error:
            logger.warning("the broker did not take a wake-up: %s", error)
        time.sleep(_PAUSE_SECONDS)
