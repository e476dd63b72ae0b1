"""One keyword's auction, integrated instead of played.

Every search is a generalised second-price auction with ``SLOTS`` positions (Edelman, Ostrovsky,
Schwarz 2007; Varian 2007). Scores are bid x quality. The n rivals' scores are independent
log-normals around the word's market level m, with a spread that stands for personalisation and
other real-time factors. To be shown at all, an ad must also beat a random floor (the platform's
reserve and relevance filter), another log-normal. With own score s (in units of m), F the rivals'
and G the floor's distribution, and j rivals above us:

    P(position j)         = binom(n, j) (1 - F(s))^j F(s)^(n-j) G(s)
    price at position j   = max(floor, best of the n-j rivals below s), below s
    E[price; position j]  = binom(n, j) (1 - F(s))^j integral_0^s t d(F(t)^(n-j) G(t))

A position shows the ad with probability ``VIEW[j]`` and earns the word's first-position click rate
times ``CLICK[j]``. Per class of rivals (n, spread) the sums over positions are tabulated on a fine
grid of z = ln(s) / spread and read by linear interpolation, so a day costs a few look-ups a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import comb, ndtr, ndtri

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

VIEW: Final = np.array([1.0, 0.93, 0.84, 0.72, 0.58, 0.44])
CLICK: Final = np.array([1.0, 0.64, 0.45, 0.32, 0.23, 0.16])
SLOTS: Final = len(VIEW)

_FLOOR_LEVEL: Final = 0.25  # median floor in units of the market level
_FLOOR_LOG_SD: Final = 0.8
_Z_STEP: Final = 0.02
_Z: Final = np.arange(-9.0, 9.0 + _Z_STEP / 2, _Z_STEP)


@dataclass(frozen=True, slots=True)
class RivalClasses:
    """Kinds of competition: ``rivals`` and ``log_sd``, shape (C,) each."""

    rivals: IntArray
    log_sd: FloatArray


@dataclass(frozen=True, slots=True)
class Shares:
    """Per search, at one effective bid; all arrays of one shape.

    ``views`` = expected impressions, ``clicks`` = expected clicks for a word whose first-position
    click rate is 1, ``spend`` = expected price x those clicks in units of the market level,
    ``rank`` = views x position (from 1).
    """

    views: FloatArray
    clicks: FloatArray
    spend: FloatArray
    rank: FloatArray


class AuctionTables:
    """The integrals of the module docstring for every class, and sampling of single prices.

    ``shock_log_sd`` > 0 averages over a common log-normal shock of the rivals' level, by
    Gauss-Hermite quadrature: what a day brings in expectation before its shock is known.
    """

    def __init__(self, classes: RivalClasses, shock_log_sd: float = 0.0) -> None:
        self.classes = classes
        exact = [
            _integrate(int(n), float(sd))
            for n, sd in zip(classes.rivals, classes.log_sd, strict=True)
        ]
        if shock_log_sd > 0:
            exact = [
                _average(table, float(sd), shock_log_sd)
                for table, sd in zip(exact, classes.log_sd, strict=True)
            ]
        self._rows = np.ascontiguousarray(np.concatenate(exact))

    def shares(self, rival_class: IntArray, z: FloatArray) -> Shares:
        """Views, clicks, spend and rank at standardised scores ``z``; both of one shape."""
        row, fraction = self._locate(rival_class, z)
        low, high = self._rows[row], self._rows[row + 1]
        value = low + fraction[..., None] * (high - low)
        return Shares(value[..., 0], value[..., 1], value[..., 2], value[..., 3])

    def clicks(self, rival_class: IntArray, z: FloatArray) -> FloatArray:
        """Only ``Shares.clicks``: the chance that a ready clicker sees the ad and clicks it."""
        row, fraction = self._locate(rival_class, z)
        column = self._rows[:, 1]
        low = column[row]
        clicks: FloatArray = low + fraction * (column[row + 1] - low)
        return clicks

    def prices(
        self, rival_class: IntArray, z: FloatArray, uniforms: tuple[FloatArray, ...]
    ) -> FloatArray:
        """Draw the price of single clicks, in units of the market level, below ``exp(sd * z)``.

        ``uniforms`` are three arrays of the shape of ``z``: for the position, the best rival below
        and the floor.
        """
        n = self.classes.rivals[rival_class]
        sd = self.classes.log_sd[rival_class]
        below = ndtr(z)
        position = _positions(n, below, uniforms[0])
        left = np.maximum(n - position, 1)
        beaten = below * np.maximum(uniforms[1], 1e-12) ** (1.0 / left)
        rival = np.where(position < n, np.exp(sd * ndtri(np.maximum(beaten, 1e-300))), 0.0)
        shown = ndtr((sd * z - np.log(_FLOOR_LEVEL)) / _FLOOR_LOG_SD)
        floor_z = ndtri(np.maximum(shown * uniforms[2], 1e-300))
        floor = _FLOOR_LEVEL * np.exp(_FLOOR_LOG_SD * floor_z)
        price: FloatArray = np.maximum(rival, floor)
        return price

    def _locate(self, rival_class: IntArray, z: FloatArray) -> tuple[IntArray, FloatArray]:
        place = np.clip((z - _Z[0]) / _Z_STEP, 0.0, len(_Z) - 1.000001)
        cell = place.astype(np.int64)
        return rival_class * len(_Z) + cell, place - cell


def _integrate(n: int, sd: float) -> FloatArray:
    """Table of one class, shape (len(_Z), 4): views, clicks, spend, rank per search."""
    score = np.exp(sd * _Z)
    below = ndtr(_Z)
    shown = ndtr((sd * _Z - np.log(_FLOOR_LEVEL)) / _FLOOR_LOG_SD)
    table = np.zeros((len(_Z), 4))
    for j in range(min(n, SLOTS - 1) + 1):
        above = comb(n, j) * (1.0 - below) ** j
        price_chance = below ** (n - j) * shown
        paid = 0.5 * (score[1:] + score[:-1]) * np.diff(price_chance)
        table[:, 0] += VIEW[j] * above * price_chance
        table[:, 1] += CLICK[j] * above * price_chance
        table[:, 2] += CLICK[j] * above * np.concatenate(([0.0], np.cumsum(paid)))
        table[:, 3] += VIEW[j] * above * price_chance * (j + 1)
    return table


def _average(table: FloatArray, sd: float, shock_log_sd: float) -> FloatArray:
    """A class's table averaged over the shock; spend stays in units of the unshocked level."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(9)
    weights = weights / weights.sum()
    mean = np.zeros_like(table)
    for node, weight in zip(nodes, weights, strict=True):
        shift = shock_log_sd * node
        moved = np.column_stack(
            [np.interp(_Z - shift / sd, _Z, table[:, column]) for column in range(4)]
        )
        moved[:, 2] *= np.exp(shift)
        mean += weight * moved
    return mean


def _positions(n: IntArray, below: FloatArray, uniform: FloatArray) -> IntArray:
    """Positions of clicks that happened: P(j) proportional to CLICK[j] binom(n, j) (1-F)^j F^(n-j)."""
    odds = (1.0 - below) / np.maximum(below, 1e-300)
    term = np.ones_like(below)
    weights = np.empty((SLOTS, *below.shape))
    for j in range(SLOTS):
        weights[j] = CLICK[j] * term
        term = term * odds * np.maximum(n - j, 0) / (j + 1)
    cumulated = np.cumsum(weights, axis=0)
    target = uniform * cumulated[-1]
    position: IntArray = (cumulated < target).sum(axis=0).astype(np.int64)
    return np.minimum(position, SLOTS - 1)
