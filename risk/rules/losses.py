"""Expected loss: probability of default by score, from what the book has shown, times loss given default, times amount.

The rate of a band of 20 points is drawn towards a prior while the band has few loans:
`PD = (defaults + K * prior) / (loans + K)` with K = 50 loans and `prior = p0 * 2 ** ((mean - score) / 40)`: the book's own
default rate p0 at its mean score, doubled with every 40 points less. Whoever was always declined has no outcome, so his
band has the prior alone. Expected loss of a loan is PD x LGD x amount.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

BAND_POINTS: Final = 20
_WEIGHT: Final = 50
_DOUBLING_POINTS: Final = 40
_HIGHEST: Final = 0.99
_SHARE_STEP: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Observed:
    """What a part of the seasoned book has shown: loans and defaults of one product, grade and band of the score."""

    product: str
    grade: str
    band: int
    loans: int
    defaults: int
    principal: Decimal


@dataclass(frozen=True, slots=True)
class LossBasis:
    """What losses are reckoned from; frozen with a trial, so that its figures can be reckoned again."""

    base_pd: float
    mean_score: float
    lgd: float
    bands: Mapping[int, tuple[int, int]]

    def estimate_pd(self, score: int) -> float:
        """Return the probability of default at a score: at the mean of a book without outcomes that is its base."""
        band = band_of(score)
        loans, defaults = self.bands.get(band, (0, 0))
        prior = min(self.base_pd * 2 ** ((self.mean_score - band - BAND_POINTS / 2) / _DOUBLING_POINTS), _HIGHEST)
        return min((defaults + _WEIGHT * prior) / (loans + _WEIGHT), _HIGHEST)

    def expect_loss_fen(self, score: int, amount_fen: int) -> int:
        """Return the expected loss of a loan; ¥10,000 at a PD of 2 % and an LGD of 60 % is ¥120."""
        return round(self.estimate_pd(score) * self.lgd * amount_fen)

    def as_json(self) -> dict[str, Any]:
        """Return the basis as it is stored."""
        bands = {str(band): list(counts) for band, counts in self.bands.items()}
        return {"base_pd": self.base_pd, "mean_score": self.mean_score, "lgd": self.lgd, "bands": bands}


def read_basis(stored: Mapping[str, Any]) -> LossBasis:
    """Return a stored basis."""
    bands = {int(band): (counts[0], counts[1]) for band, counts in stored["bands"].items()}
    return LossBasis(stored["base_pd"], stored["mean_score"], stored["lgd"], bands)


def band_of(score: int) -> int:
    """Return the least score of a score's band: of 635 that is 620."""
    return score // BAND_POINTS * BAND_POINTS


def build_basis(observed: Iterable[Observed], *, prior_pd: float, prior_score: float, lgd: float) -> LossBasis:
    """Return the basis of a book; what a young book has not shown yet comes from the priors."""
    bands: dict[int, tuple[int, int]] = {}
    for row in observed:
        loans, defaults = bands.get(row.band, (0, 0))
        bands[row.band] = (loans + row.loans, defaults + row.defaults)
    loans = sum(count for count, _defaults in bands.values())
    defaults = sum(count for _loans, count in bands.values())
    base_pd = (defaults + _WEIGHT * prior_pd) / (loans + _WEIGHT)
    centre = BAND_POINTS / 2
    mean = (sum((band + centre) * count for band, (count, _defaults) in bands.items()) + _WEIGHT * prior_score) / (
        loans + _WEIGHT
    )
    return LossBasis(base_pd, mean, lgd, bands)


@dataclass(frozen=True, slots=True)
class Recovery:
    """What defaults of long enough ago left: how many, the principal unpaid at the default, what came of it since."""

    defaults: int
    exposure: Decimal
    recovered: Decimal


@dataclass(frozen=True, slots=True)
class LossShare:
    """The share of a default that is lost, and how many defaults showed it; none where it is the house's assumption."""

    value: Decimal
    defaults: int = 0


def estimate_loss_share(recovery: Recovery | None, *, assumed: Decimal, least: int) -> LossShare:
    """Return what the book lost of its defaults once there are enough of them, else the assumption.

    Of 40 defaults with 400 000.00 unpaid of which 130 000.00 came later, 0.675000 is lost.
    """
    if recovery is None or recovery.defaults < least or recovery.exposure <= 0:
        return LossShare(assumed)
    lost = 1 - recovery.recovered / recovery.exposure
    return LossShare(lost.quantize(_SHARE_STEP, ROUND_HALF_UP), recovery.defaults)


@dataclass(frozen=True, slots=True)
class GradeLoss:
    """What a grade is expected to lose of a product's loans, against what it pays."""

    grade: str
    loans: int
    defaults: int
    pd: float
    lgd: float

    @property
    def expected_loss_rate(self) -> float:
        """Return the share of the amount that is expected to be lost."""
        return self.pd * self.lgd


def judge_grades(
    observed: Iterable[Observed], grades: Iterable[str], *, base_pd: float, lgd: float
) -> dict[str, GradeLoss]:
    """Return each grade's default rate, drawn towards the whole book's while it has few loans."""
    counts: dict[str, tuple[int, int]] = {}
    for row in observed:
        loans, defaults = counts.get(row.grade, (0, 0))
        counts[row.grade] = (loans + row.loans, defaults + row.defaults)
    found = {}
    for grade in grades:
        loans, defaults = counts.get(grade, (0, 0))
        found[grade] = GradeLoss(grade, loans, defaults, (defaults + _WEIGHT * base_pd) / (loans + _WEIGHT), lgd)
    return found
