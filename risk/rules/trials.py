"""What a draft would have decided, added up against what was decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from risk.rules.losses import LossBasis
from risk.rules.offers import Settled

ALL: Final = "all"
_BANDS: Final = ((1_000_000, "<10000"), (5_000_000, "10000-50000"), (10_000_000, "50000-100000"))
_COUNTERS: Final = (
    "count",
    "changed",
    "approved_before",
    "approved_after",
    "amount_before",
    "amount_after",
    "loss_before",
    "loss_after",
    # Of those whose loans have been watched long enough: approved what stayed good, or did not approve what went bad.
    "known",
    "right_before",
    "right_after",
)


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided, or would have been: outcome, grade and the amount in fen."""

    outcome: str
    grade: str
    amount_fen: int

    @property
    def is_approval(self) -> bool:
        """Tell whether money would flow."""
        return self.outcome == "APPROVE"


@dataclass(frozen=True, slots=True)
class Compared:
    """One decision twice, with the parts of the book that it belongs to."""

    before: Decided
    after: Decided
    score: int
    segments: tuple[tuple[str, str], ...]
    # What came of the loan; None where there is none, or not for long enough.
    went_bad: bool | None = None

    @property
    def is_changed(self) -> bool:
        """Tell whether the applicant would have noticed."""
        return self.before != self.after


def as_decided(settled: Settled) -> Decided:
    """Return what a settled verdict comes to."""
    approved = settled.approved_amount if settled.outcome == "APPROVE" and settled.approved_amount else Decimal(0)
    return Decided(str(settled.outcome), settled.grade, int(approved * 100))


def band_amount(amount_fen: int) -> str:
    """Return the band of an asked amount: ¥49,999.99 is in `10000-50000`, ¥50,000 in the next."""
    return next((name for limit, name in _BANDS if amount_fen < limit), ">=100000")


def add_up(figures: dict[str, Any], compared: Iterable[Compared], basis: LossBasis) -> dict[str, Any]:
    """Add decisions to the figures of a trial: by segment, and by outcome before and after."""
    parts: dict[str, dict[str, list[int]]] = {
        kind: {name: _widen(row) for name, row in rows.items()} for kind, rows in figures.get("segments", {}).items()
    }
    matrix: dict[str, int] = dict(figures.get("matrix", {}))
    for one in compared:
        key = f"{one.before.outcome}>{one.after.outcome}"
        matrix[key] = matrix.get(key, 0) + 1
        row = _count(one, basis)
        for kind, name in ((ALL, ""), *one.segments):
            total = parts.setdefault(kind, {}).setdefault(name, [0] * len(_COUNTERS))
            parts[kind][name] = [old + new for old, new in zip(total, row, strict=True)]
    return {"segments": parts, "matrix": matrix}


def _count(one: Compared, basis: LossBasis) -> list[int]:
    before, after = one.before, one.after
    return [
        1,
        int(one.is_changed),
        int(before.is_approval),
        int(after.is_approval),
        before.amount_fen,
        after.amount_fen,
        basis.expect_loss_fen(one.score, before.amount_fen),
        basis.expect_loss_fen(one.score, after.amount_fen),
        int(one.went_bad is not None),
        *(int(one.went_bad is not None and decided.is_approval != one.went_bad) for decided in (before, after)),
    ]


def _widen(row: Iterable[int]) -> list[int]:
    """Return a row of a trial that may be older than the last counters."""
    found = list(row)
    return found + [0] * (len(_COUNTERS) - len(found))


def read_counts(row: Iterable[int]) -> dict[str, int]:
    """Return the counters of a segment by name."""
    return dict(zip(_COUNTERS, _widen(row), strict=True))


def measure_accuracy(counts: Mapping[str, int], when: str) -> Decimal | None:
    """Return the share of right decisions `before` or `after`; None where no outcome is known.

    40 approved of which 4 went bad, all known: 0.9 before; a draft that turns 3 of the 4 and 2 good ones down: 0.925.
    """
    return Decimal(counts[f"right_{when}"]) / counts["known"] if counts["known"] else None
