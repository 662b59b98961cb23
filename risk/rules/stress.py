"""What the book would lose if more borrowers failed, and what would move if rates did (docs/algorithms/stress.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO, round_yuan

_ONE = Decimal(1)
_POINT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class BookPart:
    """The loans of one product in one bucket: how many, what principal and what interest is still to come."""

    product: str
    bucket: str
    loans: int
    principal: Decimal
    interest: Decimal


@dataclass(frozen=True, slots=True)
class PartLoss:
    """What one part loses within a year as things are, and under stress."""

    part: BookPart
    chance: Decimal
    stressed_chance: Decimal
    loss: Decimal
    stressed_loss: Decimal


def stress_chance(chance: Decimal, multiplier: Decimal) -> Decimal:
    """Return a chance of default under stress, never more than certainty: 0.03 times 2.5 is 0.075, 0.65 is 1."""
    return min(_ONE, chance * multiplier)


def shock_defaults(
    parts: Sequence[BookPart], *, chances: Mapping[str, Decimal], loss_share: Decimal, multiplier: Decimal
) -> list[PartLoss]:
    """Return the expected loss of each part: principal x chance x share lost, as it is and with the chance multiplied.

    100 000 in M0 at 3 % and 60 % lost: 1 800.00; with three times the defaults 5 400.00. Half a fen goes up.
    """
    found = []
    for part in parts:
        chance = chances.get(part.bucket, _ONE)
        stressed = stress_chance(chance, multiplier)
        found.append(
            PartLoss(
                part,
                chance,
                stressed,
                round_yuan(part.principal * chance * loss_share),
                round_yuan(part.principal * stressed * loss_share),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class RateShock:
    """What is assumed of a move of the LPR.

    `prepay_per_point` is the share of the dearer borrowers who settle early for each percentage point that the LPR falls,
    `outflow_per_point` the share of idle money that investors take away for each point that it rises.
    """

    lpr: Decimal
    move: Decimal
    cap_multiple: Decimal
    prepay_per_point: Decimal
    outflow_per_point: Decimal

    @property
    def cap(self) -> Decimal:
        """Return the legal cap after the move: LPR 3.00 % less half a point gives 4 x 2.50 % = 10.00 %."""
        return self.cap_multiple * max(self.lpr + self.move, Decimal(0))

    @property
    def prepay_share(self) -> Decimal:
        """Return which share of the borrowers above the new cap settles early."""
        return min(_ONE, self.prepay_per_point * max(-self.move, Decimal(0)) / _POINT)

    @property
    def outflow_share(self) -> Decimal:
        """Return which share of the investors' idle money leaves."""
        return min(_ONE, self.outflow_per_point * max(self.move, Decimal(0)) / _POINT)


@dataclass(frozen=True, slots=True)
class RateEffect:
    """What a move of the LPR does to the book: interest that investors lose, money that leaves, listings unfunded."""

    lost_interest: Decimal
    outflow: Decimal
    gap_before: Decimal
    gap_after: Decimal


def shock_rates(shock: RateShock, *, dear_interest: Decimal, idle: Decimal, demand: Decimal) -> RateEffect:
    """Return the effect of a move; `dear_interest` is what loans priced above the new cap still have to pay.

    LPR 3 % falls half a point, 20 % of the dear borrowers leave for each point: 10 % of 50 000 is 5 000.00 lost.
    It rises one point, 15 % of idle money leaves for each: of 200 000 stay 170 000, and 180 000 asked lack 10 000.00.
    """
    outflow = round_yuan(idle * shock.outflow_share)
    return RateEffect(
        lost_interest=round_yuan(dear_interest * shock.prepay_share),
        outflow=outflow,
        gap_before=max(demand - idle, ZERO),
        gap_after=max(demand - (idle - outflow), ZERO),
    )
