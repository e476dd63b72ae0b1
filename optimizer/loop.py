"""Closing the loop: the newest days forecast again at the bids then in force, and the level put right.

A response curve fitted over a month of bids is a guess where the bids are now. What the newest days
really brought, over what the model says they should have, corrects the level of the account and of
each campaign around it. A day that its budget ended was at least as busy as it looked: it enters
with the probability of that, a censored regression (Tobin 1958). To leave such days out would take
the quiet days for usual ones, and the level would sink as long as budgets bind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from optimizer.history import Panel, Roster
from optimizer.outlook import BoolArray, FloatArray
from optimizer.recency import weights
from optimizer.volume import campaign_days, closed_days

HALF_LIFE = 4.0
WINDOW = 21
ACCOUNT_SD, CAMPAIGN_SD = 0.4, 0.2  # of the log of how far a model's level is off
ROUNDS = 15


@dataclass(frozen=True, slots=True)
class Correction:
    """By campaign: the factor on the level, and the sd of its log that is shared and that is not."""

    factor: FloatArray  # (C,)
    shared_sd: FloatArray  # (C,) of the account's level, as far as the campaign leans on it
    own_sd: FloatArray  # (C,)


def level_correction(panel: Panel, roster: Roster, pace: FloatArray, day_sd: float) -> Correction:
    """Factors on the level, given the clicks a day ``pace`` (R,) that the model expects of the rows.

    ``day_sd`` is how much the log of one day's demand differs from another's.
    """
    shape = (len(roster.campaign_ids), panel.days)
    seen, expected = campaign_days(panel, roster, shape, pace)
    told = panel.calendar.usual(panel.days)
    closed = closed_days(panel, roster, shape) & told
    days = _Days((expected * told)[:, :WINDOW], (seen * told)[:, :WINDOW], closed[:, :WINDOW])
    none = np.zeros(1)
    account, account_sd = _posterior(days.of_account(), day_sd, none, ACCOUNT_SD)
    level, own_sd = _posterior(days, day_sd, account, CAMPAIGN_SD)
    return Correction(np.exp(level), account_sd * (own_sd / CAMPAIGN_SD) ** 2, own_sd)


@dataclass(frozen=True, slots=True)
class _Days:
    """Amounts by campaign (or account) and day, newest first: (C, T) each."""

    expected: FloatArray
    seen: FloatArray
    closed: BoolArray

    def of_account(self) -> _Days:
        """All campaigns as one: those that stayed open, or all on a day when none did."""
        none_open = np.atleast_2d(self.closed.all(axis=0))
        counted = ~self.closed | none_open
        return _Days(
            np.where(counted, self.expected, 0.0).sum(axis=0, keepdims=True),
            np.where(counted, self.seen, 0.0).sum(axis=0, keepdims=True),
            none_open,
        )


def _posterior(
    days: _Days, day_sd: float, centre: FloatArray, sd: float
) -> tuple[FloatArray, FloatArray]:
    """Mode and sd (C,) of log(true level / model's) around ``centre``, by damped Newton steps.

    Open days are counts with mean expected * level and a spread of ``day_sd`` beyond Poisson; closed
    ones are log-normal demand that was at least what was seen.
    """
    fade = weights(np.arange(days.seen.shape[1]), HALF_LIFE)
    expected = np.maximum(days.expected, 1e-9)
    floor = np.log((days.seen + 0.5) / (expected + 0.5))
    level = np.broadcast_to(centre, (len(expected),)).astype(np.float64)
    for _ in range(ROUNDS):
        mean = expected * np.exp(level)[:, None]
        spread = 1.0 + day_sd**2 * mean
        noise = np.sqrt(day_sd**2 + 1.0 / (mean + 0.5))
        z = (level[:, None] - 0.5 * noise**2 - floor) / noise
        odds = np.exp(-0.5 * z**2 - 0.5 * np.log(2.0 * np.pi) - log_ndtr(z))
        score = np.where(days.closed, odds / noise, (days.seen - mean) / spread)
        told = np.where(days.closed, odds * (odds + z) / noise**2, mean / spread)
        top = (fade * score).sum(axis=1) - (level - centre) / sd**2
        bottom = (fade * told).sum(axis=1) + sd**-2
        level = level + np.clip(top / bottom, -0.5, 0.5)
    return level, 1.0 / np.sqrt(bottom)
