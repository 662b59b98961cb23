"""The two ways in which a call to an outside system fails."""


class PortError(Exception):
    """A call to an outside system that brought no result.

    `code` is the partner's own code or one of ours in upper case; `detail` is text for staff and never holds
    personal data of ours.
    """

    def __init__(self, *, port: str, operation: str, code: str, detail: str = "") -> None:
        self.port = port
        self.operation = operation
        self.code = code
        self.detail = detail
        super().__init__(f"{port}.{operation}: {code} {detail}".rstrip())


class TemporaryFailure(PortError):
    """The call may succeed later: repeat it with the same idempotency key.

    `outcome_unknown` is true when the partner may have carried the request out (the answer was lost); the
    caller must then not tell anybody that it failed, and not repeat it under another key.
    """

    def __init__(
        self, *, port: str, operation: str, code: str, detail: str = "", outcome_unknown: bool = False
    ) -> None:
        self.outcome_unknown = outcome_unknown
        super().__init__(port=port, operation=operation, code=code, detail=detail)


class FinalRefusal(PortError):
    """The partner refused for good: repeating the same request cannot succeed."""


class BadCallback(Exception):
    """An inbound call that proves nothing: no, a wrong or an old signature, or a body that cannot be read.

    `reason` is a stable word: SIGNATURE, STALE, MALFORMED or UNSUPPORTED.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
