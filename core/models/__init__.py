"""Rows of the kernel."""

from core.models.audit import AuditEntry, AuditSeal
from core.models.close import CloseProgress, CloseRun, JobRun
from core.models.events import EventDelivery, OutboxEvent
from core.models.idempotency import IdempotencyRecord
from core.models.time import BusinessDate, BusinessDay, CalendarVersion, Parameter
from core.models.users import ApiToken, User

__all__ = [
    "ApiToken",
    "AuditEntry",
    "AuditSeal",
    "BusinessDate",
    "BusinessDay",
    "CalendarVersion",
    "CloseProgress",
    "CloseRun",
    "EventDelivery",
    "IdempotencyRecord",
    "JobRun",
    "OutboxEvent",
    "Parameter",
    "User",
]
