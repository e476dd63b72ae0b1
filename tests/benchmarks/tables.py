"""What a part hands back: tables with a title, of rows that JSON and a terminal can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as Drawn

Row = dict[str, float | str]


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` may lack columns; ``detail`` goes to the JSON alone."""

    title: str
    rows: Sequence[Row]
    detail: Sequence[Row] = ()


def show(table: Table, console: Console) -> None:
    """Print a table, or that there was nothing to measure."""
    if not table.rows:
        console.print(f"{table.title}: nothing to measure")
        return
    columns = list(dict.fromkeys(name for row in table.rows for name in row))
    drawn = Drawn(*columns, title=table.title)
    for row in table.rows:
        drawn.add_row(*(str(row.get(name, "")) for name in columns))
    console.print(drawn)
