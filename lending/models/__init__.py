"""Rows of the lending business."""

from lending.models.application import Application, Offer
from lending.models.contract import Contract, ContractSignature
from lending.models.funding import Bid, Listing
from lending.models.loan import (
    ChargeAccrual,
    Instalment,
    LenderShare,
    Loan,
    LoanState,
    PayoutInstruction,
)
from lending.models.product import Product, ProductFee
from lending.models.repayment import Allocation, DebitAttempt, Distribution, Repayment

__all__ = [
    "Allocation",
    "Application",
    "Bid",
    "ChargeAccrual",
    "Contract",
    "ContractSignature",
    "DebitAttempt",
    "Distribution",
    "Instalment",
    "LenderShare",
    "Listing",
    "Loan",
    "LoanState",
    "Offer",
    "PayoutInstruction",
    "Product",
    "ProductFee",
    "Repayment",
]
