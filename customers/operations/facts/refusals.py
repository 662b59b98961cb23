"""Why a profile stays as it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError, InvalidInput, Text


class InvalidFacts(InvalidInput):
    """A value cannot be true."""

    code = "invalid_facts"


class UnknownFact(InvalidInput):
    """There is no such field."""

    code = "unknown_fact"


class FactLocked(BusinessError):
    """The identity check has settled the field."""

    code = "fact_locked"
    message = _("This was confirmed by the identity check and cannot be changed here.")
    next_step = _("Ask the customer to go through the identity check again.")


class LogInPhone(BusinessError):
    """A customer logs in by the number, so nobody changes it for him."""

    code = "log_in_phone"
    message = _("The customer logs in by this number, so he has to confirm a new one.")
    next_step = _("Ask for the change with a reason; it takes effect when he confirms the new number by code.")


class ValueTaken(BusinessError):
    """Another customer has the same phone or identity number."""

    code = "value_taken"
    message = _("Another customer has this already.")
    next_step = _("Look for the other record: it may be the same person.")


class RecordMerged(BusinessError):
    """The record has gone into another one."""

    code = "record_merged"
    message = _("This record was merged into another one.")
    next_step = _("Open the record that was kept.")


@dataclass(frozen=True)
class FieldConflict:
    """One field that two people changed; every value as it may be shown, `original` None where nobody knows it."""

    name: str
    label: Text
    mine: str
    stored: str
    original: str | None


class FactsConflict(BusinessError):
    """Somebody else changed the same field meanwhile."""

    code = "facts_conflict"
    message = _("Somebody has changed this while you were editing; nothing of yours was written.")
    next_step = _("Compare the values, then keep one of them.")

    def __init__(self, conflicts: Sequence[FieldConflict]) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__(fields={conflict.name: [self.message] for conflict in conflicts})
