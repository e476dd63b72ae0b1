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
    day: FloatArray  # (D, C) log deviation of the campaign's level and of its demand that day
    day_variance: FloatArray  # (C,)
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

        together = np.hypot(traffic.account_day_sd, traffic.level.shared_sd)
        apart = np.hypot(traffic.campaign_day_sd, traffic.level.own_sd)
        day = together * rng.standard_normal((draws, 1))
        day = day + apart * rng.standard_normal((draws, campaigns))
        return cls(
            estimates=estimates,
            day=day,
            day_variance=together**2 + apart**2,
            position=estimates.response.account_position_sd * rng.standard_normal(draws),
            traffic=(shared(traffic.impressions), shared(traffic.ctr)),
            price=shared(traffic.price_ratio),
            worth=(shared(estimates.conversion), shared(estimates.value.pooled)),
            own=rng.standard_normal((draws, 3)),
        )

    def __call__(self, bids: FloatArray) -> TotalDraws:
        """Draws of all totals at ``bids``."""
        estimates = self.estimates
        mean = estimates.expect(bids)
        moved = estimates.moved(bids, slice(None))
        unsure = (
            estimates.traffic.click_dispersion
            + (moved.sensitivity * estimates.response.position_sd) ** 2
            + (EXTRAPOLATION_SD * moved.extrapolated) ** 2
        )
        click_price = np.where(moved.shown, moved.price, 0.0)
        value, margin = estimates.value.mean, estimates.roster.margin
        per_order = value**2 * (1.0 + estimates.value.cv2)
        day = _Day(self, moved.sensitivity, unsure, mean.clicks)
        price_noise = mean.clicks * click_price**2 * (1.0 + CLICK_PRICE_CV2)
        spend = day.amount(mean.spend, price_noise, (*self.traffic, self.price))
        sold = (*self.traffic, *self.worth)
        gains = day.amount(
            np.maximum(mean.contribution, 0.0), mean.orders * per_order * margin**2, sold
        )
        losses = day.amount(
            np.maximum(-mean.contribution, 0.0), mean.orders * per_order * margin**2, sold
        )
        return TotalDraws(
            spend=day.draw(spend, None, 0),
            contribution=day.draw(gains, spend, 1) - day.draw(losses, spend, 2),
            clicks=day.draw(day.amount(mean.clicks, mean.clicks, self.traffic), spend, 1),
            orders=day.draw(
                day.amount(mean.orders, mean.orders, (*self.traffic, self.worth[0])), spend, 1
            ),
            revenue=day.draw(day.amount(mean.revenue, mean.orders * per_order, sold), spend, 1),
        )

    def shared_totals(
        self, amount: FloatArray, sensitivity: FloatArray, factors: tuple[Shared, ...]
    ) -> FloatArray:
        """(D,) totals of ``amount`` (n,) under the shared draws."""
        campaign, size = self.estimates.campaign, self.day.shape[1]
        total = sum_by(campaign, amount, size)
        used = np.flatnonzero(total > 0)
        weight = 1.0 / total[used]
        log_factor = self.day[:, used] - 0.5 * self.day_variance[used]
        pull = sum_by(campaign, amount * sensitivity, size)[used] * weight
        log_factor = log_factor + np.outer(self.position, pull)
        log_factor -= 0.5 * (self.estimates.response.account_position_sd * pull) ** 2
        for factor in factors:
            pull = sum_by(campaign, amount * factor.to_campaign, size)[used] * weight
            log_factor = log_factor + factor.draws[:, used] * pull
            log_factor -= 0.5 * factor.campaign_variance[used] * pull**2
        drawn: FloatArray = np.exp(log_factor) @ total[used]
        return drawn

    def own_variance(self, amount: FloatArray, factors: tuple[Shared, ...]) -> float:
        """Variance of the total that adgroups and keywords have to themselves."""
        adgroup = self.estimates.adgroup
        variance = 0.0
        for factor in factors:
            variance += float((amount**2 * factor.own_variance).sum())
            by_adgroup = sum_by(adgroup, amount * factor.to_adgroup, len(factor.adgroup_variance))
            variance += float((by_adgroup**2 * factor.adgroup_variance).sum())
        return variance


@dataclass(frozen=True, slots=True)
class _Amount:
    """A total before its own noise: keyword means (n,), totals under the shared draws, variance."""

    mean: FloatArray
    shared: FloatArray
    variance: float


@dataclass(frozen=True, slots=True)
class _Day:
    """One plan's day: what all its totals have in common."""

    sampler: TotalSampler
    sensitivity: FloatArray
    unsure: FloatArray  # (n,) relative variance of clicks beyond Poisson and the shared
    clicks: FloatArray

    def amount(self, mean: FloatArray, counted: FloatArray, factors: tuple[Shared, ...]) -> _Amount:
        """A total of ``mean`` (n,) whose counting noise has variance ``counted`` (n,)."""
        used = mean > 0
        variance = float(np.where(used, counted, 0.0).sum() + (mean**2 * self.unsure).sum())
        return _Amount(
            mean,
            self.sampler.shared_totals(mean, self.sensitivity, factors),
            variance + self.sampler.own_variance(mean, factors),
        )

    def draw(self, amount: _Amount, spend: _Amount | None, column: int) -> FloatArray:
        """Realised totals (D,); their own noise leans on that of ``spend``, whose clicks they share."""
        own = self.sampler.own
        if spend is None:
            return _gamma(amount.shared, amount.variance, own[:, 0])
        lean = self._lean(spend, amount)
        z = lean * own[:, 0] + np.sqrt(1.0 - lean**2) * own[:, column]
        return _gamma(amount.shared, amount.variance, z)

    def _lean(self, spend: _Amount, amount: _Amount) -> float:
        """Correlation of two totals' own noise."""
        scale = np.sqrt(spend.variance * amount.variance)
        if scale <= 0:
            return 0.0
        once = np.where(self.clicks > 0, 1.0 / np.maximum(self.clicks, 1e-9), 0.0)
        together = float((spend.mean * amount.mean * (self.unsure + once)).sum())
        return float(np.clip(together / scale, 0.0, 0.99))


def _gamma(mean: FloatArray, variance: float, z: FloatArray) -> FloatArray:
    """Gamma draws with given means and variance from normals (Wilson and Hilferty 1931)."""
    if variance <= 0:
        return mean
    ninth = variance / np.maximum(mean, 1e-12) ** 2 / 9.0
    drawn: FloatArray = mean * np.maximum(1.0 - ninth + np.sqrt(ninth) * z, 0.0) ** 3
    return drawn
