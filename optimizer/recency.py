"""How fast the past fades: exponential weights whose half-life is chosen by prediction.

Each candidate half-life predicts the newest days from the older ones with a simple pooled rate; the
one with the best negative-binomial log likelihood is kept (prequential choice, Dawid 1984), or a
longer one that predicts about as well.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from optimizer.outlook import FloatArray, IntArray
from optimizer.sums import sum_by

SAMPLE_ROWS = 3_000_000
MIN_DAYS = 9
CLOSE = 2.0  # log likelihood within which the longer memory is taken


def weights(age: FloatArray | IntArray, half_life: float) -> FloatArray:
    """Weight of a day that is ``age`` days old; 1 for all when the half-life is infinite."""
    faded: FloatArray = np.exp2(-np.asarray(age, dtype=np.float64) / half_life)
    return faded


def choose_half_life(
    keyword: IntArray,
    age: IntArray,
    counts: FloatArray,
    exposure: FloatArray,
    candidates: tuple[float, ...],
    default: float,
) -> float:
    """The half-life, in days, that best predicts the newest days; ``default`` on a short history."""
    if not len(age) or int(age.max() - age.min()) + 1 < MIN_DAYS:
        return default
    newest = int(age.min())
    span = int(age.max()) - newest + 1
    held_out = min(7, span // 3)
    step = len(age) // SAMPLE_ROWS + 1
    if step > 1:
        picked = keyword % step == 0
        keyword, age, counts, exposure = (
            keyword[picked],
            age[picked],
            counts[picked],
            exposure[picked],
        )
    size = int(keyword.max()) + 1 if len(keyword) else 0
    test = age < newest + held_out
    y = sum_by(keyword[test], counts[test], size)
    e = sum_by(keyword[test], exposure[test], size)
    past, past_age = keyword[~test], age[~test] - newest - held_out
    scores = []
    for half_life in candidates:
        fade = weights(past_age, half_life)
        seen = sum_by(past, counts[~test] * fade, size)
        room = sum_by(past, exposure[~test] * fade, size)
        scores.append(_score(y, e, seen, room))
    good = [
        half_life
        for half_life, score in zip(candidates, scores, strict=True)
        if score >= max(scores) - CLOSE
    ]
    return max(good)


def _score(y: FloatArray, e: FloatArray, seen: FloatArray, room: FloatArray) -> float:
    """Log likelihood of the held-out counts, each keyword pulled lightly to the pooled rate."""
    used = (e > 0) & (room > 0)
    y, e, seen, room = y[used], e[used], seen[used], room[used]
    if not len(y) or room.sum() <= 0:
        return 0.0
    pooled = (seen.sum() + 0.5) / room.sum()
    level = y.sum() / max(float((e * (seen + 1.0) / (room + 1.0 / pooled)).sum()), 1e-12)
    mean = np.maximum(level * e * (seen + 1.0) / (room + 1.0 / pooled), 1e-12)
    shape = np.minimum(1.0 + seen, 20.0)
    term = (
        gammaln(shape + y)
        - gammaln(shape)
        + shape * np.log(shape / (shape + mean))
        + y * np.log(mean / (shape + mean))
    )
    return float(term.sum())
