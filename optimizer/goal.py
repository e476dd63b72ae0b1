"""From the policy's objective to a knapsack: what spend buys, and which slopes are worth taking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from optimizer.candidates import Menu
from optimizer.frontier import build_staircase, rank_by_campaign
from optimizer.outlook import FloatArray, IntArray
from optimizer.problem import AccountBinding, Problem
from optimizer.risk import Verdict
from optimizer.situation import Situation
from optimizer.solve import solve

FIRST_SEARCH = 14  # halvings of the range of log(price of loss)
LATER_SEARCH = 5
NARROW = 1.25  # the finer menu looks within this factor of the coarse menu's price
LEAST_PRICE, HIGHEST_PRICE = 1e-3, 1e3  # of loss, in units of the average clicks a yuan


def pose(situation: Situation, menu: Menu, held: IntArray, near: float | None = None) -> Problem:
    """The problem of the policy over ``menu``.

    For ``"clicks"`` the price of a yuan lost is searched for, around ``near`` where given, with the
    keywords ``held`` (m,) >= 0 at their columns. Where even the most profitable plan is too risky
    the goal becomes profit, and the plan retreats along it.
    """
    if situation.policy.objective != "clicks":
        return _for_contribution(situation, menu, situation.policy.objective == "profit")
    eligible = _worth_clicking(situation, menu)
    price = _price_of_loss(situation, menu, eligible, held, near)
    if price is None:
        return _for_contribution(situation, menu, profit=True)
    return _for_clicks(situation, menu, eligible, price)


def without_loss_price(situation: Situation, problem: Problem) -> Problem:
    """The same goal in clicks where only the limit of the spend keeps the loss in bounds.

    A few words offer few compromises between clicks and loss, and a price may miss the best.
    """
    return _for_clicks(situation, problem.menu, _worth_clicking(situation, problem.menu), 0.0)


def _for_contribution(situation: Situation, menu: Menu, profit: bool) -> Problem:
    least = situation.policy.min_marginal_return
    own_price = 1.0 if profit else 0.0
    # A yuan that brings back no more than itself is not spent for profit.
    floor = max(float(np.nextafter(own_price, 2)) if profit else 0.0, least)
    binding: AccountBinding = "min_marginal_return" if least > own_price else "none"
    return _problem(
        situation,
        menu,
        menu.contribution,
        menu.contribution,
        floor=floor,
        floor_binding=binding,
        own_price=own_price,
    )


def _for_clicks(situation: Situation, menu: Menu, eligible: FloatArray, price: float) -> Problem:
    gain = menu.clicks + price * (menu.contribution - menu.spend) + eligible
    return replace(_problem(situation, menu, menu.clicks, gain), loss_price=price)


def _problem(
    situation: Situation,
    menu: Menu,
    counts: FloatArray,
    gain: FloatArray,
    *,
    floor: float = 0.0,
    floor_binding: AccountBinding = "none",
    own_price: float = 0.0,
) -> Problem:
    stairs = build_staircase(menu.spend, gain)
    return Problem(
        menu=menu,
        counts=counts,
        gain=gain,
        stairs=stairs,
        ranking=rank_by_campaign(stairs, situation.campaign, situation.caps.campaign),
        campaign=situation.campaign,
        caps=situation.caps,
        floor=floor,
        floor_binding=floor_binding,
        own_price=own_price,
        judge=_judge(situation),
        max_loss=_max_loss(situation),
    )


def _judge(situation: Situation) -> Callable[[FloatArray], Verdict] | None:
    allowance = situation.allowance
    if allowance is None:
        return None
    return lambda bids: allowance.judge(situation.full(bids))


def _max_loss(situation: Situation) -> float:
    return np.inf if situation.allowance is None else situation.allowance.max_loss


def _worth_clicking(situation: Situation, menu: Menu) -> FloatArray:
    """(m, K) 0 where a click may be bought, -inf beyond the last yuan with the least return."""
    least = situation.policy.min_marginal_return
    width = menu.bids.shape[1]
    if least > 0:
        stairs = build_staircase(menu.spend, menu.contribution)
        highest = stairs.columns(stairs.levels(np.flatnonzero(stairs.slope >= least)))
    else:
        peak = menu.contribution >= menu.contribution.max(axis=1, keepdims=True)
        highest = width - 1 - peak[:, ::-1].argmax(axis=1)
    return np.where(np.arange(width) <= highest[:, None], 0.0, -np.inf)


def _price_of_loss(
    situation: Situation, menu: Menu, eligible: FloatArray, held: IntArray, near: float | None
) -> float | None:
    """Price of a yuan lost, in clicks, just below the least at which the best plan is safe."""

    def keeps(price: float) -> bool:
        problem = _for_clicks(situation, menu, eligible, price)
        columns = solve(_careless(problem), held).columns
        verdict = situation.judge(menu.at(menu.bids, columns))
        return verdict is None or verdict.holds

    if near and keeps(near * NARROW):
        return _least_price(keeps, near / NARROW, near * NARROW, LATER_SEARCH)
    if keeps(0.0):
        return 0.0
    average = float(menu.clicks.sum()) / max(float(menu.spend.sum()), 1e-9)
    if not keeps(HIGHEST_PRICE * average):
        return None
    return _least_price(keeps, LEAST_PRICE * average, HIGHEST_PRICE * average, FIRST_SEARCH)


def _least_price(keeps: Callable[[float], bool], low: float, high: float, rounds: int) -> float:
    """Halve the logarithmic range ``rounds`` times; the lower end, which the solver then retreats from."""
    for _ in range(rounds):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if keeps(middle) else (middle, high)
    return low


def _careless(problem: Problem) -> Problem:
    """The same problem under its budgets only."""
    return replace(problem, judge=None)
