"""The model held against the data: checks with numbers, each PASS, REVIEW or FAIL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from scipy.stats import binom, norm

from optimizer.history import Panel
from optimizer.lag import Growth
from optimizer.outlook import FloatArray
from optimizer.response import Response

Verdict = Literal["PASS", "REVIEW", "FAIL"]
MOST_SPREAD = 3.0
UNLIKELY = 0.001  # a p-value below asks for a look
LEAST_ODD = 0.35  # of honest small counts
FINDINGS: Final[Mapping[str, str]] = {
    "learned_from": "{clicks:.0f} clicks and {orders:.0f} orders in {days:.0f} days",
    "left_out": "{unknown:.0f} rows of keywords outside the roster, {later:.0f} rows after as_of were"
    " left out",
    "few_clicks": "too few clicks expected to judge",
    "newest_clicks": "{seen:.0f} clicks in the newest days where the model expects {expected:.0f}",
    "silent_days": "{seen:.0f} keyword-days without a click, {expected:.0f} expected",
    "odd_counts": "{odd:.0f} of {few:.0f} keyword-days with few clicks have an odd number of them",
    "scatter": "a keyword's day has relative variance {spread:.2f} beyond counting",
    "few_prices": "too few clicks to judge",
    "paid_of_bid": "a click costs {ratio:.3g} of the bid in force; are both in yuan?",
    "few_orders": "too few orders expected to judge",
    "newest_orders": "{seen:.0f} orders reported for the newest week, {expected:.1f} expected so early",
    "few_late": "too few late orders expected to judge",
    "late_orders": "{seen:.0f} late orders came in the newest week, {expected:.1f} expected",
    "unmoved": "no bid has moved; the response is structural",
    "moved": "elasticity of clicks to the bid {slope:.2f}, ± {sd:.2f} from changes",
}
_ORDER: tuple[Verdict, ...] = ("PASS", "REVIEW", "FAIL")


@dataclass(frozen=True, slots=True)
class Check:
    """One question put to the model: what was found, and from where on it is in doubt.

    ``detail`` is ``FINDINGS[finding]`` with its ``figures``, for whoever says it in other words.
    """

    name: str
    verdict: Verdict
    value: float
    limit: float
    detail: str
    finding: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Review:
    """All checks; the worst one is the verdict."""

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of the checks."""
        return max((check.verdict for check in self.checks), key=_ORDER.index, default="PASS")

    def __str__(self) -> str:
        """The verdict with the checks that are not passed."""
        doubts = [f"{c.name}: {c.detail}" for c in self.checks if c.verdict != "PASS"]
        return "; ".join([self.verdict, *doubts])


def review(
    panel: Panel,
    fitted: FloatArray,
    click_spread: float,
    day_sd: float,
    expected_orders: FloatArray,
    response: Response,
    lag: Growth,
) -> Review:
    """Check sufficiency, level, counts, spread, price, orders, lag and bid variation.

    ``fitted`` (R,) expected clicks of each row's own day; ``expected_orders`` (R,) expected reported
    orders of each row.
    """
    return Review(
        (
            _sufficiency(panel),
            _ignored(panel),
            _recent_level(panel, fitted, day_sd),
            _zeros(panel, fitted, click_spread),
            _counted_once(panel),
            _spread(panel, click_spread),
            _price(panel),
            _recent_orders(panel, expected_orders),
            _lag(lag),
            _bid_variation(response),
        )
    )


def _check(
    name: str, verdict: Verdict, value: float, limit: float, finding: str, **figures: float
) -> Check:
    """A check with its finding in words."""
    plain = {key: float(figure) for key, figure in figures.items()}
    return Check(name, verdict, value, limit, FINDINGS[finding].format(**plain), finding, plain)


def _sufficiency(panel: Panel) -> Check:
    """Enough clicks and days to learn anything that is not the prior."""
    clicks, days = float(panel.clicks.sum()), panel.days
    enough = clicks >= 200 and days >= 7
    return _check(
        "data_sufficiency",
        "PASS" if enough else "REVIEW",
        clicks,
        200.0,
        "learned_from",
        clicks=clicks,
        orders=panel.orders.sum(),
        days=days,
    )


def _ignored(panel: Panel) -> Check:
    """Rows that could not be used."""
    ignored = panel.ignored_unknown + panel.ignored_later
    total = ignored + len(panel.keyword)
    share = ignored / total if total else 0.0
    return _check(
        "rows_ignored",
        "REVIEW" if share > 0.2 else "PASS",
        share,
        0.2,
        "left_out",
        unknown=panel.ignored_unknown,
        later=panel.ignored_later,
    )


def _recent_level(panel: Panel, fitted: FloatArray, day_sd: float) -> Check:
    """Clicks of the newest three days against the model at the bids then in force."""
    recent = (panel.age < panel.first_age + 3) & ~panel.censored
    seen, expected = float(panel.clicks[recent].sum()), float(fitted[recent].sum())
    if expected < 20:
        return _check("recent_level", "PASS", 1.0, 2.0, "few_clicks")
    ratio = (seen + 1.0) / (expected + 1.0)
    noise = np.sqrt(1.0 / expected + day_sd**2 / 3.0)
    odd = abs(np.log(ratio)) > 3.0 * noise
    far = abs(np.log(ratio)) > np.log(3.0)
    verdict: Verdict = "FAIL" if odd and far else "REVIEW" if odd else "PASS"
    limit = float(np.exp(3.0 * noise))
    return _check(
        "recent_level", verdict, float(ratio), limit, "newest_clicks", seen=seen, expected=expected
    )


def _zeros(panel: Panel, fitted: FloatArray, spread: float) -> Check:
    """Posterior predictive p-value of the number of keyword-days without a click."""
    shape = 1.0 / max(spread, 1e-3)
    chance = np.exp(-shape * np.log1p(fitted / shape))
    expected = float(chance.sum())
    deviation = float(np.sqrt((chance * (1 - chance)).sum()) + 0.02 * len(chance) + 1.0)
    seen = float((panel.clicks == 0).sum())
    p = _two_sided((seen - expected) / deviation)
    return _check("zeros", _odd(p), p, UNLIKELY, "silent_days", seen=seen, expected=expected)


def _counted_once(panel: Panel) -> Check:
    """Clicks counted twice are even on every day; honest small counts are odd half of the time."""
    few = panel.clicks[(panel.clicks >= 1) & (panel.clicks <= 20)]
    odd = float((few % 2 == 1).sum())
    p = float(binom.cdf(odd, len(few), LEAST_ODD)) if len(few) else 1.0
    return _check("counted_once", _odd(p), p, UNLIKELY, "odd_counts", odd=odd, few=len(few))


def _spread(panel: Panel, spread: float) -> Check:
    """How much a keyword's days scatter beyond counting: beyond this no forecast of a day is of use."""
    judged = float(panel.clicks.sum()) >= 200
    verdict: Verdict = "REVIEW" if judged and spread > MOST_SPREAD else "PASS"
    return _check("spread", verdict, spread, MOST_SPREAD, "scatter", spread=spread)


def _price(panel: Panel) -> Check:
    """What is paid against what is offered: far apart when one of the two is in another unit."""
    clicked = panel.clicks > 0
    offered = float((panel.clicks * panel.bid)[clicked].sum())
    if panel.clicks.sum() < 20 or offered <= 0:
        return _check("price_of_bid", "PASS", 1.0, 2.0, "few_prices")
    ratio = float(panel.spend[clicked].sum()) / offered
    verdict: Verdict = "PASS" if 0.1 <= ratio <= 2.0 else "REVIEW"
    if not 0.03 <= ratio <= 10.0:
        verdict = "FAIL"
    return _check("price_of_bid", verdict, ratio, 2.0, "paid_of_bid", ratio=ratio)


def _recent_orders(panel: Panel, expected_orders: FloatArray) -> Check:
    """Orders of the newest week against the lag curve and the long-run conversion."""
    recent = panel.age < panel.first_age + 7
    seen, expected = float(panel.orders[recent].sum()), float(expected_orders[recent].sum())
    if expected < 10:
        return _check("recent_orders", "PASS", 1.0, UNLIKELY, "few_orders")
    p = _two_sided((seen - expected) / np.sqrt(expected + (0.15 * expected) ** 2))
    return _check(
        "recent_orders", _odd(p), p, UNLIKELY, "newest_orders", seen=seen, expected=expected
    )


def _lag(growth: Growth) -> Check:
    """Late orders of the newest week against the curve learned from all pulls."""
    if growth.expected < 10:
        return _check("lag", "PASS", 1.0, UNLIKELY, "few_late")
    seen, expected = growth.seen, growth.expected
    p = _two_sided((seen - expected) / np.hypot(growth.sd, 0.1 * expected))
    return _check("lag", _odd(p), p, UNLIKELY, "late_orders", seen=seen, expected=expected)


def _bid_variation(response: Response) -> Check:
    """Whether bids have moved enough to say how volume answers; otherwise structure alone speaks."""
    slope, sd = response.elasticity, response.elasticity_sd
    if not np.isfinite(sd):
        return _check("bid_variation", "PASS", 0.0, 0.3, "unmoved")
    at_edge = abs(response.account_position) > 2.9
    verdict: Verdict = "REVIEW" if at_edge else "PASS"
    return _check("bid_variation", verdict, float(sd), 0.3, "moved", slope=slope, sd=sd)


def _two_sided(z: float) -> float:
    """Chance of being at least so far out, either way."""
    return float(2.0 * norm.sf(abs(z)))


def _odd(p: float) -> Verdict:
    """Whether a p-value asks for a look."""
    return "REVIEW" if p < UNLIKELY else "PASS"
