from __future__ import annotations

import dataclasses
import math
from decimal import Decimal

import numpy as np
import pytest

from optimizer.errors import OptimizerError, PolicyError
from optimizer.policy import Policy


def test_defaults_are_an_uncapped_profit_plan():
    policy = Policy()
    assert policy.objective == "profit"
    assert policy.budget == math.inf
    assert policy.max_loss is None
    assert (policy.min_bid, policy.bid_step, policy.loss_confidence) == (0.05, 0.01, 0.9)


def test_it_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Policy().max_bid = 3.0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"objective": "roas"}, "objective is 'roas'"),
        ({"objective": "slight_loss"}, "max_loss is None"),
        ({"objective": "clicks"}, "max_loss is None"),
        ({"daily_budget": -1}, "daily_budget is -1"),
        ({"daily_budget": math.nan}, "daily_budget is nan"),
        ({"daily_budget": "100"}, "daily_budget is '100'"),
        ({"daily_budget": True}, "daily_budget is True"),
        ({"campaign_budgets": {"c": -2}}, r"campaign_budgets\['c'\] is -2"),
        ({"campaign_budgets": {7: 2}}, "campaign_budgets is 7"),
        ({"campaign_budgets": [("c", 2)]}, "campaign_budgets is "),
        ({"max_loss": -0.01}, "max_loss is -0.01"),
        ({"max_loss": math.inf}, "max_loss is inf"),
        ({"loss_confidence": 1}, "loss_confidence is 1"),
        ({"loss_confidence": 0}, "loss_confidence is 0"),
        ({"loss_confidence": None}, "loss_confidence is None"),
        ({"min_marginal_return": -0.1}, "min_marginal_return is -0.1"),
        ({"bid_step": 0}, "bid_step is 0"),
        ({"min_bid": 0}, "min_bid is 0"),
        ({"max_bid": math.inf}, "max_bid is inf"),
        ({"min_bid": 2, "max_bid": 1}, "max_bid is 1.0"),
        ({"min_bid": 0.11, "max_bid": 0.19, "bid_step": 0.1}, "at least one multiple"),
        ({"max_step_up": -0.1}, "max_step_up is -0.1"),
        ({"max_step_down": 1.1}, "max_step_down is 1.1"),
        ({"explore": 1.5}, "explore is 1.5"),
        ({"locked": "abc"}, "locked is 'abc'"),
        ({"locked": [17]}, "locked is 17"),
        ({"locked": 17}, "locked is 17"),
    ],
)
def test_nonsense_is_refused_by_name_value_and_remedy(fields, said):
    with pytest.raises(PolicyError, match=said) as refused:
        Policy(**fields)
    assert "allowed is" in str(refused.value)
    assert isinstance(refused.value, OptimizerError)


def test_numbers_of_any_kind_become_floats_and_collections_are_sorted_copies():
    budgets = {"b": 2, "a": Decimal("1.5")}
    policy = Policy(
        daily_budget=np.float64(3),
        campaign_budgets=budgets,
        max_loss=Decimal("0.1"),
        locked={"y", "x"},
    )
    budgets["a"] = 99
    assert (policy.daily_budget, policy.max_loss) == (3.0, 0.1)
    assert policy.campaign_budgets == {"a": 1.5, "b": 2.0}
    assert list(policy.campaign_budgets) == ["a", "b"]
    assert policy.locked == ("x", "y")


def test_bids_on_the_grid_are_the_nearest_doubles():
    ticks = np.arange(1.0, 10_000.0)
    assert (Policy().on_grid(ticks) == np.array([float(f"{t / 100:.2f}") for t in ticks])).all()
    assert Policy(bid_step=0.05).on_grid(np.array([7.0]))[0] == 0.35
    assert Policy(bid_step=1, max_bid=99).on_grid(np.array([7.0]))[0] == 7.0


def test_the_range_of_bids_is_rounded_inwards():
    policy = Policy(min_bid=0.12, max_bid=0.98, bid_step=0.05)
    assert (policy.first_tick, policy.last_tick) == (3, 19)
    exact = Policy(min_bid=0.15, max_bid=0.95, bid_step=0.05)
    assert (exact.first_tick, exact.last_tick) == (3, 19)
