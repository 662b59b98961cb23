"""The words of messaging on the timeline and in lists: codes in the rows, the reader's language on the page."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from core.errors import Text
from core.registries import marketing_bars
from customers.texts import register_text, register_words
from messaging.models import Channel, Message, Template

_TEMPLATES: Final[dict[str, Text]] = {
    "verification-code": _("Verification code"),
    "welcome": _("Welcome"),
    "new-adviser": _("New relationship manager"),
    "staff-digest": _("Summary of the day for colleagues"),
    "identity-confirmed": _("Identity confirmed"),
    "application-approved": _("Application approved"),
    "application-declined": _("Application declined"),
    "application-referred": _("Application under review"),
    "human-review-answered": _("Review answered"),
    "listing-failed": _("Listing failed"),
    "bid-released": _("Bid released"),
    "please-sign": _("Contract to be signed"),
    "loan-paid-out": _("Loan paid out"),
    "lent": _("Loan started"),
    "repayment-reminder": _("Repayment reminder"),
    "repayment-today": _("Repayment due today"),
    "repayment-overdue": _("Payment overdue"),
    "repayment-received": _("Repayment received"),
    "debit-failed": _("Debit fell short"),
    "loan-settled": _("Loan settled"),
    "deposit-received": _("Deposit received"),
    "withdrawal-completed": _("Withdrawal completed"),
    "withdrawal-failed": _("Withdrawal failed"),
    "phone-change-asked": _("Change of log-in phone"),
    "coupon-issued": _("New coupon"),
}
# Why a message was not sent, as it stands in the row; marketing's own reasons carry the day on which they end.
_REASONS: Final[dict[str, Text]] = {
    "no_marketing_consent": _("No consent to marketing messages"),
    "forbidden_promise": _("The text promises what must not be promised"),
    "collection_limit": _("The limit of collection messages a day was reached"),
    "released": _("On its way"),
}


def register_texts() -> None:
    """Register every sentence and the words that fill its places."""
    register_text("messaging.sent", _("Message sent (%(channel)s): %(template)s"))
    register_text("messaging.replied", _("Replied to a message"))
    register_text("messaging.stopped", _("Refused further marketing messages"))
    register_words("channel", dict(Channel.choices))
    register_words("template", _TEMPLATES)


def list_reasons() -> list[tuple[str, Text]]:
    """Return the reasons by which messages can be narrowed, each with its name."""
    bars = [(code, bar.label) for code, bar in marketing_bars.items()]
    return [*bars, *((code, text) for code, text in _REASONS.items() if code != "released")]


def say_reason(reason: str) -> Text:
    """Return why a message was not sent; a provider's code is shown as it came."""
    code, _space, until = reason.partition(" ")
    if code in marketing_bars:
        return str(marketing_bars.get(code).sentence) % {"until": until}
    return _REASONS.get(reason, reason)


def name_message(message: Message) -> Text:
    """Return a message's subject; a short message has none and goes by its template's name."""
    return message.subject or name_template(message.template)


def name_template(template: Template) -> Text:
    """Return what a template is for, in the reader's language; an own one goes by its code."""
    return _TEMPLATES.get(template.code, template.code)
