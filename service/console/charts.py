"""Charts as ECharts options: pure, so that they can be tested without a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Options = dict[str, Any]
Point = tuple[float, float]

INK, QUIET, TEAL, AMBER, RED, BLUE = (
    "#16302b",
    "#8a9a95",
    "#0f766e",
    "#b45309",
    "#b91c1c",
    "#1d4ed8",
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
                    {"value": list(at), "name": name, "label": _label(name)}
                    for name, at in marks.items()
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
        "xAxis": _axis(names["bid"]) | {"min": "dataMin", "max": "dataMax"},
        "yAxis": _axis(names["figure"]),
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
                        {"xAxis": bid, "name": name, "label": {"formatter": name}}
                        for name, bid in marks.items()
                    ],
                },
            },
        ],
    }


def days(
    dates: Sequence[str],
    bars: Mapping[str, Sequence[float | None]],
    lines: Mapping[str, Sequence[float | None]],
) -> Options:
    """Bars and lines by day on one axis (yuan or counts)."""
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
        }
        for (name, values), colour in zip(lines.items(), (AMBER, RED, BLUE, INK), strict=False)
    ]
    return {
        "grid": _GRID | {"top": 40},
        "legend": {"top": 0},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": list(dates)},
        "yAxis": {"type": "value", "splitLine": {"lineStyle": {"color": "#e7ecea"}}},
        "series": series,
    }


_GRID: Options = {"left": 56, "right": 24, "top": 24, "bottom": 48, "containLabel": False}


def _axis(name: str) -> Options:
    return {
        "type": "value",
        "name": name,
        "nameLocation": "middle",
        "nameGap": 30,
        "scale": True,
        "splitLine": {"lineStyle": {"color": "#e7ecea"}},
    }


def _label(name: str) -> Options:
    return {"show": True, "formatter": name, "position": "bottom", "color": INK}


def _area(bids: Sequence[float], heights: Sequence[float], name: str, *, visible: bool) -> Options:
    return {
        "type": "line",
        "name": name,
        "stack": "interval",
        "data": [list(pair) for pair in zip(bids, heights, strict=True)],
        "showSymbol": False,
        "lineStyle": {"opacity": 0},
        "areaStyle": {"color": TEAL, "opacity": 0.14 if visible else 0},
        "tooltip": {"show": False},
    }
