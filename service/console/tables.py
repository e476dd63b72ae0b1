"""Plain tables: figures in columns, and records, whose rows become cards on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from nicegui import ui

# A text, a text and where it leads, or what builds the cell.
Cell = str | tuple[str, str] | Callable[[], object]
AddRow = Callable[..., None]


@contextmanager
def table(columns: Sequence[str]) -> Iterator[None]:
    """A table of figures with its column names; rows are added inside."""
    with _table(columns, "k-figures"):
        yield


@contextmanager
def record(columns: Sequence[str]) -> Iterator[AddRow]:
    """A table of texts: on a phone each row is a card in which every cell is named."""

    def add(*cells: Cell) -> None:
        with ui.element("tr"):
            for number, (name, cell) in enumerate(zip(columns, cells, strict=True)):
                made = ui.element("td" if number else "th")
                made.props["data-name" if number else "scope"] = name if number else "row"
                with made:
                    _cell(cell)

    with _table(columns, "k-figures k-record"):
        yield add


def row(name: Cell, *cells: Cell) -> None:
    """A row of figures: what it is about, then its cells."""
    with ui.element("tr"):
        with ui.element("th").props('scope="row"'):
            _cell(name)
        for cell in cells:
            with ui.element("td"):
                _cell(cell)


@contextmanager
def _table(columns: Sequence[str], classes: str) -> Iterator[None]:
    # Focusable: where it is wider than a phone, the arrow keys move it.
    scroll = ui.element("div").classes("k-scroll").props('tabindex="0"')
    with scroll, ui.element("table").classes(classes):
        with ui.element("thead"), ui.element("tr"):
            for column in columns:
                with ui.element("th").props('scope="col"'):
                    ui.label(column)
        with ui.element("tbody"):
            yield


def _cell(cell: Cell) -> None:
    if isinstance(cell, tuple):
        ui.link(*cell)
    elif callable(cell):
        cell()
    elif cell:
        ui.label(cell)
