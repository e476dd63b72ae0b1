"""Figures as people read them."""

import pytest

from service.console import numbers
from service.reading.summary import figure


@pytest.mark.parametrize(
    ("fen", "shown"),
    [(106978, "¥1,069.78"), (0, "¥0.00"), (-320, "−¥3.20"), (-0.2, "¥0.00"), (None, "–")],
)
def test_yuan(fen, shown):
    assert numbers.yuan(fen) == shown


@pytest.mark.parametrize(
    ("fen", "shown"), [(1200, "+¥12.00"), (-320, "−¥3.20"), (0.2, "¥0.00"), (None, "–")]
)
def test_change_in_yuan(fen, shown):
    assert numbers.change_in_yuan(fen) == shown


@pytest.mark.parametrize(
    ("rate", "shown"), [(0.0243, "+2.4%"), (-0.3, "−30.0%"), (0, "0.0%"), (None, "–")]
)
def test_change_in_percent(rate, shown):
    assert numbers.change_in_percent(rate) == shown


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0),
        ({"value": 2.5}, 2.5),
        ({}, None),
        (float("nan"), None),
        ("7", None),
    ],
)
def test_figure(value, number):
    assert figure(value) == number


def test_figures_of_yuan_in_fen():
    assert numbers.fen({"value": 1.25}) == 125
    assert numbers.fen(None) is None


def test_counts_and_whole_yuan():
    assert numbers.count(1858.2) == "1,858"
    assert numbers.count(2.345, 1) == "2.3"
    assert numbers.whole_yuan(106978) == "¥1,070"
    assert numbers.count(None) == numbers.whole_yuan(None) == "–"
