"""Keep sensitive figures out of the logs."""

import logging
import re

_LONG_DIGITS = re.compile(r"(?<![\w.-])(\d{3})\d{4,12}(\d{3}[\dXx])(?![\w.-])")


class RedactSensitive(logging.Filter):
    """Mask anything in a log line that looks like a phone, identity or card number."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        redacted = _LONG_DIGITS.sub(r"\1****\2", text)
        if redacted != text:
            record.msg, record.args = redacted, None
        return True
