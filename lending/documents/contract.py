"""What a loan contract states, and whether it states all that the law asks for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError
from core.money import ZERO
from lending.documents import wording


class ChargeStage(StrEnum):
    """When a charge can arise; the disclosure table lists the two apart (金规〔2026〕2号)."""

    NORMAL = "NORMAL"
    DEFAULT = "DEFAULT"


@dataclass(frozen=True, slots=True)
class Party:
    """One side of the contract. `reference` is the readable business number, never a database key."""

    reference: str
    name: str
    identity_kind: str
    identity_number: str
    phone: str
    address: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Platform:
    """The lending-information intermediary: it signs as intermediary only."""

    name: str
    credit_code: str
    address: str
    phone: str
    email: str
    website: str


@dataclass(frozen=True, slots=True)
class PlannedReceipt:
    """What one lender is to receive of one instalment when it is paid on time."""

    number: int
    due_date: date
    principal: Decimal
    interest: Decimal


@dataclass(frozen=True, slots=True)
class Lender:
    """One lender, what he lends and what he is to get back."""

    party: Party
    amount: Decimal
    receipts: tuple[PlannedReceipt, ...]


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """The items of 民法典 668 and the conventions that turn them into money; codes are the keys of `wording`'s tables."""

    kind: str | None
    currency: str | None
    purpose: str | None
    principal: Decimal | None
    annual_rate: Decimal | None
    periods: int | None
    method: str | None
    period_unit: str = "month"
    starts_on: date | None = None
    matures_on: date | None = None
    payout_amount: Decimal | None = None
    payout_within_workdays: int | None = None
    day_count: str = "30/360"
    holiday_rule: str = "FOLLOWING"
    allocation_order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the cost disclosure.

    `amount` is what falls due over the whole loan when all is paid on time: known for each NORMAL charge.
    """

    name: str
    basis: str
    rate: str
    payee: str
    amount: Decimal | None = None
    stage: ChargeStage = ChargeStage.NORMAL


@dataclass(frozen=True, slots=True)
class CostDisclosure:
    """The whole yearly cost of the loan (央行公告〔2021〕第3号) and every charge that makes it up."""

    nominal_annual_rate: Decimal
    effective_annual_rate: Decimal
    charges: tuple[Charge, ...]


@dataclass(frozen=True, slots=True)
class ScheduledInstalment:
    """One instalment; `due_date` is already shifted, `nominal_due_date` is the day before any shift."""

    number: int
    due_date: date
    nominal_due_date: date
    principal: Decimal
    interest: Decimal
    fee: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class CustodyAccount:
    """The borrower's sub-account at the custodian bank: where the payout arrives and repayments start."""

    bank_name: str
    account_name: str
    account_number: str


@dataclass(frozen=True, slots=True)
class OverdueTerms:
    """What default costs, and the ceiling over all of it (民间借贷解释 25, 29)."""

    daily_rate: Decimal
    lpr_annual_rate: Decimal
    lpr_published_on: date
    cap_multiple: int
    cap_annual_rate: Decimal


@dataclass(frozen=True, slots=True)
class EarlySettlementTerms:
    """民法典 677: interest for the days really used. `fee_rate` is a share of the outstanding principal."""

    notice_days: int
    fee_rate: Decimal


@dataclass(frozen=True, slots=True)
class AccelerationTerms:
    """When the lenders may call the whole loan (民法典 673)."""

    overdue_days: int
    report_within_days: int


@dataclass(frozen=True, slots=True)
class InformationUse:
    """Which notice tells the parties what is done with their data, and how long it is kept."""

    notice_version: str
    retention_years: int


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent that was given apart from this contract; the contract only points to it."""

    reference: str
    given_at: datetime
    recipient: str


@dataclass(frozen=True, slots=True)
class CollectionTerms:
    """How reminders may reach a debtor."""

    quiet_from: time
    quiet_until: time
    calls_per_day: int


@dataclass(frozen=True, slots=True)
class SpecialClause:
    """A clause that a product adds; `is_striking` prints it as a clause of weight (民法典 496)."""

    text: str
    is_striking: bool = False


@dataclass(frozen=True, slots=True)
class ContractData:
    """Everything that one loan contract states. None means "not known yet" and keeps it from being printed.

    Texts (`guarantee`, `court`) are phrases without a full stop: the contract's sentences end themselves.
    """

    number: str
    signed_on: date
    listing_number: str
    borrower: Party | None
    lenders: tuple[Lender, ...]
    platform: Platform | None
    terms: LoanTerms
    cost: CostDisclosure | None
    schedule: tuple[ScheduledInstalment, ...]
    custody: CustodyAccount | None
    overdue: OverdueTerms | None
    early_settlement: EarlySettlementTerms | None
    acceleration: AccelerationTerms | None
    guarantee: str | None
    assignment_notice: tuple[str, ...]
    information_use: InformationUse | None
    credit_report_consent: Consent | None
    collection: CollectionTerms | None
    e_signature_consent: Consent | None
    court: str | None
    special_clauses: tuple[SpecialClause, ...] = field(default=())


class ContractIncomplete(BusinessError):
    """A mandatory item is not known, so there is no contract to sign."""

    code = "contract_incomplete"
    message = _("The contract cannot be made: %(items)s missing.")
    next_step = _("Complete the marked items and try again.")

    def __init__(self, items: tuple[str, ...]) -> None:
        super().__init__(fields={item: [_("This is required.")] for item in items}, items=", ".join(items))
        self.items = items


class ContractContradictory(BusinessError):
    """Two statements of the contract do not agree, or the law forbids what it states."""

    code = "contract_contradictory"
    message = _("The contract cannot be made, its figures do not agree: %(items)s.")
    next_step = _("Ask for a review of the loan's terms.")

    def __init__(self, items: tuple[str, ...]) -> None:
        super().__init__(items=", ".join(items))
        self.items = items


_MANDATORY: tuple[tuple[str, Callable[[ContractData], object]], ...] = (
    ("number", lambda data: data.number),
    ("borrower", lambda data: _is_known(data.borrower)),
    ("lenders", lambda data: data.lenders and all(_is_known(lender.party) for lender in data.lenders)),
    ("platform", lambda data: data.platform and data.platform.name and data.platform.credit_code),
    ("loan_kind", lambda data: data.terms.kind),
    ("currency", lambda data: data.terms.currency in wording.CURRENCIES),
    ("purpose", lambda data: data.terms.purpose),
    ("principal", lambda data: data.terms.principal is not None and data.terms.principal > ZERO),
    # A rate of zero is a rate; only an unstated one is missing.
    ("annual_rate", lambda data: data.terms.annual_rate is not None),
    ("term", lambda data: _has_term(data.terms)),
    ("method", lambda data: data.terms.method in wording.METHODS),
    ("day_count", lambda data: data.terms.day_count in wording.DAY_COUNTS),
    ("holiday_rule", lambda data: data.terms.holiday_rule in wording.HOLIDAY_RULES),
    ("payout", lambda data: data.terms.payout_amount is not None and data.terms.payout_within_workdays),
    ("allocation_order", lambda data: set(data.terms.allocation_order) == set(wording.COMPONENTS)),
    ("cost_disclosure", lambda data: data.cost and _amounts_of(data.cost)),
    ("schedule", lambda data: data.schedule),
    ("planned_receipts", lambda data: data.lenders and all(lender.receipts for lender in data.lenders)),
    ("custody_account", lambda data: data.custody and data.custody.account_number),
    ("overdue", lambda data: data.overdue),
    ("early_settlement", lambda data: data.early_settlement),
    ("acceleration", lambda data: data.acceleration),
    ("guarantee", lambda data: data.guarantee),
    ("assignment_notice", lambda data: data.assignment_notice),
    ("information_use", lambda data: data.information_use),
    ("credit_report_consent", lambda data: data.credit_report_consent and data.credit_report_consent.reference),
    ("collection", lambda data: data.collection),
    ("address_for_service", lambda data: data.borrower and data.borrower.address and data.borrower.phone),
    ("e_signature_consent", lambda data: data.e_signature_consent and data.e_signature_consent.reference),
    ("disputes", lambda data: data.court),
)


def _is_known(party: Party | None) -> bool:
    if party is None or party.identity_kind not in wording.IDENTITY_KINDS:
        return False
    return bool(party.name and party.identity_number and party.reference)


def _has_term(terms: LoanTerms) -> bool:
    return bool(terms.periods and terms.starts_on and terms.matures_on and terms.period_unit in wording.PERIOD_UNITS)


def _amounts_of(cost: CostDisclosure) -> tuple[Decimal, ...]:
    """Return what each charge of a loan paid on time comes to; nothing at all when one of them is not known."""
    amounts = [charge.amount for charge in cost.charges if charge.stage == ChargeStage.NORMAL]
    known = tuple(amount for amount in amounts if amount is not None)
    return known if len(known) == len(amounts) else ()


def missing_clauses(data: ContractData) -> tuple[str, ...]:
    """Return the mandatory items that are not known, in the order of the contract.

    The list is 民法典 668 and the checklist of the contract's text; an empty result means it may be printed.
    """
    return tuple(name for name, is_stated in _MANDATORY if not is_stated(data))


def contradictions(data: ContractData) -> tuple[str, ...]:
    """Return the names of the statements that do not agree; presupposes a complete contract.

    Checks the sums (shares, schedule, charges, each lender's receipts), 民法典 670 (payout is the principal), the rate's cap.
    """
    found: list[str] = []
    terms = data.terms
    if sum((lender.amount for lender in data.lenders), ZERO) != terms.principal:
        found.append("shares_differ_from_principal")
    if len({lender.party.reference for lender in data.lenders}) != len(data.lenders):
        found.append("lender_named_twice")
    if terms.payout_amount != terms.principal:
        found.append("payout_differs_from_principal")
    if sum((row.principal for row in data.schedule), ZERO) != terms.principal or data.schedule[-1].balance != ZERO:
        found.append("schedule_differs_from_principal")
    if len(data.schedule) != _instalments_of(terms) or data.schedule[-1].due_date != terms.matures_on:
        found.append("schedule_differs_from_term")
    # Equal is possible: a holiday may shift two weekly due dates onto its first working day.
    if any(later.due_date < earlier.due_date for earlier, later in pairwise(data.schedule)):
        found.append("due_dates_out_of_order")
    if data.cost and sum(_amounts_of(data.cost), ZERO) < sum((row.interest + row.fee for row in data.schedule), ZERO):
        found.append("charges_below_schedule")
    if not _receipts_agree(data):
        found.append("receipts_differ_from_schedule")
    if data.cost and data.overdue and data.cost.nominal_annual_rate > data.overdue.cap_annual_rate:
        found.append("cost_above_cap")
    return tuple(found)


def _instalments_of(terms: LoanTerms) -> int | None:
    """A loan repaid in one sum counts its term in periods and has one instalment."""
    return 1 if terms.method == "bullet" else terms.periods


def _receipts_agree(data: ContractData) -> bool:
    planned: dict[int, tuple[Decimal, Decimal]] = {}
    for lender in data.lenders:
        if sum((receipt.principal for receipt in lender.receipts), ZERO) != lender.amount:
            return False
        for receipt in lender.receipts:
            principal, interest = planned.get(receipt.number, (ZERO, ZERO))
            planned[receipt.number] = (principal + receipt.principal, interest + receipt.interest)
    scheduled = {row.number: (row.principal, row.interest) for row in data.schedule}
    # A deferred instalment pays nothing, and a lender's plan may leave it out.
    return {n: sums for n, sums in planned.items() if any(sums)} == {
        n: sums for n, sums in scheduled.items() if any(sums)
    }


def check_contract(data: ContractData) -> None:
    """Refuse a contract that is incomplete or contradicts itself.

    Raises ContractIncomplete or ContractContradictory with the names of the items.
    """
    if missing := missing_clauses(data):
        raise ContractIncomplete(missing)
    if disagreeing := contradictions(data):
        raise ContractContradictory(disagreeing)
