"""Groups of customers by k-means; how many is told by how far apart they stand."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from segmentation.rules.clusters import LEAST_CUSTOMERS, Feature, Middles
from segmentation.rules.comparable import Kind
from segmentation.rules.recommend import Lack, NothingLearned

_SEED: Final = 7
_COUNTS: Final = range(2, 8)
_COMPARED: Final = 2_000
# What hardly anybody has tells a handful from everybody; a group of a handful is no group.
_LEAST_SHARE: Final = 0.02
_FARTHEST: Final = 4.0


def make_clusters(rows: Sequence[Sequence[float]], kinds: Mapping[str, Kind]) -> Middles:
    """Find groups of customers, given on the even scale with a column a fact. Raises NothingLearned."""
    if len(rows) < LEAST_CUSTOMERS:
        raise NothingLearned(Lack.TOO_FEW)
    table = np.asarray(rows, dtype=np.float64)
    means, scales = table.mean(axis=0), table.std(axis=0)
    keys = list(kinds)
    kept = [place for place in range(len(keys)) if _varies(table[:, place])]
    if len(kept) < 2:
        raise NothingLearned(Lack.NO_TRAITS)
    points = np.clip((table[:, kept] - means[kept]) / scales[kept], -_FARTHEST, _FARTHEST)
    centres = _find_centres(points)
    features = tuple(
        Feature(keys[p], kinds[keys[p]], round(float(means[p]), 6), round(float(scales[p]), 6)) for p in kept
    )
    return Middles(features, tuple(tuple(round(float(value), 6) for value in centre) for centre in centres))


def _varies(column: NDArray[np.float64]) -> bool:
    """Tell whether enough customers have something else than most."""
    _values, counts = np.unique(column, return_counts=True)
    return bool(1 - counts.max() / len(column) >= _LEAST_SHARE)


def _find_centres(points: NDArray[np.float64]) -> NDArray[np.float64]:
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    best: tuple[float, NDArray[np.float64]] | None = None
    for count in _COUNTS:
        model = KMeans(count, n_init=4, random_state=_SEED).fit(points)
        sizes = np.bincount(model.labels_, minlength=count)
        if sizes.min() < _LEAST_SHARE * len(points):
            continue
        apart = float(
            silhouette_score(points, model.labels_, sample_size=min(_COMPARED, len(points)), random_state=_SEED)
        )
        if best is None or apart > best[0]:
            best = (apart, model.cluster_centers_)
    if best is None:
        raise NothingLearned(Lack.TOO_FEW)
    return best[1]
