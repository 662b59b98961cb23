"""Rows about customers."""

from customers.models.customer import Customer, FinancialProfile, IdentityCheck, VerificationCode
from customers.models.dealings import BankCard, ChannelPreference, Consent, InvestorAssessment
from customers.models.history import TimelineEntry, WorkItem

__all__ = [
    "BankCard",
    "ChannelPreference",
    "Consent",
    "Customer",
    "FinancialProfile",
    "IdentityCheck",
    "InvestorAssessment",
    "TimelineEntry",
    "VerificationCode",
    "WorkItem",
]
