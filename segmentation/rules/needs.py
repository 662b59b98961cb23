"""What a customer wants next, and when: frequencies of those who stood where he stands, and his own rhythm.

A **need** is a week in which somebody applied, or bid himself. Where he stands is told by how many needs he had and how long
ago the latest began against his usual days between two. Everything that is learned is a table of counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

HORIZON_DAYS: Final = 90
# His own rhythm counts from so many needs on; until then everybody's does.
OWN_RHYTHM: Final = 3
TIMES: Final = ((1, "1"), (2, "2"), (5, "3-5"))
MOST_TIMES: Final = "6+"
RATIOS: Final = ((0.5, "<0.5"), (1.0, "0.5-1"), (1.5, "1-1.5"), (3.0, "1.5-3"))
MOST_RATIO: Final = ">3"
# A place where few stood borrows from everybody of the role: so many customers of the average are added.
_PRIOR: Final = 20.0
# Fewer customers teach nothing.
LEAST: Final = 50


def find_days(today: date) -> tuple[date, date]:
    """Return the Sundays whose following 90 days are learned from, and then tested on.

    Needs are weeks, so that a look back ends with one. On Monday 2026-03-02: 2025-08-31 and 2025-11-30.
    """
    tested = today - timedelta(days=HORIZON_DAYS)
    tested -= timedelta(days=tested.isoweekday() % 7)
    return tested - timedelta(days=HORIZON_DAYS + 1), tested


def band_times(times: int) -> str:
    """Return the band of a number of needs."""
    return next((band for most, band in TIMES if times <= most), MOST_TIMES)


def band_ratio(ratio: float) -> str:
    """Return the band of the days since the latest need, as a multiple of the usual pause."""
    return next((band for most, band in RATIOS if ratio < most), MOST_RATIO)


@dataclass(frozen=True, slots=True)
class Place:
    """How many customers stood at a place, and how many of them had a need within the horizon."""

    role: str
    times: str
    ratio: str
    count: int
    came: int


@dataclass(frozen=True, slots=True)
class Step:
    """How many customers of a role whose latest need was for one product wanted which one next."""

    role: str
    last: int
    next: int
    count: int


def learn_chances(places: Iterable[Place]) -> dict[str, dict[str, float]]:
    """Return the chance of a need within the horizon by role and place, each drawn towards the role's average.

    30 of 100 in a role where 10 % come: (30 + 20 x .1) / (100 + 20) = .267.
    """
    rows = list(places)
    found: dict[str, dict[str, float]] = {}
    for role in {row.role for row in rows}:
        mine = [row for row in rows if row.role == role]
        average = sum(row.came for row in mine) / max(sum(row.count for row in mine), 1)
        found[role] = {"": round(average, 5)} | {
            f"{row.times}|{row.ratio}": round((row.came + _PRIOR * average) / (row.count + _PRIOR), 5) for row in mine
        }
    return found


def read_chance(chances: Mapping[str, Mapping[str, float]], role: str, times: str, ratio: str) -> float:
    """Return the chance at a place; the role's average where nobody stood."""
    own = chances.get(role, {})
    return own.get(f"{times}|{ratio}", own.get("", 0.0))


def learn_steps(steps: Iterable[Step]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the shares of the products wanted next, by role and latest product, drawn towards the role's shares."""
    rows = list(steps)
    found: dict[str, dict[str, dict[str, float]]] = {}
    for role in {row.role for row in rows}:
        mine = [row for row in rows if row.role == role]
        total = sum(row.count for row in mine)
        usual = {p: sum(r.count for r in mine if r.next == p) / total for p in sorted({r.next for r in mine})}
        found[role] = {"": {str(p): round(share, 5) for p, share in usual.items()}}
        for last in sorted({row.last for row in mine}):
            counts = {row.next: row.count for row in mine if row.last == last}
            all_of = sum(counts.values())
            found[role][str(last)] = {
                str(p): round((counts.get(p, 0) + _PRIOR * share) / (all_of + _PRIOR), 5) for p, share in usual.items()
            }
    return found


def list_next(steps: Mapping[str, Mapping[str, Mapping[str, float]]], role: str, last: int | None) -> dict[int, float]:
    """Return the shares of the products that come next after one; without one, or an unknown one, the role's."""
    own = steps.get(role, {})
    return {int(product): share for product, share in own.get(str(last or ""), own.get("", {})).items()}


def find_next(steps: Mapping[str, Mapping[str, Mapping[str, float]]], role: str, last: int | None) -> int | None:
    """Return the likeliest next product; of equal ones the lowest id."""
    shares = list_next(steps, role, last)
    return min(shares, key=lambda product: (-shares[product], product)) if shares else None


@dataclass(frozen=True, slots=True)
class Guess:
    """So many customers were given a chance, so many of them came."""

    chance: float
    count: int
    came: int


def judge_chances(guesses: Sequence[Guess]) -> dict[str, Any]:
    """Return how well chances told who came: area under the curve, Brier score, that of giving everybody the average."""
    count, came = sum(g.count for g in guesses), sum(g.came for g in guesses)
    if not count:
        return {"count": 0, "came": 0}
    base = came / count
    brier = sum(g.came * (1 - g.chance) ** 2 + (g.count - g.came) * g.chance**2 for g in guesses) / count
    return {
        "count": count,
        "came": came,
        "auc": _area(guesses),
        "brier": round(brier, 5),
        "brier_average": round(base * (1 - base), 5),
    }


def _area(guesses: Sequence[Guess]) -> float | None:
    """Return the chance that somebody who came was given more than somebody who did not, ties halved."""
    came, stayed = sum(g.came for g in guesses), sum(g.count - g.came for g in guesses)
    if not came or not stayed:
        return None
    below, area = 0, 0.0
    by_chance: dict[float, tuple[int, int]] = {}
    for g in guesses:
        a, b = by_chance.get(g.chance, (0, 0))
        by_chance[g.chance] = (a + g.came, b + g.count - g.came)
    for chance in sorted(by_chance):
        a, b = by_chance[chance]
        area += a * (below + b / 2)
        below += b
    return round(area / (came * stayed), 4)


def judge_products(
    steps: Mapping[str, Mapping[str, Mapping[str, float]]], later: Sequence[Step], role: str
) -> dict[str, Any]:
    """Return how often the product was told right later: by the table, by the most wanted one, by the latest again."""
    mine = [row for row in later if row.role == role]
    total = sum(row.count for row in mine)
    if not total:
        return {"count": 0}
    favourite = find_next(steps, role, None)
    right = sum(row.count for row in mine if row.next == find_next(steps, role, row.last))
    return {
        "count": total,
        "hit": round(right / total, 4),
        "hit_favourite": round(sum(row.count for row in mine if row.next == favourite) / total, 4),
        "hit_same": round(sum(row.count for row in mine if row.next == row.last) / total, 4),
    }
