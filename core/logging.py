"""Keep sensitive figures out of the logs, and out of what is kept of an error."""

import logging
import re

# ASCII only: between Chinese characters a number stands without a space.
_LONG_DIGITS = re.compile(r"(?<![\w-])(?<!\d\.)(\d{3})\d{4,12}(\d{3}[\dXx])(?![\w-])(?!\.\d)", re.ASCII)
_EMAIL = re.compile(r"([A-Za-z0-9])[\w.+-]*@((?:[\w-]+\.)+[A-Za-z]{2,})", re.ASCII)
# From the first place below a province down to a house: what `mask_address` would cut off.
_HAN = r"[\u4e00-\u9fff]"
_ADDRESS = re.compile(rf"({_HAN}{{2,}}?[市区县旗])(?:{_HAN}|\w)*?[路街道巷村镇弄](?:{_HAN}|\w|-)*")
_FORMATTER = logging.Formatter()


def redact(text: str) -> str:
    """Mask what looks like a phone, identity or card number, an e-mail address or a postal address."""
    text = _LONG_DIGITS.sub(r"\1****\2", text)
    text = _EMAIL.sub(r"\1***@\2", text)
    return _ADDRESS.sub(r"\1****", text)


def describe(error: BaseException) -> str:
    """Return an error in one text that may be kept: whoever raised it may have put a customer's data into it."""
    return redact(f"{type(error).__name__}: {error}")


class RedactSensitive(logging.Filter):
    """Mask in a log line, and in the trace of an error below it, anything that looks sensitive."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        redacted = redact(text)
        if redacted != text:
            record.msg, record.args = redacted, None
        if record.exc_info and record.exc_info[0] is not None:
            # The formatter takes a trace that is there already.
            record.exc_text = redact(record.exc_text or _FORMATTER.formatException(record.exc_info))
        return True
