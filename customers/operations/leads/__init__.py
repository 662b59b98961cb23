"""Leads: taken in by thirteen methods, answered against the clock, won as customers or lost for a reason."""

from customers.operations.leads.conversion import adopt_registered, convert_lead
from customers.operations.leads.disclosure import unmask_lead_phone
from customers.operations.leads.intake import (
    LeadHasCustomer,
    LeadIncomplete,
    LeadIntake,
    LeadOpenAlready,
    take_in_lead,
    take_in_quietly,
)
from customers.operations.leads.lists import LIST_METHODS, LIST_UNDO, RefusedRow, TakenList, take_in_list, undo_list
from customers.operations.leads.states import (
    LeadClosed,
    LostReasonMissing,
    answer_lead,
    assign_lead,
    lose_lead,
    qualify_lead,
)

__all__ = [
    "LIST_METHODS",
    "LIST_UNDO",
    "LeadClosed",
    "LeadHasCustomer",
    "LeadIncomplete",
    "LeadIntake",
    "LeadOpenAlready",
    "LostReasonMissing",
    "RefusedRow",
    "TakenList",
    "adopt_registered",
    "answer_lead",
    "assign_lead",
    "convert_lead",
    "lose_lead",
    "qualify_lead",
    "take_in_lead",
    "take_in_list",
    "take_in_quietly",
    "undo_list",
    "unmask_lead_phone",
]
