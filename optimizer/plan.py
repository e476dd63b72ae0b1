"""The plan: what ``propose`` hands over, and how it is put together from a decision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.explain import Decision, bindings, reasons
from optimizer.frontier import Caps, build_staircase, frontier_curve, rank_by_campaign, route
from optimizer.outlook import Expectation, FloatArray, TotalDraws
from optimizer.problem import Problem
from optimizer.risk import share_interval
from optimizer.situation import SLACK, Situation, day_draws
from optimizer.solve import Solution

AMOUNTS = ("spend", "clicks", "orders", "revenue", "contribution")
DRAWS = 400


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A limit that tonight's bids cannot keep, however low: yuan ``needed`` against ``limit``."""

    constraint: str
    limit: float
    needed: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Bids for a night. Money is yuan a day.

    lines            index keyword_id in roster order; bid_before, bid; clicks, spend, orders,
                     revenue, contribution expected at the new bid and, with ``_before``, at
                     today's; marginal_return (contribution of the next yuan, NaN where the bid is
                     unknown); reason, binding (see ``explain``); explore.
    totals           index quantity: spend, clicks, orders, revenue, contribution, profit, loss,
                     the same with ``_before``, p_within_loss, p_within_budget; columns value, p05,
                     p95 of the realised day (of the estimate, for the two probabilities). NaN where
                     nothing is drawn or the policy sets no allowance.
    frontier         spend, contribution, marginal_return of the best plans of every size.
    campaigns        index campaign_id; budget (NaN: none), spend, contribution, next_return (gain
                     of one more yuan of its budget, NaN where that does not bind), price.
    bound, gap       upper bound on the objective and (bound - objective) / |bound|. The objective
                     is contribution, contribution - spend or clicks, of all words.
    status           optimal | budget_unreachable_tonight | allowance_unreachable_tonight |
                     nothing_to_move | empty.
    shortfalls       the numbers behind an unreachable status.
    loss_at_risk     loss not exceeded with the demanded confidence; NaN without an allowance.
    binding          what stopped the account: none | min_marginal_return | budget | allowance.
    marginal_return  contribution of the last yuan spent; NaN where no word could be raised.
    lambda_account, lambda_campaign, mu   prices of the account's budget, of each campaign's, and of
                     the loss, in units of the objective a yuan. In a retreat to less risk
                     ``lambda_account`` is the price of risk.
    """

    lines: pd.DataFrame
    totals: pd.DataFrame
    frontier: pd.DataFrame
    campaigns: pd.DataFrame
    objective: str
    value: float
    bound: float
    gap: float
    status: str
    shortfalls: tuple[Shortfall, ...]
    loss_at_risk: float
    binding: str
    marginal_return: float
    lambda_account: float
    lambda_campaign: dict[str, float]
    mu: float


def assemble(
    situation: Situation, decision: Decision, bound: float, frontier: pd.DataFrame, seed: int
) -> Plan:
    """Everything a reader wants to know of a decision; ``bound`` is on the words that may move."""
    bids = situation.full(decision.bids)
    before = situation.outlook.expect(situation.today)
    after = situation.outlook.expect(bids)
    lines = _lines(situation, decision, bids, before, after)
    campaigns = _campaigns(situation, decision, lines)
    shortfalls = _shortfalls(situation, decision, lines, campaigns)
    extra = _objective_of_fixed(situation, decision.problem)
    value = decision.problem.value(decision.solution.columns) + extra
    bound = max(bound + extra, value)
    prices = _prices(decision)
    verdict = decision.solution.verdict
    return Plan(
        lines=lines,
        totals=_totals(situation, lines, seed),
        frontier=frontier,
        campaigns=campaigns,
        objective=situation.policy.objective,
        value=value,
        bound=bound,
        gap=(bound - value) / abs(bound) if bound else 0.0,
        status=_status(situation, shortfalls),
        shortfalls=shortfalls,
        loss_at_risk=np.nan if verdict is None else verdict.at_risk,
        binding=decision.solution.binding,
        marginal_return=_last_return(decision),
        lambda_account=prices[0],
        lambda_campaign=dict(zip(situation.outlook.campaign_ids, prices[1].tolist(), strict=True)),
        mu=prices[2],
    )


def _lines(
    situation: Situation,
    decision: Decision,
    bids: FloatArray,
    before: Expectation,
    after: Expectation,
) -> pd.DataFrame:
    columns: dict[str, object] = {"bid_before": situation.today, "bid": bids}
    for name in ("clicks", "spend", "orders", "revenue", "contribution"):
        columns[f"{name}_before"] = np.nan_to_num(getattr(before, name), nan=0.0)
        columns[name] = np.nan_to_num(getattr(after, name), nan=0.0)
    explored = np.zeros(len(bids), np.bool_)
    explored[situation.rows] = decision.explored
    columns["marginal_return"] = _next_return(situation, bids, after)
    columns["reason"] = reasons(situation, decision)
    columns["binding"] = bindings(situation, decision)
    columns["explore"] = explored
    index = pd.Index(situation.outlook.keyword_id, name="keyword_id")
    return pd.DataFrame(columns, index=index)


def _next_return(situation: Situation, bids: FloatArray, after: Expectation) -> FloatArray:
    """(n,) contribution of the next yuan: slope over one bid step, or one percent if that is more."""
    step = np.maximum(situation.policy.bid_step, 0.01 * bids)
    further = situation.outlook.expect(bids + step)
    run = further.spend - after.spend
    rise = np.nan_to_num(further.contribution - after.contribution, nan=0.0)
    slope = np.divide(rise, run, out=np.zeros_like(run), where=run > 0)
    return np.where(bids > 0, slope, np.nan)


def _campaigns(situation: Situation, decision: Decision, lines: pd.DataFrame) -> pd.DataFrame:
    names = situation.outlook.campaign_ids
    budgets = [situation.policy.campaign_budgets.get(name, np.nan) for name in names]
    price = decision.solution.campaign_price
    binds = price > decision.solution.account_price
    sums = {
        name: np.bincount(situation.outlook.campaign, lines[name], len(names)).astype(float)
        for name in ("spend", "contribution")
    }
    columns = {"budget": budgets, **sums, "next_return": np.where(binds, price, np.nan)}
    columns["price"] = _prices(decision)[1]
    return pd.DataFrame(columns, index=pd.Index(list(names), dtype="str", name="campaign_id"))


def _prices(decision: Decision) -> tuple[float, FloatArray, float]:
    """Multipliers of the account's budget, the campaigns' budgets (C,) and the loss."""
    problem, solution = decision.problem, decision.solution
    price = solution.account_price
    over = np.maximum(solution.campaign_price - price, 0.0)
    if problem.loss_price:
        return price, over, problem.loss_price
    if solution.binding == "allowance" and price < 1:
        mu = price / (1 - price)
        return 0.0, over * (1 + mu), mu
    if solution.binding in ("budget", "allowance"):
        return price - problem.own_price, over, 0.0
    return 0.0, over, 0.0


def _last_return(decision: Decision) -> float:
    """Contribution of the last yuan: the slope of the last segment, in contribution."""
    problem, solution = decision.problem, decision.solution
    if problem.counts is problem.menu.contribution or not np.isfinite(solution.last_slope):
        return solution.last_slope
    at = int(np.searchsorted(-problem.stairs.slope, -solution.last_slope))
    word = int(problem.stairs.word[at])
    menu, column = problem.menu, int(solution.columns[word])
    below = max(column - 1, 0)
    run = float(menu.spend[word, column] - menu.spend[word, below])
    rise = float(menu.contribution[word, column] - menu.contribution[word, below])
    return rise / run if run > 0 else float("nan")


def _shortfalls(
    situation: Situation, decision: Decision, lines: pd.DataFrame, campaigns: pd.DataFrame
) -> tuple[Shortfall, ...]:
    budget, spend = situation.policy.budget, float(lines["spend"].sum())
    found = []
    if spend > budget * (1 + SLACK):
        found.append(Shortfall("daily_budget", budget, spend))
    for name, row in campaigns[campaigns["spend"] > campaigns["budget"] * (1 + SLACK)].iterrows():
        limit, needed = float(row["budget"]), float(row["spend"])
        found.append(Shortfall(f"campaign_budgets[{name!r}]", limit, needed))
    verdict = decision.solution.verdict
    if verdict is not None and not verdict.holds:
        found.append(Shortfall("max_loss", decision.problem.max_loss, verdict.at_risk))
    return tuple(found)


def _status(situation: Situation, shortfalls: tuple[Shortfall, ...]) -> str:
    if not len(situation.today):
        return "empty"
    if any(shortfall.constraint != "max_loss" for shortfall in shortfalls):
        return "budget_unreachable_tonight"
    if shortfalls:
        return "allowance_unreachable_tonight"
    return "optimal" if len(situation.rows) else "nothing_to_move"


def _objective_of_fixed(situation: Situation, problem: Problem) -> float:
    standing = situation.standing
    if problem.counts is problem.menu.clicks:
        return standing.clicks
    return standing.contribution - problem.own_price * standing.spend


def _totals(situation: Situation, lines: pd.DataFrame, seed: int) -> pd.DataFrame:
    allowance = situation.allowance
    draw = day_draws(situation.outlook, seed, DRAWS) if allowance is None else allowance.draw
    bids = {"": lines["bid"], "_before": lines["bid_before"]}
    rows: dict[str, tuple[float, float, float]] = {}
    for suffix, at in bids.items():
        draws = draw(at.to_numpy(dtype=np.float64))
        sums = {name: float(lines[f"{name}{suffix}"].sum()) for name in AMOUNTS}
        rows |= _amount_rows(draws, sums, suffix)
        if not suffix:
            rows |= _probability_rows(situation, draws)
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["value", "p05", "p95"]
    ).rename_axis("quantity")


def _amount_rows(
    draws: TotalDraws, sums: dict[str, float], suffix: str
) -> dict[str, tuple[float, float, float]]:
    profit = draws.contribution - draws.spend
    drawn = {
        "spend": draws.spend,
        "contribution": draws.contribution,
        "profit": profit,
        "loss": -profit,
        "clicks": draws.clicks,
        "orders": draws.orders,
        "revenue": draws.revenue,
    }
    sums = {**sums, "profit": sums["contribution"] - sums["spend"]}
    sums["loss"] = -sums["profit"]
    rows = {}
    for name, value in sums.items():
        sample = drawn[name]
        low, high = (np.nan, np.nan) if sample is None else np.quantile(sample, [0.05, 0.95])
        rows[f"{name}{suffix}"] = (value, float(low), float(high))
    return rows


def _probability_rows(
    situation: Situation, draws: TotalDraws
) -> dict[str, tuple[float, float, float]]:
    size = len(draws.spend)
    within_budget = int((draws.spend <= situation.policy.budget).sum())
    rows = {"p_within_budget": share_interval(within_budget, size)}
    if situation.allowance is None:
        return {**rows, "p_within_loss": (np.nan, np.nan, np.nan)}
    loss = draws.spend - draws.contribution
    hits = int((loss <= situation.allowance.max_loss).sum())
    return {**rows, "p_within_loss": share_interval(hits, size)}


def frontier_of(situation: Situation, problem: Problem) -> pd.DataFrame:
    """The account's frontier of contribution under the campaigns' caps and the bids' limits."""
    stairs, ranking = problem.stairs, problem.ranking
    if problem.gain is not problem.menu.contribution:
        stairs = build_staircase(problem.menu.spend, problem.menu.contribution)
        ranking = rank_by_campaign(stairs, problem.campaign, problem.caps.campaign)
    lowest = stairs.columns(np.zeros(len(stairs.top), np.int64))
    room = Caps(np.inf, problem.room(lowest).campaign)
    free = np.ones(len(lowest), np.bool_)
    road = route(stairs, ranking, problem.campaign, free, room, 0.0)
    spend = situation.standing.spend + float(problem.spend(lowest).sum())
    contribution = float(problem.menu.at(problem.menu.contribution, lowest).sum())
    contribution += situation.standing.contribution
    return frontier_curve(stairs, road.segments, spend, contribution)


def check_caps(problem: Problem, solution: Solution) -> None:
    """Refuse a plan that breaks a budget while a word concerned could still go lower."""
    room = problem.room(solution.columns)
    lower = solution.columns > problem.stairs.vertices[:, 0]
    broken = (room.account < 0) | (room.campaign < 0)[problem.campaign]
    if (lower & broken).any():
        raise AssertionError("the solver broke a budget that it could have kept")
