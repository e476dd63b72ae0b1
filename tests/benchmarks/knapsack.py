"""A multiple-choice knapsack of keyword bids, for HiGHS and for the optimizer: the same arrays."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import highspy
import numpy as np
import numpy.typing as npt

from optimizer.frontier import envelope

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Method = Literal["choose", "simplex", "ipm"]


@dataclass(frozen=True, slots=True)
class Knapsack:
    """One candidate a word is chosen: most ``value``, spend within budgets, loss within ``max_loss``.

    ``spend`` and ``contribution`` (m, K) ascend with the bid; ``own_price`` 1 makes the value profit,
    0 contribution. ``max_loss`` limits expected spend - contribution; inf where nothing does.
    """

    bids: FloatArray
    spend: FloatArray
    contribution: FloatArray
    campaign: IntArray  # (m,)
    budget: float
    campaign_budget: FloatArray  # (C,)
    own_price: float
    max_loss: float

    @property
    def value(self) -> FloatArray:
        """(m, K) what is maximised."""
        return self.contribution - self.own_price * self.spend


def draw(words: int, candidates: int, seed: int, *, allowance: bool) -> Knapsack:
    """Words with heavy-tailed demand; a budget that binds, in some campaigns first, or an allowance."""
    rng = np.random.default_rng([seed, words])
    campaigns = max(2, min(200, words // 500))
    campaign = rng.integers(0, campaigns, words)
    level = np.exp(rng.normal(0.0, 1.8, words))[:, None]
    at_half = np.exp(rng.normal(0.0, 0.4, words))[:, None]
    steepness = rng.uniform(1.0, 3.0, words)[:, None]
    worth = np.exp(rng.normal(-0.4, 0.7, words))[:, None]
    ticks = np.rint(5.0 * (2000.0 / 5.0) ** (np.arange(candidates) / (candidates - 1)))
    bids = np.broadcast_to(
        np.maximum(ticks, 5.0 + np.arange(candidates)) / 100.0, (words, candidates)
    )
    share = 1.0 / (1.0 + (at_half / bids) ** steepness)
    clicks = level * share
    spend = clicks * bids * (0.5 + 0.4 * share)
    contribution = clicks * worth
    usual = spend[:, candidates // 2].sum()
    of_campaign = np.bincount(campaign, spend[:, candidates // 2], campaigns)
    tight = np.exp(rng.normal(-0.2, 0.6, campaigns))
    return Knapsack(
        bids=np.ascontiguousarray(bids),
        spend=spend,
        contribution=contribution,
        campaign=campaign,
        budget=np.inf if allowance else 0.35 * float(usual),
        campaign_budget=2.0 * tight * of_campaign if allowance else 0.5 * tight * of_campaign,
        own_price=0.0 if allowance else 1.0,
        max_loss=0.05 * float(usual) if allowance else np.inf,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What HiGHS found, in seconds of the processor (the model is built and passed before they count)."""

    value: float
    seconds: float
    status: str


def relaxed(knapsack: Knapsack, time_limit: float, method: Method) -> Answer:
    """The linear relaxation: any mixture of a word's candidates."""
    return _run(_whole_model(knapsack), time_limit, method)


def whole(knapsack: Knapsack, time_limit: float) -> Answer:
    """The integer programme itself, to HiGHS's own tolerance or the time limit."""
    model = _whole_model(knapsack)
    model.integrality_ = [highspy.HighsVarType.kInteger] * model.num_col_
    return _run(model, time_limit)


def relaxed_on_envelopes(knapsack: Knapsack, time_limit: float, method: Method) -> Answer:
    """The same relaxation after our own reduction: segments of the concave envelopes, no row a word."""
    spend, value = knapsack.spend, knapsack.value
    vertices, top = envelope(spend, value)
    columns = vertices.astype(np.int64)
    valid = np.arange(columns.shape[1] - 1) < top[:, None]
    word = np.nonzero(valid)[0]

    def steps(what: FloatArray) -> FloatArray:
        return np.diff(np.take_along_axis(what, columns, 1), axis=1)[valid]

    lowest = np.take_along_axis(spend, columns[:, :1], 1)[:, 0]
    loss = spend - knapsack.contribution
    lost = np.take_along_axis(loss, columns[:, :1], 1)[:, 0]
    model = highspy.HighsLp()
    model.offset_ = float(np.take_along_axis(value, columns[:, :1], 1).sum())
    rows = _shared_rows(knapsack, word, steps(spend), steps(loss), lowest, float(lost.sum()))
    return _run(_filled(model, steps(value), *rows), time_limit, method)


def _whole_model(knapsack: Knapsack) -> highspy.HighsLp:
    """One variable a candidate, one equality a word, and the shared rows."""
    m, width = knapsack.spend.shape
    word = np.repeat(np.arange(m), width)
    nothing = np.zeros(m)
    loss = (knapsack.spend - knapsack.contribution).ravel()
    entries, lower, upper = _shared_rows(knapsack, word, knapsack.spend.ravel(), loss, nothing, 0.0)
    shared = len(upper)
    column = np.arange(m * width)
    choice = (shared + word, column, np.ones(m * width))
    entries = tuple(np.concatenate(pair) for pair in zip(entries, choice, strict=True))
    ones = np.ones(m)
    model = highspy.HighsLp()
    return _filled(
        model,
        knapsack.value.ravel(),
        entries,
        np.concatenate([lower, ones]),
        np.concatenate([upper, ones]),
    )


Entries = tuple[IntArray, IntArray, FloatArray]


def _shared_rows(
    knapsack: Knapsack,
    word: IntArray,
    spend: FloatArray,
    loss: FloatArray,
    base: FloatArray,
    base_loss: float,
) -> tuple[Entries, FloatArray, FloatArray]:
    """Entries (row, column, value) and bounds of the campaigns', the account's and the loss row."""
    campaigns = len(knapsack.campaign_budget)
    column = np.arange(len(word))
    row, place, entry = [knapsack.campaign[word]], [column], [spend]
    room = knapsack.campaign_budget - np.bincount(knapsack.campaign, base, campaigns)
    upper = [*room]
    for limit, weight, before in (
        (knapsack.budget, spend, float(base.sum())),
        (knapsack.max_loss, loss, base_loss),
    ):
        if np.isfinite(limit):
            row.append(np.full(len(word), len(upper)))
            place.append(column)
            entry.append(weight)
            upper.append(limit - before)
    entries = np.concatenate(row), np.concatenate(place), np.concatenate(entry)
    return entries, np.full(len(upper), -highspy.kHighsInf), np.array(upper)


def _filled(
    model: highspy.HighsLp, cost: FloatArray, entries: Entries, lower: FloatArray, upper: FloatArray
) -> highspy.HighsLp:
    """The model of maximising ``cost`` over [0, 1] variables, column by column."""
    row, column, value = entries
    order = np.lexsort((row, column))
    model.num_col_, model.num_row_ = len(cost), len(upper)
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = cost
    model.col_lower_, model.col_upper_ = np.zeros(len(cost)), np.ones(len(cost))
    model.row_lower_, model.row_upper_ = lower, upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.concatenate(
        [[0], np.cumsum(np.bincount(column, minlength=len(cost)))]
    )
    model.a_matrix_.index_ = row[order]
    model.a_matrix_.value_ = value[order]
    return model


def _run(model: highspy.HighsLp, time_limit: float, method: Method = "choose") -> Answer:
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("time_limit", time_limit)
    solver.setOptionValue("solver", method)
    solver.passModel(model)
    begun = time.process_time()
    solver.run()
    seconds = time.process_time() - begun
    status = solver.modelStatusToString(solver.getModelStatus())
    return Answer(float(solver.getObjectiveValue()), seconds, status)
