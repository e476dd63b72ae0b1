"""What is known of every keyword, and a future day as a function of the bids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.curve import volume_share
from optimizer.errors import InputError
from optimizer.history import Roster
from optimizer.lag import Maturity
from optimizer.law import gamma_quantile
from optimizer.loop import Correction
from optimizer.outlook import BoolArray, Evidence, Expectation, FloatArray, IntArray, TotalDraws
from optimizer.pooled import Pooled
from optimizer.predictive import (
    CLICK_PRICE_CV2,
    EXTRAPOLATION_SD,
    amount_quantile,
    count_quantile,
    no_count_probability,
    signed_quantiles,
)
from optimizer.response import Response
from optimizer.review import Review
from optimizer.swing import Swing
from optimizer.totals import TotalSampler
from optimizer.value import OrderValue

QUANTILES = {"p05": 0.05, "p10": 0.10, "p90": 0.90, "p95": 0.95}
CHUNK = 200_000


@dataclass(frozen=True, slots=True)
class Traffic:
    """Levels at the reference bids and what makes one day differ from the next."""

    reference_bid: FloatArray  # (n,)
    lowest_bid: FloatArray  # (n,) lowest and highest bid ever tried
    highest_bid: FloatArray
    impressions: Pooled  # a day at the reference bid
    ctr: Pooled
    price_ratio: Pooled  # cpc / reference bid, at the reference bid
    account_day_sd: float
    campaign_day_sd: float
    level: Correction  # by which the newest days moved the levels
    click_dispersion: float  # excess relative variance of a keyword's clicks on a day
    impression_dispersion: float


@dataclass(frozen=True, slots=True)
class Moved:
    """The response at given bids: factors on the level, and how unsure the volume is."""

    volume: FloatArray
    impressions: FloatArray
    price: FloatArray
    sensitivity: FloatArray  # d log(volume) / d position
    extrapolated: FloatArray  # log distance from the nearest bid ever tried
    shown: BoolArray


@dataclass(frozen=True, slots=True)
class Estimates:
    """Posterior of an account: ``rates``, ``forecast``, ``maturity`` and ``review``."""

    roster: Roster
    traffic: Traffic
    response: Response
    conversion: Pooled
    value: OrderValue
    swing: Swing
    lag: Maturity
    evidence: Evidence
    review: Review

    @property
    def keyword_id(self) -> pd.Index[str]:
        """(n,) ids in roster order."""
        return self.roster.keyword_id

    @property
    def adgroup(self) -> IntArray:
        """(n,) adgroup codes."""
        return self.roster.adgroup

    @property
    def campaign(self) -> IntArray:
        """(n,) codes into ``campaign_ids``."""
        return self.roster.campaign

    @property
    def campaign_ids(self) -> tuple[str, ...]:
        """Campaign ids by code."""
        return self.roster.campaign_ids

    @property
    def bid(self) -> FloatArray:
        """(n,) today's bids, yuan; NaN where unknown."""
        return self.roster.bid

    @property
    def biddable(self) -> BoolArray:
        """(n,) False where the platform takes no bid for the word."""
        return self.roster.biddable

    @property
    def value_per_click(self) -> FloatArray:
        """(n,) posterior mean of contribution per click, yuan."""
        return self.conversion.rate * self.value.mean * self.roster.margin

    @property
    def maturity(self) -> pd.DataFrame:
        """Index age in days; share of the final orders already reported, with its interval."""
        return self.lag.table()

    @property
    def rates(self) -> pd.DataFrame:
        """Index keyword_id; ctr, cvr, order_value (yuan), value_per_click (yuan), each with interval."""
        columns: dict[str, FloatArray] = {}
        for name, pooled, unit in (
            ("ctr", self.traffic.ctr, 1.0),
            ("cvr", self.conversion, 1.0),
            ("order_value", self.value.pooled, self.value.unit),
        ):
            columns[name] = pooled.rate * unit
            columns[f"{name}_p05"] = pooled.quantile(0.05) * unit
            columns[f"{name}_p95"] = pooled.quantile(0.95) * unit
        gross = self.conversion.law.times(self.value.pooled.law).scaled(self.value.unit)
        low, high = signed_quantiles(gross.quantile(0.05), gross.quantile(0.95), self.roster.margin)
        columns |= {"value_per_click": self.value_per_click}
        columns |= {"value_per_click_p05": low, "value_per_click_p95": high}
        return pd.DataFrame(columns, index=pd.Index(self.keyword_id, name="keyword_id"))

    def expect(self, bids: FloatArray, rows: IntArray | None = None) -> Expectation:
        """Posterior means of a future day at ``bids``, shape (m,) or (m, K), for roster ``rows`` (m,)."""
        at = slice(None) if rows is None else rows
        moved = self.moved(bids, at)

        def wide(values: FloatArray) -> FloatArray:
            return values[at][:, None] if bids.ndim == 2 else values[at]

        impressions = wide(self.traffic.impressions.rate) * moved.impressions
        clicks = wide(self.traffic.impressions.rate * self.traffic.ctr.rate) * moved.volume
        spend = clicks * moved.price
        orders = clicks * wide(self.conversion.rate)
        revenue = orders * wide(self.value.mean)
        return Expectation(
            impressions, clicks, spend, orders, revenue, revenue * wide(self.roster.margin)
        )

    def moved(self, bids: FloatArray, at: IntArray | slice) -> Moved:
        """Volume and price at ``bids`` relative to the levels at the reference bids."""
        reference, eta = self.traffic.reference_bid[at], self.response.position[at]
        low, high = self.traffic.lowest_bid[at], self.traffic.highest_bid[at]
        if bids.ndim == 2:
            reference, eta, low, high = (a[:, None] for a in (reference, eta, low, high))
        shown = bids > 0
        bid = np.where(shown, bids, reference)
        log_ratio = np.log(bid / reference)
        curve = self.response.curve
        new = curve.shift(eta, log_ratio)
        share, old_share = volume_share(new), volume_share(eta)
        volume = np.where(shown, share / old_share, 0.0)
        paid = log_ratio + curve.log_pay_share(new) - curve.log_pay_share(eta)
        ratio = self.traffic.price_ratio.rate[at]
        price = (ratio[:, None] if bids.ndim == 2 else ratio) * reference
        return Moved(
            volume=volume,
            impressions=volume**self.response.impression_power * shown,
            price=price * np.exp(self.response.price_power * paid),
            sensitivity=old_share - share,
            extrapolated=np.maximum(np.log(bid / high), 0.0) + np.maximum(np.log(low / bid), 0.0),
            shown=shown,
        )

    def forecast(self, bids: pd.Series[float]) -> pd.DataFrame:
        """A future day's realised figures at ``bids`` (index keyword_id): means and predictive intervals."""
        rows = self.keyword_id.get_indexer(bids.index)
        if (rows < 0).any():
            raise InputError(
                f"forecast: keyword_id {bids.index[rows < 0][0]!r} is not in the roster"
            )
        asked = np.asarray(bids.to_numpy(), dtype=np.float64)
        parts = [
            self._forecast(asked[at : at + CHUNK], rows[at : at + CHUNK].astype(np.int64))
            for at in range(0, max(len(asked), 1), CHUNK)
        ]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return pd.DataFrame(columns, index=pd.Index(bids.index, name="keyword_id"))

    def _forecast(self, bids: FloatArray, rows: IntArray) -> dict[str, FloatArray]:
        mean, moved = self.expect(bids, rows), self.moved(bids, rows)
        shown_spread, click_spread = self._volume_spread(moved, rows)
        order_spread = click_spread + self.conversion.log_variance()[rows]
        order_spread = order_spread + self.swing.day_sd**2
        clicks, orders = np.maximum(mean.clicks, 1e-12), np.maximum(mean.orders, 1e-12)
        cpc = np.where(moved.shown, moved.price, np.nan)
        price_variance = self.traffic.price_ratio.log_variance()[rows]
        price_spread = price_variance + CLICK_PRICE_CV2 / (1.0 + clicks)
        paid_spread = click_spread + price_spread + (1.0 + CLICK_PRICE_CV2) / clicks
        value_spread = self.value.pooled.log_variance()[rows] + (1.0 + self.value.cv2) / orders
        out: dict[str, FloatArray] = {}
        _counts(out, "impressions", mean.impressions, shown_spread)
        _counts(out, "clicks", mean.clicks, click_spread)
        out["cpc"] = cpc
        for name, q in QUANTILES.items():
            out[f"cpc_{name}"] = gamma_quantile(q, cpc, price_spread)
        unclicked = no_count_probability(mean.clicks, click_spread)
        _amounts(out, "spend", mean.spend, unclicked, paid_spread)
        _counts(out, "orders", mean.orders, order_spread)
        unsold = no_count_probability(mean.orders, order_spread)
        _amounts(out, "revenue", mean.revenue, unsold, order_spread + value_spread)
        out["contribution"] = mean.contribution
        for low, high in (("p05", "p95"), ("p10", "p90")):
            ends = signed_quantiles(
                out[f"revenue_{low}"], out[f"revenue_{high}"], self.roster.margin[rows]
            )
            out[f"contribution_{low}"], out[f"contribution_{high}"] = ends
        return out

    def _volume_spread(self, moved: Moved, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Relative variance, beyond counting, of a day's impressions and clicks."""
        traffic, response = self.traffic, self.response
        position = response.position_sd[rows] ** 2 + response.account_position_sd**2
        shared = (
            traffic.account_day_sd**2
            + traffic.campaign_day_sd**2
            + (traffic.level.shared_sd**2 + traffic.level.own_sd**2)[self.campaign[rows]]
            + traffic.impressions.log_variance()[rows]
            + moved.sensitivity**2 * position
            + (EXTRAPOLATION_SD * moved.extrapolated) ** 2
        )
        clicks = traffic.click_dispersion + shared + traffic.ctr.log_variance()[rows]
        return traffic.impression_dispersion + shared, clicks

    def sampler(self, seed: int, draws: int = 400) -> Callable[[FloatArray], TotalDraws]:
        """A function from bids (n,) to joint posterior predictive draws of the realised totals."""
        return TotalSampler.prepare(self, seed, draws)


def _counts(out: dict[str, FloatArray], name: str, mean: FloatArray, spread: FloatArray) -> None:
    out[name] = mean
    for suffix, q in QUANTILES.items():
        out[f"{name}_{suffix}"] = count_quantile(q, mean, spread)


def _amounts(
    out: dict[str, FloatArray], name: str, mean: FloatArray, zero: FloatArray, spread: FloatArray
) -> None:
    out[name] = mean
    for suffix, q in QUANTILES.items():
        out[f"{name}_{suffix}"] = np.where(mean > 0, amount_quantile(q, mean, zero, spread), 0.0)
