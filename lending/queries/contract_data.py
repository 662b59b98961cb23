"""Collect what a loan's contract states."""

from datetime import date, time
from decimal import Decimal
from typing import Any

from core import parameters
from core.money import from_fen, to_fen
from customers.models import Consent as ConsentRow
from customers.models import Customer
from ledger.models import CustodyAccount as CustodyAccountRow
from lending.documents import contract
from lending.documents.contract import ContractData
from lending.models import Bid, Loan
from lending.queries import terms
from lending.queries.bids import sum_by_investor
from lending.rules.cost import Quote
from lending.rules.schedule import Schedule
from lending.rules.split import LenderPosition, Parts, plan_distribution
from lending.rules.terms import Method


def build_contract_data(loan: Loan, *, contract_number: str) -> ContractData:
    """Return the contract's facts from the loan's frozen conventions; a payout on the contract date is planned."""
    on = loan.contract_date
    schedule, nominal = terms.schedule_loan(loan, disbursed_on=on)
    priced = terms.quote_loan(loan, disbursed_on=on)
    borrower = loan.borrower
    return ContractData(
        number=contract_number,
        signed_on=on,
        listing_number=loan.listing.number,
        borrower=_party(borrower),
        lenders=_lenders(loan, schedule),
        platform=contract.Platform(**parameters.get_value("platform.identity", on=on)),
        terms=contract.LoanTerms(
            kind="个人间网络借贷",
            currency="CNY",
            purpose=str(loan.listing.application.purpose_text or loan.listing.application.get_purpose_display()),
            principal=loan.principal,
            annual_rate=loan.annual_rate,
            # A coarse payment step may repay a loan before its last period; the contract states what is paid.
            periods=loan.periods if loan.method == Method.BULLET else len(schedule.rows),
            method=loan.method,
            period_unit=loan.period_unit,
            starts_on=on,
            matures_on=schedule.rows[-1].due_date,
            payout_amount=loan.principal,
            payout_within_workdays=1,
            day_count=loan.day_count,
            holiday_rule=loan.due_date_shift,
            allocation_order=tuple(loan.allocation_order),
        ),
        cost=_cost(loan, priced),
        schedule=tuple(
            contract.ScheduledInstalment(
                row.n, row.due_date, nominal_date, row.principal, row.interest, row.fee, row.balance
            )
            for row, nominal_date in zip(schedule.rows, nominal, strict=True)
        ),
        custody=_custody(borrower, on),
        overdue=_overdue(loan, on),
        early_settlement=contract.EarlySettlementTerms(notice_days=0, fee_rate=loan.early_settlement_fee_rate),
        acceleration=contract.AccelerationTerms(overdue_days=90, report_within_days=10),
        guarantee="无担保",
        assignment_notice=("短信", "站内信"),
        information_use=contract.InformationUse(
            notice_version=parameters.get_value("customers.privacy_notice_version", on=on),
            retention_years=parameters.get_int("aml.retention_years", on=on),
        ),
        credit_report_consent=_consent(borrower, ConsentRow.Purpose.CREDIT_QUERY, "百行征信"),
        collection=contract.CollectionTerms(quiet_from=time(22), quiet_until=time(8), calls_per_day=3),
        e_signature_consent=_consent(borrower, ConsentRow.Purpose.SIGNATURE, "电子认证服务机构"),
        court=parameters.get_value("platform.court", on=on),
    )


def _party(customer: Customer) -> contract.Party:
    is_company = customer.kind == Customer.Kind.COMPANY
    return contract.Party(
        reference=customer.number,
        name=customer.name,
        identity_kind="CREDIT_CODE" if is_company else "CITIZEN_ID",
        identity_number=customer.identity_number,
        phone=customer.phone,
        address=customer.address,
        email=customer.email,
    )


def _lenders(loan: Loan, schedule: Schedule) -> tuple[contract.Lender, ...]:
    bids = Bid.objects.filter(listing=loan.listing_id).exclude(state=Bid.State.RELEASED)
    lent = sum_by_investor(bids)
    investors = Customer.objects.in_bulk(lent)
    positions = [LenderPosition(key, to_fen(amount)) for key, amount in lent.items()]
    payments = [Parts(principal_fen=to_fen(row.principal), interest_fen=to_fen(row.interest)) for row in schedule.rows]
    receipts: dict[int, list[contract.PlannedReceipt]] = {key: [] for key in lent}
    for row, lender_parts in zip(schedule.rows, plan_distribution(payments, positions), strict=True):
        for part in lender_parts:
            planned = contract.PlannedReceipt(
                row.n, row.due_date, from_fen(part.parts.principal_fen), from_fen(part.parts.interest_fen)
            )
            receipts[part.key].append(planned)
    return tuple(contract.Lender(_party(investors[key]), amount, tuple(receipts[key])) for key, amount in lent.items())


def _cost(loan: Loan, priced: Quote) -> contract.CostDisclosure:
    charges = [
        contract.Charge(
            "利息", "按剩余本金和期利率计算", f"{loan.annual_rate * 100:.2f}%/年", "出借人", priced.total_interest
        )
    ]
    on = loan.contract_date
    charges += [_fee_charge(fee, terms.sum_loan_fee(loan, fee, disbursed_on=on)) for fee in loan.fee_terms]
    charges.append(
        contract.Charge(
            "逾期罚息",
            "逾期本金按日计收",
            f"{loan.penalty_daily_rate * 100:.4f}%/日",
            "出借人",
            stage=contract.ChargeStage.DEFAULT,
        )
    )
    return contract.CostDisclosure(priced.apr_nominal, priced.apr_effective, tuple(charges))


def _fee_charge(fee: dict[str, Any], total: Decimal) -> contract.Charge:
    is_fixed = fee["basis"] == "FIXED"
    rate = f"{Decimal(fee['amount']):.2f} 元" if is_fixed else f"{Decimal(fee['rate']) * 100:.4f}%"
    basis = "每期收取" if fee["when"] == "PER_PERIOD" else "首期收取"
    return contract.Charge(fee["name"], basis, rate, fee["payee"], total)


def _custody(borrower: Customer, on: date) -> contract.CustodyAccount:
    account = CustodyAccountRow.objects.get(customer=borrower)
    return contract.CustodyAccount(
        bank_name=parameters.get_value("platform.custodian", on=on),
        account_name=borrower.name,
        account_number=account.number,
    )


def _overdue(loan: Loan, on: date) -> contract.OverdueTerms:
    # A parameter set with a cap of its own (a replayed book) still states the LPR rule that it replaces.
    return contract.OverdueTerms(
        daily_rate=loan.penalty_daily_rate,
        lpr_annual_rate=parameters.get_decimal("lending.lpr_1y", on=on),
        lpr_published_on=parameters.get_start("lending.lpr_1y", on=on),
        cap_multiple=int(parameters.get_decimal("lending.cap_lpr_multiple", on=on)),
        cap_annual_rate=loan.cap_rate,
    )


def _consent(customer: Customer, purpose: str, recipient: str) -> contract.Consent | None:
    row = ConsentRow.objects.filter(customer=customer, purpose=purpose).order_by("-id").first()
    return contract.Consent(f"CONSENT-{row.pk}", row.given_at, row.recipient or recipient) if row else None
