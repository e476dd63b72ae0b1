"""Joint draws of a whole plan's realised day.

What keywords share does not average out and is drawn explicitly: the account's and the campaigns'
day, and the campaigns' luck in selling on it; the account's and the campaigns' rates; the account's
position on the bid response; and, for bids beyond any ever tried, how wrong the curve is there for
all words alike. What is each adgroup's or keyword's own, and how many click, is summed into one
Gamma-like term for the spend and one for each sign of contribution, so a draw costs a product over
campaigns and not over keywords. Orders come in lumps, few of them a day, and are drawn as such. All
standard normals are drawn once: two plans share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optimizer.compound import gamma_amounts, lump_sums
from optimizer.outlook import Expectation, FloatArray, TotalDraws
from optimizer.pooled import Pooled
from optimizer.predictive import CLICK_PRICE_CV2, EXTRAPOLATION_SD
from optimizer.sums import sum_by

if TYPE_CHECKING:
    from optimizer.estimates import Estimates, Moved

COMMON_BEYOND = 0.5  # of the variance of the curve beyond the bids ever tried, common to all words


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
    selling: FloatArray  # (D, C) log deviation of what its clicks bring that day, and of its level
    selling_variance: float
    position: FloatArray  # (D,) deviation of the account's position
    beyond: FloatArray  # (D,) log error of the curve a log unit beyond the bids ever tried
    traffic: tuple[Shared, ...]  # impressions, ctr
    price: Shared
    worth: tuple[Shared, ...]  # conversion, order value
    own: FloatArray  # (D, 7) standard normals: spend; then clicks, orders, values of either sign

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

        together = np.hypot(
            traffic.ctr.common_sd, np.hypot(traffic.account_day_sd, traffic.level.shared_sd)
        )
        worth = np.hypot(estimates.conversion.common_sd, estimates.value.pooled.common_sd)
        apart = np.hypot(traffic.campaign_day_sd, traffic.level.own_sd)
        day = together * rng.standard_normal((draws, 1))
        day = day + apart * rng.standard_normal((draws, campaigns))
        return cls(
            estimates=estimates,
            day=day,
            day_variance=together**2 + apart**2,
            selling=estimates.swing.day_sd * rng.standard_normal((draws, campaigns))
            + worth * rng.standard_normal((draws, 1)),
            selling_variance=estimates.swing.day_sd**2 + float(worth) ** 2,
            position=estimates.response.account_position_sd * rng.standard_normal(draws),
            beyond=np.sqrt(COMMON_BEYOND) * EXTRAPOLATION_SD * rng.standard_normal(draws),
            traffic=(shared(traffic.impressions), shared(traffic.ctr)),
            price=shared(traffic.price_ratio),
            worth=(shared(estimates.conversion), shared(estimates.value.pooled)),
            own=rng.standard_normal((draws, 7)),
        )

    def __call__(self, bids: FloatArray) -> TotalDraws:
        """Draws of all totals at ``bids``."""
        estimates = self.estimates
        mean = estimates.expect(bids)
        moved = estimates.moved(bids, slice(None))
        day = _Day.of(self, moved, mean)
        price = np.where(moved.shown, moved.price, 0.0)
        spend = day.clicked(mean.spend, price, (*self.traffic, self.price))
        sold = (*self.traffic, *self.worth)
        order, margin = estimates.value.mean, estimates.roster.margin
        unlike = estimates.value.cv2 + estimates.value.pooled.log_variance()
        gains, losses = np.maximum(mean.contribution, 0.0), np.maximum(-mean.contribution, 0.0)
        return TotalDraws(
            spend=day.spread(spend, 0.0, 0),
            contribution=day.lumps(gains, (order * margin, unlike), sold, spend, 1)
            - day.lumps(losses, (-order * margin, unlike), sold, spend, 4),
            clicks=day.spread(day.clicked(mean.clicks, np.ones_like(price), self.traffic), 0.0, 0),
            orders=day.lumps(
                mean.orders, (np.ones_like(order), 0.0), (*self.traffic, self.worth[0]), spend, 1
            ),
            revenue=day.lumps(mean.revenue, (order, unlike), sold, spend, 1),
        )

    def shared_totals(
        self, amount: FloatArray, moved: Moved, factors: tuple[Shared, ...], selling: bool
    ) -> FloatArray:
        """(D,) totals of ``amount`` (n,) under the shared draws."""
        campaign, size = self.estimates.campaign, self.day.shape[1]
        total = sum_by(campaign, amount, size)
        used = np.flatnonzero(total > 0)
        weight = 1.0 / total[used]
        log_factor = self.day[:, used] - 0.5 * self.day_variance[used]
        if selling:
            log_factor += self.selling[:, used] - 0.5 * self.selling_variance
        for normal, slope, sd in (
            (self.position, moved.sensitivity, self.estimates.response.account_position_sd),
            (self.beyond, moved.extrapolated, np.sqrt(COMMON_BEYOND) * EXTRAPOLATION_SD),
        ):
            pull = sum_by(campaign, amount * slope, size)[used] * weight
            log_factor += np.outer(normal, pull) - 0.5 * (sd * pull) ** 2
        for factor in factors:
            pull = sum_by(campaign, amount * factor.to_campaign, size)[used] * weight
            log_factor += factor.draws[:, used] * pull
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
    moved: Moved
    expected: Expectation
    once: FloatArray  # (n,) relative variance of counting the clicks
    unsure: FloatArray  # (n,) relative variance of clicks beyond counting and what is shared

    @classmethod
    def of(cls, sampler: TotalSampler, moved: Moved, expected: Expectation) -> _Day:
        """The day of the plan whose bids ``moved`` and ``expected`` belong to."""
        estimates, clicks = sampler.estimates, expected.clicks
        return cls(
            sampler=sampler,
            moved=moved,
            expected=expected,
            once=np.where(clicks > 0, 1.0 / np.maximum(clicks, 1e-9), 0.0),
            unsure=estimates.traffic.click_dispersion
            + (moved.sensitivity * estimates.response.position_sd) ** 2
            + (1.0 - COMMON_BEYOND) * (EXTRAPOLATION_SD * moved.extrapolated) ** 2,
        )

    def clicked(
        self, mean: FloatArray, a_click: FloatArray, factors: tuple[Shared, ...]
    ) -> _Amount:
        """A total of ``mean`` (n,), ``a_click`` (n,) each."""
        counted = self.expected.clicks * a_click**2 * (1.0 + CLICK_PRICE_CV2)
        return self._amount(mean, float(counted.sum()), factors, selling=False)

    def spread(self, amount: _Amount, lean: float, column: int) -> FloatArray:
        """Realised totals (D,); ``lean`` of their own noise is that of the spend."""
        own = self.sampler.own
        z = lean * own[:, 0] + np.sqrt(1.0 - lean**2) * own[:, column]
        return gamma_amounts(amount.shared, np.full(len(z), amount.variance), z)

    def lumps(
        self,
        mean: FloatArray,
        an_order: tuple[FloatArray, FloatArray | float],
        factors: tuple[Shared, ...],
        spend: _Amount,
        column: int,
    ) -> FloatArray:
        """Realised totals (D,) of what orders bring: ``an_order`` is one's mean and relative variance.

        The clicks that they come from are those of ``spend``.
        """
        total = float(mean.sum())
        if total <= 0:
            return np.zeros(len(self.sampler.own))
        amount = self._amount(mean, float((mean**2 * self.once).sum()), factors, selling=True)
        clicks = self.spread(amount, self._lean(spend, amount), column)
        orders = float(self.expected.orders[mean > 0].sum())
        each, unlike = an_order
        counted = self.sampler.estimates.swing.counting * (mean * each * (1.0 + unlike)).sum()
        counted -= (mean**2 * self.once).sum()  # the clicks have been counted already
        lump = total / orders
        unevenness = max(float(counted) * orders / total**2 - 1.0, 0.0)
        own = self.sampler.own
        return lump_sums(clicks, lump, unevenness, own[:, column + 1], own[:, column + 2])

    def _amount(
        self, mean: FloatArray, counted: float, factors: tuple[Shared, ...], selling: bool
    ) -> _Amount:
        variance = counted + float((mean**2 * self.unsure).sum())
        return _Amount(
            mean,
            self.sampler.shared_totals(mean, self.moved, factors, selling),
            variance + self.sampler.own_variance(mean, factors),
        )

    def _lean(self, spend: _Amount, amount: _Amount) -> float:
        """Correlation of two totals' own noise."""
        scale = np.sqrt(spend.variance * amount.variance)
        together = float((spend.mean * amount.mean * (self.unsure + self.once)).sum())
        return float(np.clip(together / scale, 0.0, 0.99))
