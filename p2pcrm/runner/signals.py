"""Turn the signals that ask to stop into one exception, so that everything is unwound in order."""

import signal
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C or asked the process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def raise_on_stop() -> None:
    """Raise StopRequested in the main thread at the first stop signal; ignore the next ones, as stopping is bounded."""
    for number in STOP_SIGNALS:
        signal.signal(number, _raise)


def _raise(number: int, _frame: FrameType | None) -> None:
    for other in STOP_SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise StopRequested(number)
