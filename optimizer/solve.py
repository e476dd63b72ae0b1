"""The best bids under nested budgets and the loss allowance.

Lagrangian form, per keyword: maximise gain - price * spend, where the price is that of the account
or, where dearer, of the campaign. All keywords share the frontier of ``frontier.py``, so a plan is a
prefix of it; budgets and the allowance decide how long. m = keywords that may move, C = campaigns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.fill import fill
from optimizer.frontier import Route, route
from optimizer.outlook import BoolArray, FloatArray, IntArray
from optimizer.problem import AccountBinding, Problem
from optimizer.risk import Verdict
from optimizer.settle import Settled, pooled, settle

LADDER = 12  # plans looked at where none is safe at first sight
SEARCH_TOLERANCE = 1e-4  # of the spend; the fill takes what the search leaves


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
    prefix = _Prefix(problem, road, settle(problem, road, start, free), start, free)
    taken, verdict = _as_far_as_allowed(problem, prefix)
    columns, verdict = _filled(problem, prefix, taken, verdict)
    price, binding = _account_price(problem, road, taken)
    slope = problem.stairs.slope[road.segments[taken - 1]] if taken else np.nan
    return Solution(columns, price, road.campaign_price, binding, float(slope), verdict)


@dataclass(frozen=True, slots=True)
class _Prefix:
    """Plans along the road: so many of its segments, campaigns that have reached their caps settled."""

    problem: Problem
    road: Route
    settled: Settled
    start: IntArray
    free: BoolArray

    def at(self, taken: int) -> tuple[IntArray, IntArray, BoolArray]:
        """(m,) columns after ``taken`` segments, levels, and which words may take more."""
        stairs, segments = self.problem.stairs, self.road.segments
        levels = stairs.levels(segments[:taken])
        plain = np.where(self.free, stairs.columns(levels), self.start)
        whole = taken == len(segments)
        columns, done = self.settled.of(self._end if whole else int(segments[taken]), plain)
        dear = self._beyond_the_account(plain, columns)
        return np.where(dear, plain, columns), levels, self.free & (dear | ~done)

    def _beyond_the_account(self, plain: IntArray, settled: IntArray) -> BoolArray:
        """(m,) words of campaigns that stay as in the prefix, which the account's budget is made for.

        A settled campaign spends its cap to the last; where the account's budget binds as well, those
        whose settling costs most give it up until the budget holds.
        """
        campaign = self.problem.campaign
        over = -self.problem.room(settled).account
        if over <= 0:
            return np.zeros(len(plain), np.bool_)
        spend = self.problem.spend_by_campaign
        extra = spend(settled) - spend(plain)
        dearest = np.argsort(-extra, kind="stable")
        enough = int(np.searchsorted(np.cumsum(extra[dearest]), over * (1 + 1e-9) + 1e-9)) + 1
        given_up = np.zeros(len(extra), np.bool_)
        given_up[dearest[:enough]] = True
        return (given_up & (extra > 0))[campaign]

    @property
    def _end(self) -> int:
        """The staircase's segment at which the whole road ends: where its money does, or the last."""
        stairs = self.problem.stairs
        price = self.road.account_price
        return int(np.searchsorted(-stairs.slope, -price, side="right")) - 1


def _account_price(problem: Problem, road: Route, taken: int) -> tuple[float, AccountBinding]:
    if taken < len(road.segments):
        return float(problem.stairs.slope[road.segments[taken]]), "allowance"
    if road.account_price > 0:
        return road.account_price, "budget"
    return problem.floor, problem.floor_binding


def _as_far_as_allowed(problem: Problem, prefix: _Prefix) -> tuple[int, Verdict | None]:
    """How many segments of the road the allowance lets through, and the verdict there."""
    segments = prefix.road.segments
    if problem.judge is None:
        return len(segments), None
    judge = problem.judge

    def at(taken: int) -> Verdict:
        return judge(problem.menu.at(problem.menu.bids, prefix.at(taken)[0]))

    spent = np.cumsum(problem.stairs.spend[segments])
    one_for_one = int((problem.stairs.slope[segments] > 1).sum())
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
    problem: Problem, prefix: _Prefix, taken: int, verdict: Verdict | None
) -> tuple[IntArray, Verdict | None]:
    """(m,) columns that spend also what the first segments that did not fit have left over.

    Under an allowance what is added is halved until the verdict holds.
    """
    columns, levels, open_ = prefix.at(taken)
    room = problem.room(columns)

    def fuller(loss_room: float) -> IntArray:
        more = problem.stairs.columns(fill(problem, levels, open_, room, loss_room))
        return np.where(open_, more, columns)

    if verdict is None or problem.judge is None:
        return pooled(problem, fuller(np.inf), open_, prefix.start), verdict
    loss_room = problem.max_loss - verdict.at_risk
    for _ in range(4):
        if not verdict.holds or loss_room <= 0:
            break
        attempt = fuller(loss_room)
        judged = problem.judge(problem.menu.at(problem.menu.bids, attempt))
        if judged.holds:
            return attempt, judged
        loss_room /= 2
    return columns, verdict


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
