"""Charts as ECharts options: pure, so that they can be tested without a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

Options = dict[str, Any]
Point = tuple[float, float]

INK, QUIET, TEAL, AMBER, RED, BLUE, BAR = (
    "#16302b",
    "#8a9a95",
    "#0f766e",
    "#b45309",
    "#b91c1c",
    "#1d4ed8",
    "#5fa8a0",
)


def frontier(
    points: Sequence[Mapping[str, Any]], marks: Mapping[str, Point], names: Mapping[str, str]
) -> Options:
    """Spend across, contribution up (yuan a day); ``marks`` are named points on it.

    ``names`` has ``spend`` and ``contribution``.
    """
    curve = [[point["spend"], point["contribution"]] for point in points]
    return {
        "grid": _GRID,
        "tooltip": {"trigger": "axis"},
        "xAxis": _axis(names["spend"]),
        "yAxis": _axis(names["contribution"]),
        "series": [
            {
                "type": "line",
                "data": curve,
                "showSymbol": False,
                "smooth": True,
                "name": names["contribution"],
                "lineStyle": {"color": TEAL, "width": 3},
                "itemStyle": {"color": TEAL},
            },
            {
                "type": "scatter",
                "symbolSize": 12,
                "itemStyle": {"color": AMBER},
                "data": [
                    {"value": list(at), "name": name, "label": _label(name, side)}
                    for (name, at), side in zip(marks.items(), cycle(_SIDES))
                ],
            },
        ],
    }


def response(
    bids: Sequence[float],
    value: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    marks: Mapping[str, float],
    names: Mapping[str, str],
) -> Options:
    """A figure over the bid (yuan) with its 90 % interval; ``marks`` are named bids.

    ``names`` has ``bid``, ``figure`` and ``interval``.
    """
    band = [top - bottom for bottom, top in zip(low, high, strict=True)]
    return {
        "grid": _GRID,
        "tooltip": {"trigger": "axis"},
        "xAxis": _axis(names["bid"])
        | {
            "min": "dataMin",
            "max": "dataMax",
            "axisLabel": {"showMinLabel": False, "showMaxLabel": False},
        },
        "yAxis": _value_axis() | {"scale": True},
        "series": [
            _area(bids, low, names["interval"], visible=False),
            _area(bids, band, names["interval"], visible=True),
            {
                "type": "line",
                "name": names["figure"],
                "data": [list(pair) for pair in zip(bids, value, strict=True)],
                "showSymbol": False,
                "lineStyle": {"color": TEAL, "width": 3},
                "itemStyle": {"color": TEAL},
                "markLine": {
                    "symbol": "none",
                    "animation": False,
                    "data": [
                        {
                            "xAxis": bid,
                            "name": name,
                            "label": {"formatter": name, "align": "right" if first else "left"},
                        }
                        for name, bid, first in _side_by_side(marks)
                    ],
                },
            },
        ],
    }


def _side_by_side(marks: Mapping[str, float]) -> list[tuple[str, float, bool]]:
    """Names and bids in order, and whether each is the lowest: its name stands left of its mark."""
    ordered = sorted(marks.items(), key=lambda mark: mark[1])
    return [(name, bid, place == 0 < len(ordered) - 1) for place, (name, bid) in enumerate(ordered)]


def days(
    dates: Sequence[str],
    bars: Mapping[str, Sequence[float | None]],
    lines: Mapping[str, Sequence[float | None]],
    *,
    own_axis: bool = False,
) -> Options:
    """Bars and lines by day on one axis (yuan or counts); ``own_axis`` gives the lines theirs, right."""
    colours = iter((TEAL, QUIET, BLUE, AMBER))
    series: list[Options] = [
        {"type": "bar", "name": name, "data": list(values), "itemStyle": {"color": next(colours)}}
        for name, values in bars.items()
    ]
    series += [
        {
            "type": "line",
            "name": name,
            "data": list(values),
            "showSymbol": len(values) < 20,
            "itemStyle": {"color": colour},
            "yAxisIndex": 1 if own_axis else 0,
        }
        for (name, values), colour in zip(lines.items(), (AMBER, RED, BLUE, INK), strict=False)
    ]
    return {
        "grid": _DAYS_GRID | ({"right": 48} if own_axis and lines else {}),
        "legend": {"top": 0, "type": "scroll", "itemGap": 14, "itemWidth": 18},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": list(dates)},
        "yAxis": [_value_axis(), _value_axis() | {"scale": True, "splitLine": {"show": False}}]
        if own_axis and lines
        else _value_axis(),
        "series": series,
    }


def outcomes(
    dates: Sequence[str],
    realised: Sequence[float | None],
    expected: Sequence[float | None],
    interval: Sequence[tuple[float | None, float | None]],
    names: Mapping[str, str],
) -> Options:
    """What days brought as bars, what was expected as a line within its 90 % interval (yuan).

    ``names`` has ``realised``, ``expected`` and ``interval``.
    """
    low = [bottom for bottom, _ in interval]
    band = [
        None if bottom is None or top is None else round(top - bottom, 2)
        for bottom, top in interval
    ]
    chart = days(dates, {names["realised"]: realised}, {names["expected"]: expected})
    bars, line = chart["series"]
    bars["itemStyle"] = {"color": BAR}
    areas = [
        _area(dates, low, names["interval"], visible=False),
        _area(dates, band, names["interval"], visible=True),
    ]
    for area in areas:
        area["itemStyle"] = {"color": AMBER}
        area["areaStyle"] |= {"color": AMBER}
    return chart | {"series": [bars, *areas, line]}


_GRID: Options = {"left": 56, "right": 24, "top": 24, "bottom": 48, "containLabel": False}
_DAYS_GRID: Options = _GRID | {"top": 40, "bottom": 28}


def _value_axis() -> Options:
    return {"type": "value", "splitLine": {"lineStyle": {"color": "#e7ecea"}}}


def _axis(name: str) -> Options:
    return {
        "type": "value",
        "name": name,
        "nameLocation": "middle",
        "nameGap": 30,
        "scale": True,
        "splitLine": {"lineStyle": {"color": "#e7ecea"}},
    }


# Under, over, under the curve: neighbours do not write over each other.
_SIDES = (
    {"position": "bottom", "align": "left"},
    {"position": "top", "align": "right"},
    {"position": "bottom", "align": "left"},
)


def _label(name: str, side: Options) -> Options:
    return {"show": True, "formatter": name, "color": INK, "fontSize": 13} | side


def _area(
    places: Sequence[float] | Sequence[str],
    heights: Sequence[float] | Sequence[float | None],
    name: str,
    *,
    visible: bool,
) -> Options:
    return {
        "type": "line",
        "name": name,
        "stack": "interval",
        "data": [list(pair) for pair in zip(places, heights, strict=True)],
        "showSymbol": False,
        "lineStyle": {"opacity": 0},
        "areaStyle": {"color": TEAL, "opacity": 0.14 if visible else 0},
        "tooltip": {"show": False},
    }
