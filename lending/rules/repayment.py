"""What one payment does to a loan: allocated to instalments, divided among lenders, the loan's new standing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from lending.rules import arrears
from lending.rules.allocation import AllocationRule, Component, UnpaidPart, allocate
from lending.rules.split import LenderPart, LenderPosition, Parts, split_payment


@dataclass(slots=True)
class OpenInstalment:
    """An instalment that is not fully paid; what is unpaid of it, in fen. Planning lowers the figures."""

    id: int
    n: int
    due_date: date
    fee_fen: int
    penalty_fen: int
    interest_fen: int
    principal_fen: int

    @property
    def unpaid_fen(self) -> int:
        """Return what is unpaid of all components."""
        return self.fee_fen + self.penalty_fen + self.interest_fen + self.principal_fen

    @property
    def scheduled_fen(self) -> int:
        """Return what is unpaid without penalty."""
        return self.fee_fen + self.interest_fen + self.principal_fen

    def reduce(self, component: Component, fen: int) -> None:
        """Take a paid amount off a component."""
        name = f"{component.value.lower()}_fen"
        setattr(self, name, getattr(self, name) - fen)


@dataclass(frozen=True, slots=True)
class Standing:
    """The figures of a loan's standing after a payment, in fen."""

    principal_fen: int
    interest_fen: int
    fees_fen: int
    penalty_fen: int
    overdue_fen: int
    oldest_unpaid_due_date: date | None
    next_due_date: date | None
    next_due_fen: int
    dpd: int
    bucket: str
    loan_class: str


@dataclass(frozen=True, slots=True)
class RepaymentPlan:
    """Everything one payment writes."""

    amount_fen: int
    totals: Parts
    allocations: tuple[tuple[int, Component, int], ...]
    lender_parts: tuple[LenderPart, ...]
    paid_instalment_ids: tuple[int, ...]
    standing: Standing
    is_settled: bool = False
    waived: tuple[tuple[int, int, int], ...] = field(default=())
    credited: tuple[tuple[int, int], ...] = field(default=())


class PaymentTooLarge(ValueError):
    """More is paid than can be owed now; `payable_fen` is the most."""

    def __init__(self, payable_fen: int) -> None:
        self.payable_fen = payable_fen
        super().__init__(f"at most {payable_fen} fen can be paid")


def payable_instalments(instalments: Sequence[OpenInstalment], on: date) -> list[OpenInstalment]:
    """Return what may be paid on a date: everything due, and the next instalment in advance."""
    due = [row for row in instalments if row.due_date <= on]
    ahead = next((row for row in instalments if row.due_date > on), None)
    return due if ahead is None else [*due, ahead]


def sum_payable_fen(instalments: Sequence[OpenInstalment], on: date) -> int:
    """Return the most that may be paid on a date without settling early."""
    return sum(row.unpaid_fen for row in payable_instalments(instalments, on))


def plan_repayment(
    *,
    amount_fen: int,
    instalments: Sequence[OpenInstalment],
    positions: Sequence[LenderPosition],
    order: Sequence[str],
    on: date,
    settles: bool = False,
    waived: Sequence[tuple[int, int, int]] = (),
    credited: Sequence[tuple[int, int]] = (),
) -> RepaymentPlan:
    """Plan one payment; the instalments are changed in place to what stays unpaid. Raises PaymentTooLarge.

    `settles` lets the payment reach every instalment; `waived` are (instalment id, interest, fee) that an early
    settlement took off beforehand and that the plan only passes on. `credited` are (instalment id, interest) that
    were paid ahead: they pay a part of the rest, as interest that is taken back from the lenders.
    """
    reachable = list(instalments) if settles else payable_instalments(instalments, on)
    components = tuple(Component(name) for name in order)
    rule = AllocationRule(due_order=components, advance_order=components)
    credit_fen = sum(fen for _pk, fen in credited)
    allocation = allocate(amount_fen + credit_fen, _parts(reachable), on=on, rule=rule)
    if allocation.remainder_fen:
        raise PaymentTooLarge(amount_fen - allocation.remainder_fen)
    by_n = {row.n: row for row in reachable}
    written = []
    for part in allocation.parts:
        row = by_n[part.n]
        row.reduce(part.component, part.fen)
        written.append((row.id, part.component, part.fen))
    written.extend((pk, Component.INTEREST, -fen) for pk, fen in credited)
    by_component = allocation.by_component()
    totals = Parts(
        principal_fen=by_component[Component.PRINCIPAL],
        interest_fen=by_component[Component.INTEREST] - credit_fen,
        penalty_fen=by_component[Component.PENALTY],
        fee_fen=by_component[Component.FEE],
    )
    # Fees belong to the platform; everything else is the lenders'.
    lender_parts = split_payment(totals._replace(fee_fen=0), positions)
    return RepaymentPlan(
        amount_fen=amount_fen,
        totals=totals,
        allocations=tuple(written),
        lender_parts=tuple(lender_parts),
        paid_instalment_ids=tuple(row.id for row in reachable if row.unpaid_fen == 0),
        standing=find_standing(instalments, on),
        is_settled=all(row.unpaid_fen == 0 for row in instalments),
        waived=tuple(waived),
        credited=tuple(credited),
    )


def _parts(instalments: Sequence[OpenInstalment]) -> list[UnpaidPart]:
    return [
        UnpaidPart(row.n, component, row.due_date, fen)
        for row in instalments
        for component, fen in (
            (Component.FEE, row.fee_fen),
            (Component.PENALTY, row.penalty_fen),
            (Component.INTEREST, row.interest_fen),
            (Component.PRINCIPAL, row.principal_fen),
        )
        if fen
    ]


def find_standing(instalments: Sequence[OpenInstalment], on: date) -> Standing:
    """Return a loan's standing on a date from what is unpaid."""
    unpaid = [row for row in instalments if row.unpaid_fen]
    oldest = next((row.due_date for row in unpaid), None)
    following = next((row for row in unpaid if row.due_date >= on), None)
    dpd = arrears.count_days_past_due(on, oldest)
    return Standing(
        principal_fen=sum(row.principal_fen for row in unpaid),
        interest_fen=sum(row.interest_fen for row in unpaid),
        fees_fen=sum(row.fee_fen for row in unpaid),
        penalty_fen=sum(row.penalty_fen for row in unpaid),
        overdue_fen=sum(row.scheduled_fen for row in unpaid if row.due_date < on),
        oldest_unpaid_due_date=oldest,
        next_due_date=following.due_date if following else None,
        next_due_fen=following.unpaid_fen if following else 0,
        dpd=dpd,
        bucket=arrears.find_bucket(dpd),
        loan_class=arrears.find_grade(dpd),
    )
