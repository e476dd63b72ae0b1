"""Plain tables: for a page's figures, where a grid would be too much."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from nicegui import ui

Cell = str | tuple[str, str]  # a text, or a text and where it leads


@contextmanager
def table(columns: Sequence[str]) -> Iterator[None]:
    """A table with its column names; rows are added inside."""
    with ui.element("div").classes("k-scroll"), ui.element("table").classes("k-figures"):
        with ui.element("thead"), ui.element("tr"):
            for column in columns:
                with ui.element("th").props('scope="col"'):
                    ui.label(column)
        with ui.element("tbody"):
            yield


def row(name: Cell, *cells: Cell, action: tuple[str, Callable[[], object]] | None = None) -> None:
    """A row: what it is about, then its cells, then a button, if there is something to do."""
    with ui.element("tr"):
        with ui.element("th").props('scope="row"'):
            _cell(name)
        for cell in cells:
            with ui.element("td"):
                _cell(cell)
        if action is not None:
            with ui.element("td"):
                ui.button(action[0], on_click=action[1]).props("no-caps flat dense color=teal-10")


def _cell(cell: Cell) -> None:
    if isinstance(cell, tuple):
        ui.link(*cell)
    else:
        ui.label(cell)
