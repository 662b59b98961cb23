"""The one way in which a profile changes, and how disagreements of sources end."""

from customers.operations.facts.changing import FactsResult, set_facts
from customers.operations.facts.completeness import refresh_completeness
from customers.operations.facts.refusals import (
    FactLocked,
    FactsConflict,
    FieldConflict,
    InvalidFacts,
    RecordMerged,
    UnknownFact,
    ValueTaken,
)
from customers.operations.facts.settling import keep_stored, settle_conflict

__all__ = [
    "FactLocked",
    "FactsConflict",
    "FactsResult",
    "FieldConflict",
    "InvalidFacts",
    "RecordMerged",
    "UnknownFact",
    "ValueTaken",
    "keep_stored",
    "refresh_completeness",
    "set_facts",
    "settle_conflict",
]
