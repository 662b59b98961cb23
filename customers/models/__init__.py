"""Rows about customers."""

from customers.models.customer import Customer, FinancialProfile, IdentityCheck, VerificationCode
from customers.models.dealings import BankCard, ChannelPreference, Consent, InvestorAssessment
from customers.models.desk import Notice, RecordVisit, ReversibleAct, SavedView, UserSetting
from customers.models.diary import Contact, ContactPlan, Note, Promise, RevisitRule
from customers.models.facts import CustomerRole, CustomField, Document, FieldChange, FieldClaim, Household, Relation
from customers.models.history import TimelineEntry, WorkItem
from customers.models.leads import (
    AcquisitionCost,
    CustomerCost,
    Lead,
    Method,
    Need,
    Opportunity,
    OpportunityStay,
    Partner,
)
from customers.models.ownership import (
    AssignmentRule,
    Collaborator,
    Handover,
    LeaverWatch,
    OwnerChange,
    Pool,
    PoolView,
)
from customers.models.quality import (
    DuplicatePair,
    Export,
    ImportedCustomer,
    ImportJob,
    Merge,
    QuarantinedRow,
    RegistrationStep,
)
from customers.models.research import ResearchNote

__all__ = [
    "AcquisitionCost",
    "AssignmentRule",
    "BankCard",
    "ChannelPreference",
    "Collaborator",
    "Consent",
    "Contact",
    "ContactPlan",
    "CustomField",
    "Customer",
    "CustomerCost",
    "CustomerRole",
    "Document",
    "DuplicatePair",
    "Export",
    "FieldChange",
    "FieldClaim",
    "FinancialProfile",
    "Handover",
    "Household",
    "IdentityCheck",
    "ImportJob",
    "ImportedCustomer",
    "InvestorAssessment",
    "Lead",
    "LeaverWatch",
    "Merge",
    "Method",
    "Need",
    "Note",
    "Notice",
    "Opportunity",
    "OpportunityStay",
    "OwnerChange",
    "Partner",
    "Pool",
    "PoolView",
    "Promise",
    "QuarantinedRow",
    "RecordVisit",
    "RegistrationStep",
    "Relation",
    "ResearchNote",
    "ReversibleAct",
    "RevisitRule",
    "SavedView",
    "TimelineEntry",
    "UserSetting",
    "VerificationCode",
    "WorkItem",
]
