"""Closing the loop: the newest days forecast again at the bids then in force, and the level put right.

A response curve fitted over a month of bids is a guess where the bids are now. What the newest open
days really brought, over what the model says they should have, corrects the level of each campaign,
pulled to the account's and that to 1 as far as day-to-day noise could explain the difference.
"""

from __future__ import annotations

import numpy as np

from optimizer.history import Panel, Roster
from optimizer.outlook import FloatArray
from optimizer.recency import weights
from optimizer.sums import sum_by

HALF_LIFE = 4.0
WINDOW = 14
ACCOUNT_SD, CAMPAIGN_SD = 0.25, 0.12  # of the log of how far a model's level is off


def level_correction(
    panel: Panel, roster: Roster, expected: FloatArray, seen: FloatArray, day_sd: float
) -> FloatArray:
    """(n,) factors on the level, given ``expected`` and ``seen`` (R,) amounts of the rows."""
    recent = (panel.age < panel.first_age + WINDOW) & ~panel.censored
    keyword = panel.keyword[recent]
    fade = weights(panel.age[recent] - panel.first_age, HALF_LIFE)
    campaign, size = roster.campaign[keyword], len(roster.campaign_ids)
    was = sum_by(campaign, fade * seen[recent], size)
    should = sum_by(campaign, fade * expected[recent], size)
    counted = sum_by(campaign, fade**2 * expected[recent], size)
    span = weights(np.arange(WINDOW, dtype=np.float64), HALF_LIFE)
    day_variance = day_sd**2 * float((span**2).sum() / span.sum() ** 2)
    account = _log_ratio(
        was.sum(), should.sum(), counted.sum(), day_variance, ACCOUNT_SD, np.zeros(())
    )
    by_campaign = _log_ratio(was, should, counted, day_variance, CAMPAIGN_SD, account)
    factor: FloatArray = np.exp(np.asarray(by_campaign))[roster.campaign]
    return factor


def _log_ratio(
    was: FloatArray,
    should: FloatArray,
    counted: FloatArray,
    day_variance: float,
    sd: float,
    centre: FloatArray,
) -> FloatArray:
    """Posterior mean of log(true / model) around ``centre``; ``counted`` is the variance of ``was``."""
    room = np.maximum(should, 1e-9)
    noise = counted / room**2 + day_variance + 1e-9
    trust = np.where(should > 0, sd**2 / (sd**2 + noise), 0.0)
    ratio = np.log((was + 0.5 * np.exp(centre)) / (room + 0.5))
    pulled: FloatArray = centre + trust * (ratio - centre)
    return pulled
