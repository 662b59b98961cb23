"""Bodies of listings, bids, loans and investments."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import RateField, StrictSerializer, YuanField
from customers.models import Customer
from ledger.models import CustodyAccount
from lending.api.serializers.borrowing import FeeSerializer
from lending.models import Application, Bid, Contract, ContractSignature, Listing, Loan, Repayment
from lending.models.product import Method, PeriodUnit


class ListingRowSerializer(serializers.Serializer[Any]):
    """A row of the market."""

    id = serializers.CharField()
    number = serializers.CharField()
    title = serializers.CharField()
    product_code = serializers.CharField()
    amount = YuanField()
    funded = YuanField()
    bid_count = serializers.IntegerField()
    annual_rate = RateField()
    periods = serializers.IntegerField()
    period_unit = serializers.ChoiceField(PeriodUnit.choices)
    method = serializers.ChoiceField(Method.choices)
    grade = serializers.CharField()
    risk_grade = serializers.IntegerField()
    state = serializers.ChoiceField(Listing.State.choices)
    opened_at = serializers.DateTimeField()
    deadline_date = serializers.DateField()


class BorrowerBasicsSerializer(serializers.Serializer[Any]):
    """Who borrows, without saying who he is."""

    kind = serializers.ChoiceField(Customer.Kind.choices)
    occupation = serializers.CharField()
    employment_years = serializers.IntegerField()
    monthly_income_band = serializers.CharField()
    monthly_debt_payment = YuanField()
    liabilities = YuanField()
    other_platform_balance = YuanField()
    loans_here = serializers.IntegerField()
    loans_settled_here = serializers.IntegerField()
    outstanding_here = YuanField()
    overdue_here = YuanField()
    days_past_due_here = serializers.IntegerField()


class BidTermsSerializer(serializers.Serializer[Any]):
    """How much can be bid."""

    least = YuanField()
    step = YuanField()
    greatest = YuanField()
    rest = YuanField()


class RiskNoticeSerializer(serializers.Serializer[Any]):
    """What an investor confirms with each bid."""

    version = serializers.CharField()
    text = serializers.CharField()


class ListingSerializer(ListingRowSerializer):
    """Everything an investor must be shown before he bids."""

    purpose = serializers.ChoiceField(Application.Purpose.choices)
    purpose_text = serializers.CharField()
    interest_from = serializers.CharField()
    source_of_repayment = serializers.CharField()
    protection = serializers.CharField()
    fees = FeeSerializer(many=True)
    borrower = BorrowerBasicsSerializer()
    disclosures = serializers.DictField(
        child=serializers.DictField(), help_text="`credit_report`: overdue entries of the bureau's report."
    )
    bid_terms = BidTermsSerializer()
    risk_notice = RiskNoticeSerializer()


class BidAskedSerializer(StrictSerializer):
    """A bid, the risk notice confirmed."""

    amount = YuanField(min_value=0)
    risk_notice_version = serializers.CharField(max_length=20)


class BidSerializer(serializers.Serializer[Any]):
    """A bid; its money is set aside until it is lent or released."""

    id = serializers.CharField()
    listing_id = serializers.CharField()
    listing_number = serializers.CharField()
    amount = YuanField()
    state = serializers.ChoiceField(Bid.State.choices)
    placed_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    annual_rate = RateField()
    periods = serializers.IntegerField()


class LoanRowSerializer(serializers.Serializer[Any]):
    """A row of the list of loans; the standing is empty before the payout."""

    id = serializers.CharField()
    number = serializers.CharField()
    principal = YuanField()
    annual_rate = RateField()
    periods = serializers.IntegerField()
    period_unit = serializers.ChoiceField(PeriodUnit.choices)
    method = serializers.ChoiceField(Method.choices)
    state = serializers.ChoiceField(Loan.State.choices)
    contract_date = serializers.DateField()
    start_date = serializers.DateField(allow_null=True)
    maturity_date = serializers.DateField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    settled_early = serializers.BooleanField()
    principal_outstanding = YuanField(allow_null=True)
    overdue_amount = YuanField(allow_null=True)
    next_due_date = serializers.DateField(allow_null=True)
    next_due_amount = YuanField(allow_null=True)
    dpd = serializers.IntegerField(allow_null=True)
    bucket = serializers.CharField(allow_null=True)


class StaffLoanSerializer(LoanRowSerializer):
    """The same for staff, with the customer's number."""

    customer_number = serializers.CharField()


class InstalmentSerializer(serializers.Serializer[Any]):
    """One instalment: what falls due, what was paid of it, what is left."""

    n = serializers.IntegerField()
    due_date = serializers.DateField()
    principal = YuanField()
    interest = YuanField()
    fee = YuanField()
    penalty = YuanField()
    principal_paid = YuanField()
    interest_paid = YuanField()
    fee_paid = YuanField()
    penalty_paid = YuanField()
    unpaid = YuanField()
    balance = YuanField()
    paid_at = serializers.DateTimeField(allow_null=True)


class LoanSerializer(LoanRowSerializer):
    """A loan with its schedule."""

    schedule = InstalmentSerializer(many=True)


class SignatureSerializer(serializers.Serializer[Any]):
    """One party's signature, without its name."""

    party = serializers.ChoiceField(ContractSignature.Party.choices)
    intent_at = serializers.DateTimeField(allow_null=True)
    signed_at = serializers.DateTimeField(allow_null=True)


class ContractSerializer(serializers.Serializer[Any]):
    """A contract and the hashes of its files; `pdf_hash` is what the borrower signs."""

    number = serializers.CharField()
    state = serializers.ChoiceField(Contract.State.choices)
    template_version = serializers.CharField()
    pdf_hash = serializers.CharField()
    signed_hash = serializers.CharField()
    made_at = serializers.DateTimeField()
    signed_at = serializers.DateTimeField(allow_null=True)
    signatures = SignatureSerializer(many=True)


class SigningSerializer(StrictSerializer):
    """The will to sign exactly this text, proven by a code (purpose SIGN)."""

    code = serializers.CharField(max_length=10)
    pdf_hash = serializers.CharField(max_length=64)


class RepaymentAskedSerializer(StrictSerializer):
    """A payment from the available balance; without an amount, everything due today."""

    amount = YuanField(min_value=0, required=False, allow_null=True, default=None)


class RepaymentSerializer(serializers.Serializer[Any]):
    """A payment and where it went."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(Repayment.Kind.choices)
    amount = YuanField()
    fee = YuanField()
    penalty = YuanField()
    interest = YuanField()
    principal = YuanField()
    business_date = serializers.DateField()
    received_at = serializers.DateTimeField()


class SettlementSerializer(serializers.Serializer[Any]):
    """What ends the loan on a business date; interest is negative when more was paid ahead than the days used cost."""

    on = serializers.DateField()
    total = YuanField()
    principal = YuanField()
    interest = YuanField()
    penalty = YuanField()
    fee = YuanField()
    saved = YuanField()


class SettlementAskedSerializer(StrictSerializer):
    """The price that the borrower saw."""

    total = YuanField(min_value=0)


class InvestmentRowSerializer(serializers.Serializer[Any]):
    """A claim: what was lent, what has come back."""

    id = serializers.CharField(help_text="The loan's id.")
    loan_number = serializers.CharField()
    principal = YuanField()
    principal_received = YuanField()
    interest_received = YuanField()
    penalty_received = YuanField()
    annual_rate = RateField()
    periods = serializers.IntegerField()
    method = serializers.ChoiceField(Method.choices)
    state = serializers.ChoiceField(Loan.State.choices)
    start_date = serializers.DateField(allow_null=True)
    maturity_date = serializers.DateField(allow_null=True)
    dpd = serializers.IntegerField(allow_null=True)
    next_due_date = serializers.DateField(allow_null=True)


class PlannedReceiptSerializer(serializers.Serializer[Any]):
    """What is still to come with one instalment."""

    n = serializers.IntegerField()
    due_date = serializers.DateField()
    principal = YuanField()
    interest = YuanField()
    penalty = YuanField()


class ReceiptSerializer(serializers.Serializer[Any]):
    """What came with one repayment."""

    business_date = serializers.DateField()
    received_at = serializers.DateTimeField()
    principal = YuanField()
    interest = YuanField()
    penalty = YuanField()


class InvestmentSerializer(InvestmentRowSerializer):
    """A claim with its latest receipts and what is planned."""

    planned = PlannedReceiptSerializer(many=True)
    received = ReceiptSerializer(many=True)


class AccountSerializer(serializers.Serializer[Any]):
    """A customer's money: free, set aside, lent out; and how far the custodian is with the sub-account."""

    available = YuanField()
    frozen = YuanField()
    in_loans = YuanField()
    custody_status = serializers.ChoiceField([("", ""), *CustodyAccount.Status.choices])
