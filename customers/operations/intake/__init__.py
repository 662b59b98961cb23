"""Customers who come in without registering themselves: entered by staff, by file, by interface."""

from customers.operations.intake.create import AlreadyKnown, InvalidCustomer, create_customer
from customers.operations.intake.entry import LeadInWork, PersonUnconfirmed, enter_company, enter_customer
from customers.operations.intake.files import (
    AlreadyStarted,
    ImportNotUndoable,
    UnreadableFile,
    WrongMapping,
    start_import,
    upload_import,
)
from customers.operations.intake.quarantine import RowJudged, drop_row, mend_row
from customers.operations.intake.run import run_import
from customers.operations.intake.take_in import Incoming, Outcome, take_in
from customers.operations.intake.taking_back import undo_import

__all__ = [
    "AlreadyKnown",
    "AlreadyStarted",
    "ImportNotUndoable",
    "Incoming",
    "InvalidCustomer",
    "LeadInWork",
    "Outcome",
    "PersonUnconfirmed",
    "RowJudged",
    "UnreadableFile",
    "WrongMapping",
    "create_customer",
    "drop_row",
    "enter_company",
    "enter_customer",
    "mend_row",
    "run_import",
    "start_import",
    "take_in",
    "undo_import",
    "upload_import",
]
