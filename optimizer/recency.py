"""How fast the past fades: exponential weights whose half-life is judged by prediction.

Each candidate half-life predicts newer days from older ones with a simple pooled rate, and is scored
by the negative-binomial log likelihood (prequential judgement, Dawid 1984). Counts that fade so are
the Gamma-Poisson case of a discounted dynamic model (West and Harrison 1997). Volumes keep the best
half-life, or a longer one that predicts about as well; rates average over half-lives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, logsumexp

from optimizer.outlook import FloatArray, IntArray
from optimizer.sums import sum_by

SAMPLE_ROWS = 3_000_000
MIN_DAYS = 9
CLOSE = 2.0  # log likelihood within which the longer memory is taken
BLOCKS = 3  # runs of newer days that the older ones must predict
STRENGTHS = (1.0, 4.0, 16.0, 64.0)  # counts' worth of the pooled rate in a prediction
SCATTERS = (0.0, 0.04, 0.2, 1.0)  # relative variance of a run of days around its rate
USUAL_SCATTER = 0.05


def weights(age: FloatArray | IntArray, half_life: float) -> FloatArray:
    """Weight of a day that is ``age`` days old; 1 for all when the half-life is infinite."""
    faded: FloatArray = np.exp2(-np.asarray(age, dtype=np.float64) / half_life)
    return faded


@dataclass(frozen=True, slots=True)
class Fade:
    """Half-lives in days, and how likely each is."""

    half_lives: tuple[float, ...]
    chance: tuple[float, ...]

    def at(self, age: FloatArray | IntArray) -> FloatArray:
        """Mean weight of a day that is ``age`` days old."""
        days = np.arange(int(age.max()) + 1) if len(age) else np.zeros(1)
        both = zip(self.half_lives, self.chance, strict=True)
        curve = sum((share * weights(days, half) for half, share in both), np.zeros(len(days)))
        faded: FloatArray = curve[age.astype(np.int64)]
        return faded


def fade(
    keyword: IntArray,
    age: IntArray,
    counts: FloatArray,
    exposure: FloatArray,
    candidates: tuple[float, ...],
    prior: tuple[float, ...],
) -> Fade:
    """How likely each half-life is, by how well it predicts each of the newest runs of days.

    ``prior`` is how likely each candidate was. On a short history nothing fades. ``age`` is counted
    from the newest day; arrays are (R,).
    """
    span = int(age.max()) + 1 if len(age) else 0
    if span < MIN_DAYS:
        return Fade((np.inf,), (1.0,))
    step = len(age) // SAMPLE_ROWS + 1
    if step > 1:
        picked = keyword % step == 0
        keyword, age, counts, exposure = (a[picked] for a in (keyword, age, counts, exposure))
    size = int(keyword.max()) + 1 if len(keyword) else 0
    length = min(7, span // 4)
    score = np.zeros((len(candidates), len(STRENGTHS) * len(SCATTERS)))
    for block in range(BLOCKS):
        newest = block * length
        test = (age >= newest) & (age < newest + length)
        past = age >= newest + length
        y, e = (sum_by(keyword[test], values[test], size) for values in (counts, exposure))
        old = age[past] - newest - length
        for place, half_life in enumerate(candidates):
            faded = weights(old, half_life)
            seen = sum_by(keyword[past], counts[past] * faded, size)
            room = sum_by(keyword[past], exposure[past] * faded, size)
            score[place] += _scores(y, e, seen, room, STRENGTHS, SCATTERS)
    by_half_life = logsumexp(score, axis=1) + np.log(prior)
    chance = np.exp(by_half_life - logsumexp(by_half_life))
    return Fade(candidates, tuple(float(share) for share in chance))


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
        scores += _scores(y, e, seen, room, (STRENGTHS[0],), (USUAL_SCATTER,))
    good = [
        half_life
        for half_life, score in zip(candidates, scores, strict=True)
        if score >= max(scores) - CLOSE
    ]
    return max(good)


def _scores(
    y: FloatArray,
    e: FloatArray,
    seen: FloatArray,
    room: FloatArray,
    strengths: tuple[float, ...],
    scatters: tuple[float, ...],
) -> list[float]:
    """Log likelihoods of the held-out counts, each keyword pulled to the pooled rate, for every strength
    and every scatter.

    The level common to all is left free: only what differs between keywords is judged. ``scatter``
    keeps days that scatter by themselves from passing for a rate that has moved.
    """
    used = (e > 0) & (room > 0)
    y, e, seen, room = y[used], e[used], seen[used], room[used]
    if not len(y) or room.sum() <= 0:
        return [0.0] * (len(strengths) * len(scatters))
    pooled = (seen.sum() + 0.5) / room.sum()
    total, some = float(y.sum()), np.flatnonzero(y > 0)
    found = y[some]
    scores = []
    for strength in strengths:
        mean = e * (seen + strength) / (room + strength / pooled)
        mean = np.maximum(mean * (total / max(float(mean.sum()), 1e-12)), 1e-12)
        for scatter in scatters:
            shape = 1.0 / (1.0 / (strength + seen) + scatter)
            silent = -float((shape * np.log1p(mean / shape)).sum())
            shape, expected = shape[some], mean[some]
            told = gammaln(shape + found) - gammaln(shape)
            told += found * np.log(expected / (shape + expected))
            scores.append(silent + float(told.sum()))
    return scores
