"""Steps with customers, what is done about those that fail, and the rows that say which steps there are."""

from customers.operations.process.configuring import apply_process_step, define_process_step
from customers.operations.process.corrective import (
    ActionClosed,
    ActionInvalid,
    alarm_overdue,
    close_action,
    open_action,
)
from customers.operations.process.running import begin_steps, follow_steps, list_partitions, prove_steps
from customers.operations.process.settling import StepEnded, StepReasonMissing, settle_step

__all__ = [
    "ActionClosed",
    "ActionInvalid",
    "StepEnded",
    "StepReasonMissing",
    "alarm_overdue",
    "apply_process_step",
    "begin_steps",
    "close_action",
    "define_process_step",
    "follow_steps",
    "list_partitions",
    "open_action",
    "prove_steps",
    "settle_step",
]
