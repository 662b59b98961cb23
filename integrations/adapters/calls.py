"""Time and log each outbound call, and tell temporary failures from final refusals the same way everywhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from integrations.ports import FinalRefusal, PortError, TemporaryFailure

# Connecting is quick or hopeless; an answer may take the partner a while.
CONNECT_TIMEOUT_SECONDS = 3.0
READ_TIMEOUT_SECONDS = 10.0

T = TypeVar("T")


@dataclass
class Call:
    """One call while it runs; the adapter fills in what was sent and what came back."""

    port: str
    operation: str
    idempotency_key: str
    request: bytes = b""
    response: bytes = b""
    outcome: str = "SUCCEEDED"
    code: str = ""
    duration_ms: int = 0

    def temporary(self, code: str, detail: str = "", *, outcome_unknown: bool = False) -> TemporaryFailure:
        """Return the failure to raise when a repeat may succeed."""
        return TemporaryFailure(
            port=self.port,
            operation=self.operation,
            code=code,
            detail=detail,
            outcome_unknown=outcome_unknown,
        )

    def final(self, code: str, detail: str = "") -> FinalRefusal:
        """Return the refusal to raise when a repeat cannot succeed."""
        return FinalRefusal(port=self.port, operation=self.operation, code=code, detail=detail)


class CallLog(Protocol):
    """Where finished calls are written down."""

    def __call__(self, call: Call) -> None: ...


@contextmanager
def logged_call(log: CallLog, *, port: str, operation: str, idempotency_key: str) -> Iterator[Call]:
    """Run one call; every way out of the block reaches the log."""
    call = Call(port=port, operation=operation, idempotency_key=idempotency_key)
    started = time.monotonic()
    try:
        yield call
    except TemporaryFailure as error:
        call.outcome = "UNKNOWN" if error.outcome_unknown else "FAILED"
        call.code = error.code
        raise
    except FinalRefusal as error:
        call.outcome = "REFUSED"
        call.code = error.code
        raise
    except Exception as error:
        call.outcome = "UNKNOWN"
        call.code = type(error).__name__
        raise
    finally:
        call.duration_ms = round((time.monotonic() - started) * 1000)
        log(call)


def read_answer(call: Call, parse: Callable[[], T]) -> T:
    """Run a parser over a verified answer; a shape we do not know leaves the outcome unknown."""
    try:
        return parse()
    except PortError:
        raise
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise call.temporary("BAD_ANSWER", type(error).__name__, outcome_unknown=True) from error
