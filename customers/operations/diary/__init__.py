"""What an RM does, plans, notes and promises."""

from customers.operations.diary.contacts import (
    ContactInvalid,
    PlanClosed,
    drop_plan,
    plan_contact,
    record_contact,
)
from customers.operations.diary.notes import NoteInvalid, add_note, pin_note
from customers.operations.diary.promises import (
    PromiseClosed,
    PromiseInvalid,
    close_promise,
    judge_promises,
    make_promise,
)
from customers.operations.diary.reminders import ReminderInvalid, set_reminder

__all__ = [
    "ContactInvalid",
    "NoteInvalid",
    "PlanClosed",
    "PromiseClosed",
    "PromiseInvalid",
    "ReminderInvalid",
    "add_note",
    "close_promise",
    "drop_plan",
    "judge_promises",
    "make_promise",
    "pin_note",
    "plan_contact",
    "record_contact",
    "set_reminder",
]
