"""What a line puts at stake."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.risk import Risk, assess
from service.store.rows import NewLine

WORTH = {"mean": 2.0, "p05": 1.0, "p95": 3.0}


def line(spent=0.0, earned=0.0, worth=WORTH, **changes):
    values = {
        "keyword_id": "k1", "adgroup_id": "g1", "campaign_id": "c1", "word": "保温杯", "match": None,
        "state": "pending", "bid_before_fen": 100, "bid_proposed_fen": 110, "bid_fen": 110,
        "change_rate": 0.1, "reason": "raise_marginal_return", "binding": None, "explore": False,
        "marginal_return": None, "spend_after_fen": 0, "spend_before_fen": 0,
        "contribution_after_fen": 0, "contribution_before_fen": 0,
        "expected": {
            "spend": {"before": 5.0, "after": 5.0 + spent},
            "contribution": {"before": 9.0, "after": 9.0 + earned},
            "rates": {"value_per_click": worth},
        },
    }  # fmt: skip
    return NewLine(**values | changes)


@pytest.mark.parametrize(
    ("spent", "earned", "risk", "stake"),
    [
        (1.0, 3.0, Risk.LOW, 0),  # half the worth still brings 1.5 for 1
        (1.0, 1.5, Risk.MIDDLE, 25),  # half the worth brings 0.75
        (1.0, 0.9, Risk.HIGH, 55),  # loses as expected, 0.55 where it turns out badly
        (-1.0, -0.5, Risk.LOW, 0),  # half as much again is 0.75 lost, less than what is saved
        (-1.0, -0.8, Risk.MIDDLE, 20),  # 1.2 lost
        (-1.0, -1.1, Risk.HIGH, 65),
        (0.5, -0.2, Risk.HIGH, 80),  # dearer and less: the upper end counts
        (0.0, 0.0, Risk.LOW, 0),
        (0.004, 0.0, Risk.LOW, 0),  # under half a fen
    ],
)
def test_a_change_is_judged_at_the_unfavourable_end_of_its_worth(spent, earned, risk, stake):
    found = assess(line(spent, earned))
    assert (found.risk, found.at_stake_fen) == (risk, stake)


def test_a_bid_that_stays_puts_nothing_at_stake():
    for bid in (100, None):
        kept = line(1.0, 0.5, bid_before_fen=bid, bid_fen=bid, bid_proposed_fen=bid)
        assert (assess(kept).risk, assess(kept).at_stake_fen) == (Risk.NONE, 0)


def test_a_persons_bid_is_not_what_the_figures_are_of_until_it_is_the_proposed_one():
    edited = replace(line(1.0, 3.0), bid_fen=115)
    assert (assess(edited).risk, assess(edited).at_stake_fen) == (Risk.BY_HAND, None)
    assert assess(replace(edited, bid_fen=110)).risk is Risk.LOW


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"rates": {"value_per_click": WORTH}},
        {"spend": {"before": 1.0, "after": None}, "contribution": {"before": 1.0, "after": 2.0}},
        {**line(1.0, 3.0).expected, "rates": None},
        {**line(1.0, 3.0).expected, "rates": {"value_per_click": {**WORTH, "p05": None}}},
        {**line(1.0, 3.0).expected, "rates": {"value_per_click": {**WORTH, "p95": None}}},
        {**line(1.0, 3.0).expected, "rates": {"value_per_click": {**WORTH, "mean": 0.0}}},
    ],
)
def test_without_an_interval_nothing_is_claimed(expected):
    found = assess(line(expected=expected))
    assert (found.risk, found.at_stake_fen) == (Risk.UNKNOWN, None)


yuan = st.floats(-100, 100)


@given(yuan, yuan, st.floats(0.01, 1), st.floats(1, 10))
def test_more_uncertainty_never_puts_less_at_stake(spent, earned, low, high):
    known = assess(line(spent, earned, {"mean": 1.0, "p05": low, "p95": high}))
    vague = assess(line(spent, earned, {"mean": 1.0, "p05": low / 2, "p95": high * 2}))
    assert vague.at_stake_fen >= known.at_stake_fen >= 0
    assert (known.risk is Risk.LOW) == (known.at_stake_fen == 0)
