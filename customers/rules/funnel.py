"""A funnel: how many reached each step, and where they gave up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One step: how many reached it, out of how many of the step before, how many did not come this far."""

    code: str
    count: int
    before: int
    dropped: int
    share: float | None
    share_of_first: float | None


def build_funnel(order: Sequence[str], counts: Mapping[str, int]) -> list[FunnelStep]:
    """Return the steps in order with their rates; a rate without a denominator is None, not zero.

    120 phones, 90 registered: the step REGISTERED has 90 of 120, 30 dropped, share 0.75.
    """
    steps: list[FunnelStep] = []
    first = counts.get(order[0], 0) if order else 0
    before = first
    for code in order:
        count = counts.get(code, 0)
        steps.append(
            FunnelStep(
                code=code,
                count=count,
                before=before,
                dropped=max(before - count, 0),
                share=count / before if before else None,
                share_of_first=count / first if first else None,
            )
        )
        before = count
    return steps
