"""What a market's days are worth in expectation, and the best bids. Tests and benchmarks only.

Nothing here can be reached from ``SandboxPlatform``'s public names.

The clairvoyant knows every word's expected spend and contribution at every bid of a day, but not
the day's luck. Bids are taken from a grid (about 3 % apart around the word's market level, rounded
to the fen). Each word's points are reduced to their upper concave envelope; since campaign budgets
nest inside the account's, taking envelope segments in order of marginal return solves the relaxed
problem exactly (the linear programme of the multiple-choice knapsack: Sinha, Zoltners 1979). Its
value is ``bound_fen``; dropping the at most one cut segment a constraint gives the bids. The bound
is exact for bids of the grid that keep the whole day's expected spend within the budgets, and for
mixtures of such bids. (A plan whose money is gone by noon buys only the cheaper hours, which the
bound does not know; ``capped`` says what such a plan is worth.)
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Literal

import numpy as np

from connectors.sandbox.auction import AuctionTables, BoolArray, FloatArray, IntArray
from connectors.sandbox.envelope import Segments, envelope
from connectors.sandbox.ground import HOUR_SHARE, PART_OF_HOUR, PARTS, RIVAL_LEVEL_OF_PART, on_day
from connectors.sandbox.market import MAX_BID_FEN, MIN_BID_FEN, Market, served_shares

Objective = Literal["profit", "slight_loss"]

_GRID: Final = np.geomspace(0.04, 12.0, 192)
_PART_SHARE: Final = np.bincount(PART_OF_HOUR, HOUR_SHARE, PARTS)
_WHOLE: Final = 1.0 - 1e-9


@dataclass(frozen=True, slots=True)
class Expected:
    """Expectations of a day, by keyword (shape of the bids); orders are those that will ever come."""

    impressions: FloatArray
    clicks: FloatArray
    spend_fen: FloatArray
    orders: FloatArray
    revenue_fen: FloatArray
    contribution_fen: FloatArray

    @property
    def profit_fen(self) -> FloatArray:
        """Contribution − spend."""
        return self.contribution_fen - self.spend_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the clairvoyant must keep to; fen a day, inf or None = no limit.

    ``max_loss_fen`` bounds expected spend − contribution, ``min_marginal_return`` the contribution
    of the last yuan; both only matter for ``slight_loss``. ``locked`` words keep ``locked_bids_fen``;
    where they alone overrun a campaign's budget, the campaign is served the share it can pay for.
    """

    account_budget_fen: float = np.inf
    campaign_budget_fen: FloatArray | None = None
    max_loss_fen: float = np.inf
    min_marginal_return: float = 0.0
    min_bid_fen: int = MIN_BID_FEN
    max_bid_fen: int = MAX_BID_FEN
    locked: BoolArray | None = None
    locked_bids_fen: IntArray | None = None


@dataclass(frozen=True, slots=True)
class _Landscape:
    """The auction's answer to a grid of bids, kept while the rivals stay where they are."""

    grid: FloatArray
    level: FloatArray
    parts: tuple[int, ...]
    per_search: tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class Optimum:
    """The clairvoyant's bids and what they bring in expectation.

    ``objective_fen`` is profit or contribution; ``gap`` = (bound − objective) / bound.
    ``marginal_return`` is the contribution of the last yuan spent (NaN when nothing is spent).
    """

    bids_fen: IntArray
    spend_fen: float
    contribution_fen: float
    objective_fen: float
    bound_fen: float
    gap: float
    marginal_return: float


class Truth:
    """Expectations and optimum of a market; ``market`` is only read."""

    def __init__(self, market: Market) -> None:
        self._market = market
        shock = market.scenario.rival_day_log_sd
        self._tables = AuctionTables(market.ground.classes, shock)
        self._last: _Landscape | None = None

    def value_per_click_fen(self, day: int) -> FloatArray:
        """(n,) expected contribution of a click, natural orders that follow included."""
        ground = self._market.ground
        per_revenue = (ground.margin_rate + ground.organic_rate)[ground.adgroup]
        cvr = on_day(self._market.scenario, ground, day).cvr
        return cvr * ground.order_value_fen * per_revenue

    def expected(self, day: int, bids_fen: IntArray | FloatArray) -> Expected:
        """Expectations at ``bids_fen``, shape (n,) or (n, K), if no budget ends during the day."""
        bids = np.asarray(bids_fen, dtype=np.float64)
        if bids.ndim == 2:
            return self._expect(day, bids)
        whole = self._expect(day, bids[:, None])
        return Expected(*(getattr(whole, field.name)[:, 0] for field in fields(Expected)))

    def capped(
        self,
        day: int,
        bids_fen: IntArray,
        campaign_budget_fen: FloatArray | None = None,
        account_budget_fen: float | None = None,
    ) -> Expected:
        """The same when budgets end the day: campaigns stop at the hour their money is gone.

        A fluid limit: exact as days grow busy, a little high for a handful of clicks.
        """
        market, ground = self._market, self._market.ground
        budget = market.campaign_budget_fen if campaign_budget_fen is None else campaign_budget_fen
        cap = market.account_budget_fen if account_budget_fen is None else account_budget_fen
        parts = [
            self._expect(day, np.asarray(bids_fen, dtype=np.float64)[:, None], (part,))
            for part in range(PARTS)
        ]
        plans = market.scenario.campaigns
        spend = [np.bincount(ground.campaign, part.spend_fen[:, 0], plans) for part in parts]
        stop = _stop_hours(np.stack(spend, axis=1), budget, cap)
        served = (served_shares(stop) / _PART_SHARE)[ground.campaign]
        totals = [
            sum(getattr(part, field.name)[:, 0] * served[:, i] for i, part in enumerate(parts))
            for field in fields(Expected)
        ]
        return Expected(*(np.asarray(total) for total in totals))

    def optimum(
        self, day: int, objective: Objective = "profit", limits: Limits | None = None
    ) -> Optimum:
        """The best bids for a day: highest profit, or highest contribution within the loss limit.

        Raises ValueError when the locked words alone overrun the account's budget.
        """
        rules = limits or Limits()
        grid = self._grid(rules)
        curve = self.expected(day, grid)
        spend, value = curve.spend_fen, curve.contribution_fen
        least = 1.0 if objective == "profit" else rules.min_marginal_return
        budget = _campaign_budgets(rules, self._market.scenario.campaigns)
        share = self._served(spend[:, 0], budget)[:, None]
        spend, value = spend * share, value * share
        segments = envelope(spend, value, least)
        taken = self._fill(segments, spend[:, 0], value[:, 0], budget, rules)
        chosen = segments.last_whole(taken >= _WHOLE * segments.spend)
        chosen = self._use_rest(chosen, taken, segments, (spend, value), budget, rules, objective)
        rows = np.arange(len(grid))
        total_spend = float(spend[rows, chosen].sum())
        total_value = float(value[rows, chosen].sum())
        credit = total_value - total_spend if objective == "profit" else total_value
        base = value[:, 0].sum() - (spend[:, 0].sum() if objective == "profit" else 0.0)
        gain = segments.slope - (1.0 if objective == "profit" else 0.0)
        bound = float(base + (taken * gain).sum())
        used = taken > 0
        return Optimum(
            bids_fen=grid[rows, chosen],
            spend_fen=total_spend,
            contribution_fen=total_value,
            objective_fen=credit,
            bound_fen=bound,
            gap=(bound - credit) / max(abs(bound), 1e-9),
            marginal_return=float(segments.slope[used].min()) if used.any() else float("nan"),
        )

    def _expect(
        self, day: int, grid: FloatArray, parts: tuple[int, ...] = tuple(range(PARTS))
    ) -> Expected:
        """Expectations (n, K) from some parts of the day."""
        market, ground = self._market, self._market.ground
        means = on_day(market.scenario, ground, day)
        views, clicks, price = self._remembered(grid, means.market_level_fen, parts)
        searches = means.searches[:, None]
        expected_clicks = searches * ground.ctr[:, None] * clicks
        # Prices are charged in whole fen above the next score: half a fen more on average.
        spend = searches * ground.ctr[:, None] * (price + 0.5 * clicks)
        orders = expected_clicks * means.cvr[:, None]
        revenue = orders * ground.order_value_fen[:, None]
        margin = (ground.margin_rate + ground.organic_rate)[ground.adgroup][:, None]
        return Expected(searches * views, expected_clicks, spend, orders, revenue, revenue * margin)

    def _remembered(
        self, grid: FloatArray, level: FloatArray, parts: tuple[int, ...]
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """``_per_search``; a whole grid once as long as neither it nor the rivals move."""
        if grid.shape[1] == 1:
            return self._per_search(grid, level, parts)
        last = self._last
        if (
            last is None
            or last.parts != parts
            or not np.array_equal(last.grid, grid)
            or not np.array_equal(last.level, level)
        ):
            found = self._per_search(grid, level, parts)
            last = _Landscape(grid.copy(), level.copy(), parts, found)
            self._last = last
        return last.per_search

    def _per_search(
        self, grid: FloatArray, level: FloatArray, parts: tuple[int, ...]
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Views, clicks and price x clicks (fen) of one search a day, shape of ``grid``."""
        ground = self._market.ground
        factors = self._market.effective_factors()
        rival_class = np.broadcast_to(ground.rival_class[:, None], grid.shape)
        sd = ground.classes.log_sd[ground.rival_class][:, None]
        unit = (level / ground.quality)[:, None]
        log_score = np.log(np.maximum(grid / unit, 1e-12))
        audience = self._market.scenario.audience_share
        views, clicks, price = np.zeros((3, *grid.shape))
        for kind, share in enumerate((1.0 - audience, audience)):
            for part in parts:
                factor = factors[kind, ground.campaign, part] / RIVAL_LEVEL_OF_PART[part]
                z = (log_score + np.log(factor)[:, None]) / sd
                got = self._tables.shares(rival_class, z)
                weight = share * _PART_SHARE[part]
                views += weight * got.views
                clicks += weight * got.clicks
                price += weight * RIVAL_LEVEL_OF_PART[part] * got.spend
        off = grid <= 0
        views[off] = clicks[off] = price[off] = 0.0
        return views, clicks, price * unit

    def _grid(self, rules: Limits) -> IntArray:
        """(n, K) ascending bids in fen, the lowest first; a locked word's row repeats its bid."""
        unit = (self._market.ground.market_level_fen / self._market.ground.quality)[:, None]
        raw = np.round(unit * _GRID).astype(np.int64)
        grid = np.clip(raw, rules.min_bid_fen, rules.max_bid_fen)
        lowest = np.full((len(grid), 1), rules.min_bid_fen)
        grid = np.concatenate([lowest, grid], axis=1)
        if rules.locked is not None and rules.locked_bids_fen is not None:
            grid = np.where(rules.locked[:, None], rules.locked_bids_fen[:, None], grid)
        return grid

    def _served(self, least_spend: FloatArray, budget: FloatArray) -> FloatArray:
        """(n,) share of the day a campaign is served whose fixed or lowest bids overrun its budget."""
        campaign = self._market.ground.campaign
        needed = np.bincount(campaign, least_spend, len(budget))
        return np.minimum(budget / np.maximum(needed, 1e-300), 1.0)[campaign]

    def _fill(
        self,
        segments: Segments,
        base_spend: FloatArray,
        base_value: FloatArray,
        budget: FloatArray,
        rules: Limits,
    ) -> FloatArray:
        """How much of each segment's spend is taken, best marginal return first."""
        campaign = self._market.ground.campaign
        room = budget - np.bincount(campaign, base_spend, len(budget))
        account_room = rules.account_budget_fen - float(base_spend.sum())
        if account_room < -1e-6:
            raise ValueError(
                f"the words whose bids may not move spend {base_spend.sum():.0f} fen by themselves, "
                f"the account's budget is {rules.account_budget_fen:.0f}"
            )
        width = segments.cut(campaign[segments.row], np.maximum(room, 0.0))
        order = np.argsort(-segments.slope, kind="stable")
        before = np.cumsum(width[order]) - width[order]
        taken = np.empty_like(width)
        taken[order] = np.clip(account_room - before, 0.0, width[order])
        if not np.isfinite(rules.max_loss_fen):
            return taken
        loss = float(base_spend.sum() - base_value.sum())
        cost = (taken * (1.0 - segments.slope))[order]  # < 0 while a yuan returns more than one
        gains = float(np.minimum(cost, 0.0).sum())
        spent = np.cumsum(np.maximum(cost, 0.0))
        room_left = rules.max_loss_fen - loss - gains
        over = np.clip(spent - max(room_left, 0.0), 0.0, np.maximum(cost, 0.0))
        kept = 1.0 - over / np.where(cost > 0, cost, 1.0)
        taken[order] = taken[order] * kept
        return taken

    def _use_rest(
        self,
        chosen: IntArray,
        taken: FloatArray,
        segments: Segments,
        curve: tuple[FloatArray, FloatArray],
        budget: FloatArray,
        rules: Limits,
        objective: Objective,
    ) -> IntArray:
        """Spend what the cut segments left: the best point of their own words that still fits."""
        spend, value = curve
        campaign = self._market.ground.campaign
        chosen = chosen.copy()
        rows = np.arange(len(chosen))
        cut = (taken > 0) & (taken < _WHOLE * segments.spend)
        for row in np.unique(segments.row[cut]).tolist():  # at most one a constraint
            now_spend, now_value = spend[rows, chosen], value[rows, chosen]
            plan = campaign[row]
            room = min(
                budget[plan] - float(now_spend[campaign == plan].sum()),
                rules.account_budget_fen - float(now_spend.sum()),
            )
            more, extra = spend[row] - now_spend[row], value[row] - now_value[row]
            loss = float((now_spend - now_value).sum()) + more - extra
            gain = extra - more if objective == "profit" else extra
            fits = (more <= room) & ((loss <= rules.max_loss_fen) | (extra >= more))
            if objective == "slight_loss":
                fits &= extra >= rules.min_marginal_return * more
            best = int(np.argmax(np.where(fits, gain, -np.inf)))
            if fits[best] and gain[best] > 0:
                chosen[row] = best
        return chosen


def _stop_hours(spend: FloatArray, budget: FloatArray, cap: float) -> FloatArray:
    """(C,) hours at which campaigns, or the account, run dry; ``spend`` (C, PARTS) fen a day."""
    minutes = np.linspace(0.0, 24.0, 24 * 60 + 1)
    gone = np.stack([served_shares(minutes)[:, p] / _PART_SHARE[p] for p in range(PARTS)])
    running = spend @ gone
    stop = _first_reached(minutes, running, budget)
    account = np.minimum(running, budget[:, None]).sum(axis=0)
    return np.asarray(np.minimum(stop, _first_reached(minutes, account[None, :], np.array([cap]))))


def _first_reached(minutes: FloatArray, running: FloatArray, limit: FloatArray) -> FloatArray:
    """(m,) when each rising row reaches its limit, between minutes by proportion; 24 when never."""
    reached = running >= limit[:, None]
    after = np.argmax(reached, axis=1)
    row = np.arange(len(limit))
    low, high = running[row, np.maximum(after - 1, 0)], running[row, after]
    room = np.where(np.isfinite(limit), limit, 0.0) - low
    part = np.clip(room / np.maximum(high - low, 1e-12), 0.0, 1.0)
    time = minutes[np.maximum(after - 1, 0)] + part * (minutes[1] - minutes[0])
    hour: FloatArray = np.where(reached.any(axis=1), np.where(after == 0, 0.0, time), 24.0)
    return hour


def _campaign_budgets(rules: Limits, campaigns: int) -> FloatArray:
    if rules.campaign_budget_fen is None:
        return np.full(campaigns, np.inf)
    return np.asarray(rules.campaign_budget_fen, dtype=np.float64)
