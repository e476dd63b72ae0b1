"""Charts of a month as SVG text: one slot a day, yuan upward. Pure, and without an id or a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

INK: Final = "#16302b"
QUIET: Final = "#55645f"
GRID: Final = "#dde5e2"
TEAL: Final = "#0f766e"
PALE: Final = "#cdeae6"  # with an edge in TEAL, since by itself it is too faint to be seen
AMBER: Final = "#b45309"
RED: Final = "#b91c1c"
BLUE: Final = "#1d4ed8"
SHADE: Final = "#f0f3f2"
PAPER: Final = "#ffffff"

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The room of a chart in its own units, and how many days lie between two labels below it."""

    name: str
    width: int
    height: int
    left: int
    letters: int
    every: int


WIDE: Final = Size(name="wide", width=880, height=300, left=72, letters=13, every=2)
NARROW: Final = Size(name="narrow", width=380, height=260, left=66, letters=12, every=5)
SIZES: Final = (WIDE, NARROW)
TOP, RIGHT, BOTTOM = 14, 10, 28
BAR: Final = 0.62  # of a slot


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart's axes: ``slots`` days across, ``low`` to ``high`` yuan upward, marked at ``ticks``."""

    size: Size
    slots: int
    low: float
    high: float
    ticks: tuple[float, ...]

    def x(self, slot: float) -> float:
        """The middle of a slot; 0 = the first day."""
        return self.size.left + (slot + 0.5) * self.step

    def y(self, value: float) -> float:
        """The height of a value."""
        room = self.size.height - TOP - BOTTOM
        return TOP + room * (self.high - value) / (self.high - self.low)

    @property
    def step(self) -> float:
        """The width of a slot."""
        return (self.size.width - self.size.left - RIGHT) / self.slots


def plot_of(size: Size, slots: int, values: Sequence[float]) -> Plot:
    """Axes that hold zero and every value, ending at round figures."""
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    if low == high:
        high = 1.0
    step = _round_step((high - low) / 5)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    ticks = tuple(step * number for number in range(first, last + 1))
    return Plot(size=size, slots=slots, low=ticks[0], high=ticks[-1], ticks=ticks)


def _round_step(rough: float) -> float:
    """The next of 1, 2, 5, 10, 20 … that is at least ``rough``."""
    power = 10.0 ** floor(log10(rough))
    return next(power * by for by in (1, 2, 5, 10) if power * by >= rough * (1 - 1e-9))


def drawing(plot: Plot, label: str, *pieces: str) -> str:
    """The whole picture, named for who cannot see it."""
    size = plot.size
    return (
        f'<svg class="{size.name}" viewBox="0 0 {size.width} {size.height}" role="img" '
        f'aria-label="{escape(label)}" font-size="{size.letters}">{"".join(pieces)}</svg>'
    )


def axes(plot: Plot) -> str:
    """Grid lines with their yuan, the line of zero, and days below."""
    size = plot.size
    right = size.width - RIGHT
    parts = []
    for tick in plot.ticks:
        colour = INK if tick == 0 else GRID
        parts.append(line((size.left, plot.y(tick)), (right, plot.y(tick)), colour, 1))
        parts.append(_label(size.left - 6, plot.y(tick) + size.letters * 0.35, _yuan(tick), "end"))
    for slot in range(plot.slots):
        if slot % size.every == 0:
            parts.append(_label(plot.x(slot), size.height - 8, str(slot + 1), "middle"))
    return "".join(parts)


def shade(plot: Plot, until: int) -> str:
    """The first ``until`` days set back."""
    if not until:
        return ""
    left, top = plot.size.left, float(TOP)
    height = plot.size.height - TOP - BOTTOM
    return _rect(left, top, until * plot.step, height, SHADE, "")


def bar(
    plot: Plot,
    slot: int,
    low: float,
    high: float,
    colour: str,
    *,
    title: str = "",
) -> str:
    """A bar between two values."""
    top, bottom = plot.y(max(low, high)), plot.y(min(low, high))
    wide = plot.step * BAR
    return _rect(plot.x(slot) - wide / 2, top, wide, max(bottom - top, 0.5), colour, title)


def dot(plot: Plot, slot: float, value: float, colour: str, *, title: str = "") -> str:
    """A filled point."""
    radius = _radius(plot)
    return (
        f'<circle cx="{_n(plot.x(slot))}" cy="{_n(plot.y(value))}" r="{_n(radius)}" '
        f'fill="{colour}"{edge_of(colour)}>{_title(title)}</circle>'
    )


def cross(plot: Plot, slot: float, value: float, colour: str, *, title: str = "") -> str:
    """A diagonal cross: told from a point also without its colour."""
    reach = _radius(plot) + 0.5
    x, y = plot.x(slot), plot.y(value)
    path = (
        f"M{_n(x - reach)} {_n(y - reach)}L{_n(x + reach)} {_n(y + reach)}"
        f"M{_n(x - reach)} {_n(y + reach)}L{_n(x + reach)} {_n(y - reach)}"
    )
    return f'<path d="{path}" stroke="{colour}" stroke-width="2.4">{_title(title)}</path>'


def tick(plot: Plot, slot: float, value: float, colour: str) -> str:
    """A short level stroke, parted from what is behind it."""
    half = plot.step * BAR / 2
    x, y = plot.x(slot), plot.y(value)
    ends = (x - half, y), (x + half, y)
    return line(*ends, PAPER, 4.5) + line(*ends, colour, 2.2)


def whisker(
    plot: Plot, slot: float, low: float, high: float, colour: str, *, thick: float = 1.2
) -> str:
    """An interval, upright, with small ends."""
    x, reach = plot.x(slot), min(4.0, plot.step * 0.25)
    bottom, top = plot.y(low), plot.y(high)
    path = (
        f"M{_n(x)} {_n(bottom)}V{_n(top)}M{_n(x - reach)} {_n(bottom)}H{_n(x + reach)}"
        f"M{_n(x - reach)} {_n(top)}H{_n(x + reach)}"
    )
    return f'<path d="{path}" stroke="{colour}" stroke-width="{_n(thick)}" fill="none"/>'


def curve(
    plot: Plot,
    values: Sequence[tuple[int, float]],
    colour: str,
    *,
    width: float = 2.4,
    dashes: str = "",
) -> str:
    """A line through (slot, value)."""
    return _path([(plot.x(slot), plot.y(value)) for slot, value in values], colour, width, dashes)


def stairs(
    plot: Plot, values: Sequence[tuple[int, float]], colour: str, *, dashes: str = ""
) -> str:
    """Level strokes the width of their slots, joined where slots are neighbours."""
    half, runs = plot.step / 2, list(_neighbours(values))
    return "".join(
        _path(
            [
                (plot.x(slot) + side * half, plot.y(value))
                for slot, value in run
                for side in (-1, 1)
            ],
            colour,
            2,
            dashes,
        )
        for run in runs
    )


def band(plot: Plot, values: Sequence[tuple[int, float, float]], colour: str) -> str:
    """The space between (slot, low, high)."""
    if len(values) < 2:
        return ""
    there = [(plot.x(slot), plot.y(high)) for slot, _, high in values]
    back = [(plot.x(slot), plot.y(low)) for slot, low, _ in reversed(values)]
    path = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in (*there, *back)) + "Z"
    return f'<path d="{path}" fill="{colour}" fill-opacity="0.18"/>'


def line(start: Point, end: Point, colour: str, width: float) -> str:
    """A straight line in the chart's own units."""
    return (
        f'<line x1="{_n(start[0])}" y1="{_n(start[1])}" x2="{_n(end[0])}" y2="{_n(end[1])}" '
        f'stroke="{colour}" stroke-width="{_n(width)}"/>'
    )


def edge_of(colour: str) -> str:
    """The edge that a faint filling needs."""
    return f' stroke="{TEAL}" stroke-width="1.2"' if colour == PALE else ""


def _neighbours(values: Sequence[tuple[int, float]]) -> Iterator[list[tuple[int, float]]]:
    run: list[tuple[int, float]] = []
    for slot, value in values:
        if run and slot != run[-1][0] + 1:
            yield run
            run = []
        run.append((slot, value))
    if run:
        yield run


def _path(points: Sequence[Point], colour: str, width: float, dashes: str) -> str:
    if not points:
        return ""
    path = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
    broken = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<path d="{path}" stroke="{colour}" stroke-width="{_n(width)}" fill="none" '
        f'stroke-linejoin="round"{broken}/>'
    )


def _rect(x: float, y: float, width: float, height: float, colour: str, title: str) -> str:
    place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
    return f'<rect {place} fill="{colour}"{edge_of(colour)}>{_title(title)}</rect>'


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" fill="{QUIET}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""


def _radius(plot: Plot) -> float:
    return min(4.0, max(2.4, plot.step * 0.22))


def _yuan(value: float) -> str:
    """A round figure of an axis: ``¥1,200``, ``−¥500``, ``¥0.5``."""
    size = f"{abs(value):,.2f}".rstrip("0").rstrip(".")
    return f"{'−' if value < 0 else ''}¥{size}"


def _n(number: float) -> str:
    """A number without needless digits."""
    return f"{number:.1f}".removesuffix(".0")
