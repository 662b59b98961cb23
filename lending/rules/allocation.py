"""Which dues a borrower's payment pays, and in which order."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple


class Component(StrEnum):
    """What an amount is owed for."""

    FEE = "FEE"
    PENALTY = "PENALTY"
    INTEREST = "INTEREST"
    PRINCIPAL = "PRINCIPAL"


class Axis(StrEnum):
    """Whether an instalment is cleared before the next one, or a component across all instalments before the next."""

    INSTALMENT_FIRST = "INSTALMENT_FIRST"
    COMPONENT_FIRST = "COMPONENT_FIRST"


LEGAL_ORDER = (Component.FEE, Component.PENALTY, Component.INTEREST, Component.PRINCIPAL)


@dataclass(frozen=True, slots=True)
class AllocationRule:
    """A product's order of allocation.

    `advance_order` rules what is not due yet and always goes instalment by instalment; None leaves the money that
    exceeds the dues with the payer. Every order names each component once, or some debt could never be paid.
    """

    due_order: tuple[Component, ...] = LEGAL_ORDER
    advance_order: tuple[Component, ...] | None = None
    axis: Axis = Axis.INSTALMENT_FIRST

    def __post_init__(self) -> None:
        for order in (self.due_order, self.advance_order):
            if order is not None and sorted(order) != sorted(Component):
                raise ValueError("an order of allocation names each component once")


DEFAULT_RULE = AllocationRule()


class UnpaidPart(NamedTuple):
    """What is still unpaid of one component of instalment `n`; a charge may have a due date of its own."""

    n: int
    component: Component
    due_date: date
    unpaid_fen: int


class AllocatedPart(NamedTuple):
    """What a payment pays of one component of instalment `n`."""

    n: int
    component: Component
    fen: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """Where a payment went, in the order in which it went there, and what nothing was owed for."""

    parts: tuple[AllocatedPart, ...]
    remainder_fen: int

    def total_fen(self, component: Component) -> int:
        """Return what went to one component over all instalments."""
        return sum(part.fen for part in self.parts if part.component is component)

    def by_component(self) -> dict[Component, int]:
        """Return what went to each component, zeros included."""
        return {component: self.total_fen(component) for component in Component}


def list_parts(
    n: int,
    due_date: date,
    *,
    fee_fen: int = 0,
    penalty_fen: int = 0,
    interest_fen: int = 0,
    principal_fen: int = 0,
) -> Iterator[UnpaidPart]:
    """Yield the unpaid parts of an instalment whose components all fall due on one day."""
    amounts = zip(LEGAL_ORDER, (fee_fen, penalty_fen, interest_fen, principal_fen), strict=True)
    return (UnpaidPart(n, component, due_date, amount_fen) for component, amount_fen in amounts if amount_fen)


def allocate(
    payment_fen: int, parts: Iterable[UnpaidPart], *, on: date, rule: AllocationRule = DEFAULT_RULE
) -> Allocation:
    """Pay the dues of a day in the rule's order, oldest instalment first.

    Since the order of the parts does not depend on the amount, two payments on one day pay what their sum pays.
    500 yuan on the due date of 1000 principal, 30 interest and 50 fee pay 50, 30 and 420.
    """
    if payment_fen < 0:
        raise ValueError("a payment is not negative")
    paid: Counter[tuple[int, Component]] = Counter()
    left_fen = payment_fen
    for part in _sort_parts(parts, on, rule):
        if not left_fen:
            break
        paid_fen = min(part.unpaid_fen, left_fen)
        paid[part.n, part.component] += paid_fen
        left_fen -= paid_fen
    allocated = (AllocatedPart(n, component, fen) for (n, component), fen in paid.items())
    return Allocation(tuple(allocated), left_fen)


def _sort_parts(parts: Iterable[UnpaidPart], on: date, rule: AllocationRule) -> list[UnpaidPart]:
    """Return what may be paid on the day in the order of payment: first the dues, then what may be paid in advance."""
    due: list[UnpaidPart] = []
    advance: list[UnpaidPart] = []
    for part in parts:
        if part.unpaid_fen < 0:
            raise ValueError("an unpaid amount is not negative")
        if part.unpaid_fen:
            (due if part.due_date <= on else advance).append(part)
    rank = {component: place for place, component in enumerate(rule.due_order)}
    if rule.axis is Axis.COMPONENT_FIRST:
        due.sort(key=lambda part: (rank[part.component], part.n, part.due_date))
    else:
        due.sort(key=lambda part: (part.n, rank[part.component], part.due_date))
    if rule.advance_order is None:
        return due
    advance_rank = {component: place for place, component in enumerate(rule.advance_order)}
    advance.sort(key=lambda part: (part.n, advance_rank[part.component], part.due_date))
    return due + advance
