"""Joint draws of a whole plan's realised day.

What keywords share does not average out and is drawn explicitly: the account's and the campaigns'
day, the account's and the campaigns' rates, the account's position on the bid response. What is
each adgroup's or keyword's own, and the counting noise of clicks and orders, is summed into one
Gamma-like term for the spend and one for each sign of contribution, so a draw costs a product over
campaigns and not over keywords. All standard normals are drawn once: two plans share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.outlook import FloatArray, TotalDraws
from optimizer.pooling import Pooled
from optimizer.predictive import CLICK_PRICE_CV2, EXTRAPOLATION_SD
from optimizer.sums import sum_by

if TYPE_CHECKING:
    from optimizer.estimates import Estimates


@dataclass(frozen=True, slots=True)
class Shared:
    """One pooled rate's part in the totals: campaign draws (D, C) and each keyword's pulls (n,)."""

    draws: FloatArray  # log deviation of the campaign's rate
    campaign_variance: FloatArray  # (C,)
    to_campaign: FloatArray  # (n,) d log(rate) / d log(campaign rate)
    to_adgroup: FloatArray  # (n,)
    adgroup_variance: FloatArray  # (G,) own variance of the adgroup's rate
    own_variance: FloatArray  # (n,)

    @classmethod
    def of(cls, pooled: Pooled, account: FloatArray, campaign: FloatArray) -> Shared:
        """Draw the account (D,) and the campaigns (D, C) of one hierarchy."""
        level = pooled.campaign
        draws = level.own_sd * campaign + np.outer(account, level.pull * pooled.account_sd)
        adgroup_pull = pooled.adgroup.pull[pooled.tree.adgroup]
        return cls(
            draws=draws,
            campaign_variance=level.own_sd**2 + (level.pull * pooled.account_sd) ** 2,
            to_campaign=pooled.keyword.pull * adgroup_pull,
            to_adgroup=pooled.keyword.pull,
            adgroup_variance=pooled.adgroup.own_sd**2,
            own_variance=pooled.keyword.own_sd**2,
        )


@dataclass(frozen=True, slots=True)
class TotalSampler:
    """Callable from bids (n,) to ``TotalDraws``."""

    estimates: Estimates
    day: FloatArray  # (D, C) log deviation of the campaign's demand that day
    day_variance: float
    position: FloatArray  # (D,) deviation of the account's position
    traffic: tuple[Shared, ...]  # impressions, ctr
    price: Shared
    worth: tuple[Shared, ...]  # conversion, order value
    own: FloatArray  # (D, 3) standard normals for spend, gains and damages

    @classmethod
    def prepare(cls, estimates: Estimates, seed: int, draws: int) -> TotalSampler:
        """Draw everything that is shared."""
        rng = np.random.default_rng([seed, 29])
        campaigns = len(estimates.campaign_ids)
        traffic = estimates.traffic

        def shared(pooled: Pooled) -> Shared:
            return Shared.of(
                pooled, rng.standard_normal(draws), rng.standard_normal((draws, campaigns))
            )

        day = traffic.account_day_sd * rng.standard_normal((draws, 1))
        day = day + traffic.campaign_day_sd * rng.standard_normal((draws, campaigns))
        return cls(
            estimates=estimates,
            day=day,
            day_variance=traffic.account_day_sd**2 + traffic.campaign_day_sd**2,
            position=estimates.response.account_position_sd * rng.standard_normal(draws),
            traffic=(shared(traffic.impressions), shared(traffic.ctr)),
            price=shared(traffic.price_ratio),
            worth=(shared(estimates.conversion), shared(estimates.value.pooled)),
            own=rng.standard_normal((draws, 3)),
        )

    def __call__(self, bids: FloatArray) -> TotalDraws:
        """Draws of spend and contribution at ``bids``."""
        estimates = self.estimates
        mean = estimates.expect(bids)
        moved = estimates.moved(bids, slice(None))
        clicks, spend = mean.clicks, mean.spend
        unsure = (
            estimates.traffic.click_dispersion
            + (moved.sensitivity * estimates.response.position_sd) ** 2
            + (EXTRAPOLATION_SD * moved.extrapolated) ** 2
        )
        sensitivity = moved.sensitivity
        click_price = np.where(moved.shown, moved.price, 0.0)
        noise = clicks * click_price**2 * (1 + CLICK_PRICE_CV2) + spend**2 * unsure
        spend_draws = self._gamma(
            self._shared(spend, sensitivity, (*self.traffic, self.price)),
            noise.sum() + self._own(spend, (*self.traffic, self.price)),
            self.own[:, 0],
        )
        contribution = np.zeros(len(spend_draws))
        order_worth = np.square(estimates.value.mean * estimates.roster.margin)
        for column, sign in ((1, 1.0), (2, -1.0)):
            part = np.maximum(sign * mean.contribution, 0.0)
            if not part.any():
                continue
            factors = (*self.traffic, *self.worth)
            of_part = part > 0
            counted = (mean.orders * order_worth * (1 + estimates.value.cv2))[of_part].sum()
            variance = counted + (part**2 * unsure).sum() + self._own(part, factors)
            common = self._common(spend, part, clicks, unsure, noise.sum(), variance)
            z = common * self.own[:, 0] + np.sqrt(1.0 - common**2) * self.own[:, column]
            contribution += sign * self._gamma(
                self._shared(part, sensitivity, factors), variance, z
            )
        return TotalDraws(spend=spend_draws, contribution=contribution)

    def _common(
        self,
        spend: FloatArray,
        part: FloatArray,
        clicks: FloatArray,
        unsure: FloatArray,
        spend_variance: float,
        part_variance: float,
    ) -> float:
        """Correlation of the own noise of spend and contribution, which share their clicks."""
        together = (spend * part * (unsure + 1.0 / np.maximum(clicks, 1e-9)))[clicks > 0].sum()
        scale = np.sqrt(spend_variance * part_variance)
        return float(np.clip(together / scale, 0.0, 0.99)) if scale > 0 else 0.0

    def _shared(
        self, amount: FloatArray, sensitivity: FloatArray, factors: tuple[Shared, ...]
    ) -> FloatArray:
        """(D,) totals of ``amount`` (n,) under the shared draws."""
        campaign, size = self.estimates.campaign, self.day.shape[1]
        total = sum_by(campaign, amount, size)
        used = np.flatnonzero(total > 0)
        weight = 1.0 / total[used]
        log_factor = self.day[:, used] - 0.5 * self.day_variance
        pull = sum_by(campaign, amount * sensitivity, size)[used] * weight
        log_factor = log_factor + np.outer(self.position, pull)
        log_factor -= 0.5 * (self.estimates.response.account_position_sd * pull) ** 2
        for factor in factors:
            pull = sum_by(campaign, amount * factor.to_campaign, size)[used] * weight
            log_factor = log_factor + factor.draws[:, used] * pull
            log_factor -= 0.5 * factor.campaign_variance[used] * pull**2
        drawn: FloatArray = np.exp(log_factor) @ total[used]
        return drawn

    def _own(self, amount: FloatArray, factors: tuple[Shared, ...]) -> float:
        """Variance of the total that adgroups and keywords have to themselves."""
        adgroup = self.estimates.adgroup
        variance = 0.0
        for factor in factors:
            variance += float((amount**2 * factor.own_variance).sum())
            by_adgroup = sum_by(adgroup, amount * factor.to_adgroup, len(factor.adgroup_variance))
            variance += float((by_adgroup**2 * factor.adgroup_variance).sum())
        return variance

    @staticmethod
    def _gamma(mean: FloatArray, variance: float, z: FloatArray) -> FloatArray:
        """Gamma draws with given means and variance from normals (Wilson and Hilferty 1931)."""
        if variance <= 0:
            return mean
        ninth = variance / np.maximum(mean, 1e-12) ** 2 / 9.0
        drawn: FloatArray = mean * np.maximum(1.0 - ninth + np.sqrt(ninth) * z, 0.0) ** 3
        return drawn
