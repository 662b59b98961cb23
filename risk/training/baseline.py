"""The yardstick: a plain logistic regression, which a richer model has to beat to be worth its reading.

Amounts are clipped at their first and last hundredth and put on a logarithmic scale: on raw amounts a few giants hold the
line, and the yardstick would be too short (.70 instead of .86 on a public set of 150 000 borrowers).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk.rules.scoring.features import CATEGORY
from risk.training.frame import Frame


def predict_baseline(train: Frame, test: Frame) -> NDArray[np.float64]:
    """Return the yardstick's log-odds for one part, learned from the other."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    columns = [_spread(name, train, test) for name in train.names]
    left = np.column_stack([pair[0] for pair in columns])
    right = np.column_stack([pair[1] for pair in columns])
    scaler = StandardScaler().fit(left)
    model = LogisticRegression(C=0.1, max_iter=1000).fit(scaler.transform(left), train.bad)
    logits: NDArray[np.float64] = model.decision_function(scaler.transform(right))
    return logits


def _spread(name: str, train: Frame, test: Frame) -> tuple[NDArray[Any], NDArray[Any]]:
    if train.type_of(name) == CATEGORY:
        words = sorted({word for word in train.columns[name] if word is not None})[:60]
        left, right = (
            np.column_stack([frame.columns[name] == word for word in words]).astype(float) for frame in (train, test)
        )
        return left, right
    known = train.columns[name][~np.isnan(train.columns[name])]
    low, high = (float(np.quantile(known, share)) for share in (0.01, 0.99)) if len(known) else (0.0, 0.0)
    middle = float(np.median(known)) if len(known) else 0.0
    parts = []
    for frame in (train, test):
        values = frame.columns[name]
        missing = np.isnan(values)
        parts.append(np.column_stack((compress(np.where(missing, middle, values), low, high), missing)))
    return parts[0], parts[1]


def compress(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return values clipped and on a logarithmic scale that keeps their signs: 0, 9 and -9 give 0, 1 and -1."""
    clipped = np.clip(values, low, high)
    squeezed: NDArray[np.float64] = np.sign(clipped) * np.log1p(np.abs(clipped)) / math.log(10)
    return squeezed
