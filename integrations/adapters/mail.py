"""Mail through Django's e-mail backend: SMTP in production, the sandbox's letter box in development."""

import smtplib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from integrations.adapters.calls import CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS, CallLog, logged_call
from integrations.ports import MailMessage

NAME = "mail"


class MailGatewayAdapter:
    """Mail with a Message-ID made from the stored id, so that a repeat is recognised as the same mail."""

    def __init__(self, *, log: CallLog) -> None:
        self._log = log

    def send(self, message: MailMessage) -> str:
        """Hand the mail over."""
        host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
        message_id = f"<{message.message_id}@{host}>"
        mail = EmailMultiAlternatives(
            subject=message.subject,
            body=message.text,
            to=[message.to_address],
            headers={"Message-ID": message_id},
        )
        if message.html:
            mail.attach_alternative(message.html, "text/html")
        with logged_call(self._log, port=NAME, operation="send", idempotency_key=message.message_id) as call:
            call.request = message.text.encode()
            try:
                mail.send()
            except smtplib.SMTPRecipientsRefused as error:
                codes = {code for code, _text in error.recipients.values()}
                if all(code >= 500 for code in codes):
                    raise call.final("RECIPIENT_REFUSED") from error
                raise call.temporary("RECIPIENT_DEFERRED") from error
            except ValueError as error:  # a line break in a header
                raise call.final("BAD_HEADER") from error
            except (smtplib.SMTPException, OSError, httpx.HTTPError) as error:
                raise call.temporary("NO_ANSWER", type(error).__name__, outcome_unknown=True) from error
        return message_id


class SandboxMailBackend(BaseEmailBackend):
    """Put mails into the sandbox's letter box; for development and demonstrations only."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Post each mail and return how many went out."""
        timeout = httpx.Timeout(READ_TIMEOUT_SECONDS, connect=CONNECT_TIMEOUT_SECONDS)
        with httpx.Client(base_url=settings.SANDBOX_URL, timeout=timeout) as http:
            for mail in email_messages:
                http.post("/mail/messages", json=_as_payload(mail)).raise_for_status()
        return len(email_messages)


def _as_payload(mail: EmailMessage) -> dict[str, Any]:
    message = mail.message()
    alternatives = getattr(mail, "alternatives", None) or []
    return {
        "message_id": message["Message-ID"],
        "to": list(mail.to),
        "subject": str(mail.subject),
        "text": str(mail.body),
        "html": next((str(part[0]) for part in alternatives), ""),
    }
