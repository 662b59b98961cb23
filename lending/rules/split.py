"""How one payment of a borrower is divided among the lenders of the loan, to the fen.

Every lender is entitled to `paid so far x lent / loan` of each component. What he has received is kept within one
fen of that at all times; docs/algorithms/allocation-and-split.md holds the proof. Since no remainder is carried
anywhere (the counters of what was received are the whole state), nothing can drift and nothing needs repair.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.money import split_fen


class Parts(NamedTuple):
    """An amount by component, in fen."""

    principal_fen: int = 0
    interest_fen: int = 0
    penalty_fen: int = 0
    fee_fen: int = 0

    @property
    def total_fen(self) -> int:
        """Return the sum of the components."""
        return sum(self)

    def plus(self, other: "Parts") -> "Parts":
        """Return the sum by component."""
        return Parts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def minus(self, other: "Parts") -> "Parts":
        """Return the difference by component."""
        return Parts(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))


NOTHING = Parts()


@dataclass(frozen=True, slots=True)
class LenderPosition:
    """One lender's share of a loan and what he has received of it since the payout."""

    key: int
    lent_fen: int
    received: Parts = NOTHING

    @property
    def outstanding_fen(self) -> int:
        """Return the principal that the lender has not got back."""
        return self.lent_fen - self.received.principal_fen


class LenderPart(NamedTuple):
    """What one lender receives of one payment."""

    key: int
    parts: Parts


class SplitError(ValueError):
    """A payment cannot be divided: an amount is negative, or there is less principal left than it repays."""


def split_payment(payment: Parts, positions: Sequence[LenderPosition]) -> list[LenderPart]:
    """Divide a payment among the lenders; each component sums exactly to the payment's.

    Interest may be negative: an early settlement takes back what was paid ahead and not earned. The parts come in the
    order of `positions`, which must be the same order each time (by key), for it breaks ties.
    Lenders of 10, 20 and 70 yuan receive 1.01 yuan of interest as 10, 20 and 71 fen, the next one in the same way, and
    the third as 10, 21 and 70. Raises SplitError.
    """
    _check(payment, positions)
    weights = [position.lent_fen for position in positions]
    columns = []
    for component, amount_fen in enumerate(payment):
        if amount_fen:
            columns.append(apportion(amount_fen, weights, [position.received[component] for position in positions]))
        else:
            columns.append([0] * len(positions))
    rows = map(Parts._make, zip(*columns, strict=True))
    return [LenderPart(position.key, parts) for position, parts in zip(positions, rows, strict=True)]


def plan_distribution(payments: Iterable[Parts], positions: Sequence[LenderPosition]) -> list[list[LenderPart]]:
    """Divide a row of future payments, one after the other, as they will be divided if they arrive so.

    This is the plan that a lender signs: it holds to the fen when the borrower pays on the due dates.
    """
    plan = []
    current = list(positions)
    for payment in payments:
        lender_parts = split_payment(payment, current)
        plan.append(lender_parts)
        current = [
            LenderPosition(position.key, position.lent_fen, position.received.plus(part.parts))
            for position, part in zip(current, lender_parts, strict=True)
        ]
    return plan


def apportion(amount_fen: int, weights: Sequence[int], received_fen: Sequence[int]) -> list[int]:
    """Divide the next fen of a stream so that each receiver stays within one fen of his share of all of it.

    Everybody first gets the whole fen that he is owed; the fen left over go to those who would be the first to be owed
    a further whole fen. Among equal weights that is the largest shortfall; among unequal ones the largest shortfall
    alone would some day owe more whole fen than there are (docs/adr/0021-leftover-fen.md).
    """
    weight_sum = sum(weights)
    stream_fen = sum(received_fen) + amount_fen
    owed_fen = [stream_fen * weight // weight_sum for weight in weights]
    takes_back = amount_fen < 0
    parts = [
        owed - received if owed > received or takes_back else 0
        for owed, received in zip(owed_fen, received_fen, strict=True)
    ]
    left_fen = amount_fen - sum(parts)
    if left_fen < 0:
        return _apportion_behind(amount_fen, stream_fen, weights, received_fen)
    if left_fen:
        # The length of the stream at which the next whole fen of each will be owed; who stands at or above his exact
        # share is not in the queue.
        next_owed = {
            index: -(-(owed + 1) * weight_sum // weight)
            for index, (owed, received, weight) in enumerate(zip(owed_fen, received_fen, weights, strict=True))
            if (received <= owed or takes_back) and owed * weight_sum < stream_fen * weight
        }
        for index in sorted(next_owed, key=next_owed.__getitem__)[:left_fen]:
            parts[index] += 1
    return parts


def _apportion_behind(
    amount_fen: int, stream_fen: int, weights: Sequence[int], received_fen: Sequence[int]
) -> list[int]:
    """Divide by shortfall when more is owed than there is.

    Only a stream with a payment taken out of its middle (a reversal without replay) comes here; it closes the gaps
    and later payments are exact again.
    """
    weight_sum = sum(weights)
    shortfalls = [
        max(stream_fen * weight - received * weight_sum, 0)
        for weight, received in zip(weights, received_fen, strict=True)
    ]
    return split_fen(amount_fen, shortfalls)


def _check(payment: Parts, positions: Sequence[LenderPosition]) -> None:
    if not positions:
        raise SplitError("a payment needs at least one lender")
    if any(amount_fen < 0 for amount_fen in payment._replace(interest_fen=0)):
        raise SplitError("a payment has no negative component but interest that is given back")
    if payment.interest_fen < 0 and -payment.interest_fen > sum(
        position.received.interest_fen for position in positions
    ):
        raise SplitError("more interest is given back than was received")
    if any(position.lent_fen <= 0 for position in positions):
        raise SplitError("every lender has lent something")
    if payment.principal_fen > sum(position.outstanding_fen for position in positions):
        raise SplitError("more principal than is outstanding")
