"""The best bids under nested budgets and the loss allowance.

Lagrangian form, per keyword: maximise gain - price * spend, where the price is that of the account
or, where dearer, of the campaign. All keywords share the frontier of ``frontier.py``, so a plan is a
prefix of it; budgets and the allowance decide how long. m = keywords that may move, C = campaigns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from optimizer.candidates import Menu
from optimizer.frontier import Caps, Ranking, Route, Staircase, route, running_total
from optimizer.outlook import BoolArray, FloatArray, IntArray
from optimizer.risk import Verdict

AccountBinding = Literal["none", "min_marginal_return", "budget", "allowance"]

FILL_ROUNDS = 25
LADDER = 12  # plans looked at where none is safe at first sight
SEARCH_TOLERANCE = 1e-4  # of the spend; the fill takes what the search leaves
CAP_SAFETY = 1e-9  # relative; sums in another order must not break a cap


@dataclass(frozen=True, slots=True)
class Problem:
    """One multiple-choice knapsack.

    ``gain`` (m, K) is what spend buys; slopes below ``floor`` are not bought, and
    ``floor_binding`` names why. ``judge`` says whether bids (m,) keep the allowance.
    The objective is the sum of ``counts`` (m, K) - ``own_price`` * spend: contribution or clicks,
    and a price of 1 for profit, else 0.
    ``loss_price`` is the part of ``gain`` that is contribution - spend (clicks only).
    """

    menu: Menu
    counts: FloatArray
    gain: FloatArray
    stairs: Staircase
    ranking: Ranking
    campaign: IntArray
    caps: Caps
    floor: float
    floor_binding: AccountBinding
    own_price: float
    loss_price: float = 0.0
    judge: Callable[[FloatArray], Verdict] | None = None
    max_loss: float = np.inf

    def spend(self, columns: IntArray) -> FloatArray:
        """(m,) expected spend."""
        return self.menu.at(self.menu.spend, columns)

    def spend_by_campaign(self, columns: IntArray) -> FloatArray:
        """(C,) expected spend."""
        count = len(self.caps.campaign)
        return np.bincount(self.campaign, self.spend(columns), count).astype(np.float64)

    def room(self, columns: IntArray) -> Caps:
        """What the caps leave beyond ``columns``; negative where they are broken."""
        spent = self.spend_by_campaign(columns)
        return Caps(
            _tightened(self.caps.account) - float(self.spend(columns).sum()),
            np.array([_tightened(cap) for cap in self.caps.campaign]) - spent,
        )

    def value(self, columns: IntArray) -> float:
        """The objective: contribution, contribution - spend, or clicks."""
        return float(
            (self.menu.at(self.counts, columns) - self.own_price * self.spend(columns)).sum()
        )

    def expected_loss(self, columns: IntArray) -> float:
        """Expected spend - contribution of the words that may move."""
        return float((self.spend(columns) - self.menu.at(self.menu.contribution, columns)).sum())


@dataclass(frozen=True, slots=True)
class Solution:
    """Chosen ``columns`` (m,) of the menu and the prices that choose them.

    ``account_price`` is the least gain a yuan must bring anywhere, ``campaign_price`` (C,) what a
    campaign at its cap demands (0 elsewhere), ``last_slope`` what the last yuan spent brought.
    """

    columns: IntArray
    account_price: float
    campaign_price: FloatArray
    binding: AccountBinding
    last_slope: float
    verdict: Verdict | None

    def word_price(self, campaign: IntArray) -> FloatArray:
        """(m,) price of a yuan for each keyword."""
        return np.maximum(self.account_price, self.campaign_price[campaign])


def _tightened(cap: float) -> float:
    return cap - CAP_SAFETY * cap if np.isfinite(cap) else cap


def solve(problem: Problem, held: IntArray) -> Solution:
    """The best plan in which keywords with ``held`` (m,) >= 0 take that column of the menu.

    Where a cap cannot be kept at all, the words concerned are at their lowest; where the allowance
    cannot, the plan is the one with the least loss at risk.
    """
    start = np.where(held >= 0, held, problem.stairs.vertices[:, 0])
    free = held < 0
    road = route(
        problem.stairs,
        problem.ranking,
        problem.campaign,
        free,
        problem.room(start),
        problem.floor,
    )
    taken, verdict = _as_far_as_allowed(problem, road, start, free)
    levels = problem.stairs.levels(road.segments[:taken])
    levels, verdict = _filled(problem, levels, start, free, verdict)
    columns = _columns(problem, levels, start, free)
    price, binding = _account_price(problem, road, taken)
    slope = problem.stairs.slope[road.segments[taken - 1]] if taken else np.nan
    return Solution(columns, price, road.campaign_price, binding, float(slope), verdict)


def _columns(problem: Problem, levels: IntArray, start: IntArray, free: BoolArray) -> IntArray:
    return np.where(free, problem.stairs.columns(levels), start)


def _account_price(problem: Problem, road: Route, taken: int) -> tuple[float, AccountBinding]:
    if taken < len(road.segments):
        return float(problem.stairs.slope[road.segments[taken]]), "allowance"
    if road.account_price > 0:
        return road.account_price, "budget"
    return problem.floor, problem.floor_binding


def _as_far_as_allowed(
    problem: Problem, road: Route, start: IntArray, free: BoolArray
) -> tuple[int, Verdict | None]:
    """How many segments of the road the allowance lets through, and the verdict there."""
    if problem.judge is None:
        return len(road.segments), None
    judge = problem.judge

    def at(taken: int) -> Verdict:
        levels = problem.stairs.levels(road.segments[:taken])
        columns = _columns(problem, levels, start, free)
        return judge(problem.menu.at(problem.menu.bids, columns))

    spent = np.cumsum(problem.stairs.spend[road.segments])
    one_for_one = int((problem.stairs.slope[road.segments] > 1).sum())
    return furthest(at, spent, one_for_one, problem.max_loss)


def furthest(
    at: Callable[[int], Verdict], spent: FloatArray, likely: int, limit: float
) -> tuple[int, Verdict]:
    """A long prefix whose verdict holds; the least risky of those tried if none does.

    ``spent`` (P,) is the cumulative spend of the prefix, ``likely`` the prefix to try when the whole
    is refused, ``limit`` the loss at risk that just holds. Where the risk grows with the prefix the
    longest is found, to SEARCH_TOLERANCE of the spend; else the longest of LADDER and what follows.
    """
    end = len(spent)
    total = np.r_[0.0, spent]
    rungs = np.searchsorted(spent, total[-1] * np.linspace(0, 1, LADDER + 1)[1:-1])
    seen: list[tuple[int, Verdict]] = []
    for rung in dict.fromkeys([end, likely, *map(int, rungs[::-1]), 0]):
        verdict = at(rung)
        if verdict.holds:
            above = [other for other in seen if other[0] > rung]
            if not above:
                return rung, verdict
            return _narrowed(at, total, (rung, verdict), min(above, key=lambda o: o[0]), limit)
        seen.append((rung, verdict))
    return min(seen, key=lambda other: (other[1].at_risk, other[0]))


def _narrowed(
    at: Callable[[int], Verdict],
    total: FloatArray,
    holding: tuple[int, Verdict],
    refused: tuple[int, Verdict],
    limit: float,
) -> tuple[int, Verdict]:
    """Close in on the edge between two prefixes by interpolating the risk; by halving where slow."""
    tolerance = SEARCH_TOLERANCE * total[-1]
    halve = False
    while refused[0] - holding[0] > 1 and total[refused[0] - 1] - total[holding[0]] > tolerance:
        gap = total[refused[0]] - total[holding[0]]
        low, high = holding[1].at_risk, refused[1].at_risk
        part = 0.5 if halve or high <= low else (limit - low) / (high - low)
        wanted = total[holding[0]] + part * gap
        middle = int(np.searchsorted(total, wanted, side="right")) - 1
        middle = min(max(middle, holding[0] + 1), refused[0] - 1)
        attempt = at(middle)
        if attempt.holds:
            holding = middle, attempt
            if limit - attempt.at_risk <= SEARCH_TOLERANCE * limit:
                break
        else:
            refused = middle, attempt
        halve = not halve and total[refused[0]] - total[holding[0]] > 0.5 * gap
    return holding


def _filled(
    problem: Problem, levels: IntArray, start: IntArray, free: BoolArray, verdict: Verdict | None
) -> tuple[IntArray, Verdict | None]:
    """Spend what the first segment that did not fit has left over, if the allowance still holds."""
    columns = _columns(problem, levels, start, free)
    room = problem.room(columns)
    if verdict is None or problem.judge is None:
        return fill(problem, levels, free, room, np.inf), verdict
    loss_room = problem.max_loss - verdict.at_risk
    for _ in range(4):
        if not verdict.holds or loss_room <= 0:
            break
        fuller = fill(problem, levels, free, room, loss_room)
        columns = _columns(problem, fuller, start, free)
        attempt = problem.judge(problem.menu.at(problem.menu.bids, columns))
        if attempt.holds:
            return fuller, attempt
        loss_room /= 2
    return levels, verdict


def fill(
    problem: Problem, levels: IntArray, free: BoolArray, room: Caps, loss_room: float
) -> IntArray:
    """Take further segments, best first, that fit into ``room`` and ``loss_room`` one by one."""
    stairs, menu, levels = problem.stairs, problem.menu, levels.copy()
    account, campaign_room = room.account, room.campaign.copy()
    active = np.flatnonzero(free)
    for _ in range(FILL_ROUNDS):
        active = active[levels[active] < stairs.top[active]]
        here = stairs.vertices[active, levels[active]]
        there = stairs.vertices[active, levels[active] + 1]
        run = menu.spend[active, there] - menu.spend[active, here]
        slope = (problem.gain[active, there] - problem.gain[active, here]) / run
        loss = run - (menu.contribution[active, there] - menu.contribution[active, here])
        code = problem.campaign[active]
        fits = (run <= account) & (run <= campaign_room[code]) & (slope >= problem.floor)
        fits &= loss <= loss_room
        if not fits.any():
            break
        active, run, loss, slope = active[fits], run[fits], np.maximum(loss[fits], 0), slope[fits]
        order = np.argsort(-slope, kind="stable")
        chosen = order[
            _affordable(
                run[order], loss[order], code[fits][order], Caps(account, campaign_room), loss_room
            )
        ]
        levels[active[chosen]] += 1
        account -= float(run[chosen].sum())
        loss_room -= float(loss[chosen].sum())
        np.subtract.at(campaign_room, problem.campaign[active[chosen]], run[chosen])
    return levels


def _affordable(
    run: FloatArray, loss: FloatArray, code: IntArray, room: Caps, loss_room: float
) -> BoolArray:
    """(S,) segments, best first, that fit all together."""
    by_campaign = np.argsort(code, kind="stable")
    within = np.empty(len(run), np.bool_)
    totals = running_total(run[by_campaign], code[by_campaign])
    within[by_campaign] = totals <= room.campaign[code[by_campaign]]
    within &= np.cumsum(np.where(within, run, 0.0)) <= room.account
    within &= np.cumsum(np.where(within, loss, 0.0)) <= loss_room
    return within


@dataclass(frozen=True, slots=True)
class Dual:
    """Lagrangian of a problem at the prices of a solution.

    ``scale * (gain - price * spend)`` is each candidate's reduced gain; for every plan that keeps
    the caps, spends and loses no more than ``room`` allowed: objective <= bound - its deficits.
    """

    scale: float
    price: FloatArray  # (m,)
    bound: float


def dual(problem: Problem, solution: Solution, held: IntArray) -> Dual:
    """Upper bound on the objective over all plans within the caps, by weak duality.

    A floor and a retreat before the allowance act as a cap at the plan's own spend; an allowance
    reached below a marginal return of 1 acts as a cap of the expected loss, at the plan's own
    distance between expected loss and loss at risk.
    """
    price = solution.word_price(problem.campaign)
    account = solution.account_price
    spent = float(problem.spend(solution.columns).sum())
    limit = problem.caps.account if solution.binding == "budget" else spent
    room = problem.caps.campaign
    over = np.maximum(solution.campaign_price - account, 0.0)
    campaigns = float((over[over > 0] * room[over > 0]).sum())
    best = float(_best_reduced(problem, price, held).sum())
    slack = _loss_slack(problem, solution)
    loss = problem.expected_loss(solution.columns) + slack
    if problem.loss_price:
        bound = best + account * limit + campaigns + problem.loss_price * loss
        return Dual(1.0, price, bound)
    if solution.binding == "allowance" and account < 1 and not problem.own_price:
        scale = 1 / (1 - account)
        return Dual(scale, price, scale * (best + campaigns) + (scale - 1) * loss)
    return Dual(1.0, price, best + (account - problem.own_price) * limit + campaigns)


def _loss_slack(problem: Problem, solution: Solution) -> float:
    if solution.verdict is None:
        return 0.0
    return max(0.0, problem.max_loss - solution.verdict.at_risk)


def _best_reduced(problem: Problem, price: FloatArray, held: IntArray) -> FloatArray:
    """(m,) largest gain - price * spend of each keyword's candidates."""
    stairs = problem.stairs
    taken = np.flatnonzero(stairs.slope >= price[stairs.word])
    columns = np.where(held >= 0, held, stairs.columns(stairs.levels(taken)))
    return problem.menu.at(problem.gain, columns) - price * problem.spend(columns)
