"""Axes and marks, in the chart's own units."""

import re

import pytest

from service.report import svg
from service.report.svg import NARROW, WIDE, plot_of


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([3_460.0, 0.0], (0, 1000, 2000, 3000, 4000)),
        ([-16_553.0, 1_500.0], (-20_000, -15_000, -10_000, -5_000, 0, 5_000)),
        ([0.07], (0.0, 0.02, 0.04, 0.06, 0.08)),
        ([], (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        ([5.0], (0, 1, 2, 3, 4, 5)),
    ],
)
def test_the_axis_ends_at_round_figures_and_holds_everything(values, ticks):
    plot = plot_of(WIDE, 31, values)
    assert plot.ticks == pytest.approx(ticks)
    assert plot.low <= min(values, default=0)
    assert plot.high >= max(values, default=0)


def test_days_and_values_have_their_place():
    plot = plot_of(NARROW, 30, [100.0])
    assert plot.x(0) == pytest.approx(NARROW.left + plot.step / 2)
    assert plot.x(29) == pytest.approx(NARROW.width - svg.RIGHT - plot.step / 2)
    assert plot.y(0) == NARROW.height - svg.BOTTOM
    assert plot.y(plot.high) == svg.TOP


def test_a_bar_below_zero_hangs_from_the_line():
    plot = plot_of(WIDE, 31, [-100.0, 100.0])
    drawn = svg.bar(plot, 0, 0.0, -50.0, svg.TEAL)
    place = re.search(r'y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', drawn)
    y, height = map(float, place.groups())
    assert y == pytest.approx(plot.y(0))
    assert y + height == pytest.approx(plot.y(-50), abs=0.1)


def test_a_gap_between_days_parts_the_stairs():
    plot = plot_of(WIDE, 31, [10.0])
    assert svg.stairs(plot, [(0, 5.0), (1, 6.0), (3, 7.0)], svg.RED).count("<path") == 2
    assert svg.stairs(plot, [], svg.RED) == ""


def test_what_is_too_little_to_draw_is_left_out():
    plot = plot_of(WIDE, 31, [10.0])
    assert svg.band(plot, [(0, 1.0, 2.0)], svg.TEAL) == ""
    assert svg.curve(plot, [], svg.TEAL) == ""
    assert svg.shade(plot, 0) == ""


def test_names_are_escaped():
    assert "&lt;b&gt;" in svg.drawing(plot_of(WIDE, 31, []), '<b>"')
    assert "&lt;b&gt;" in svg.dot(plot_of(WIDE, 31, []), 0, 0.0, svg.TEAL, title="<b>")
