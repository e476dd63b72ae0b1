"""What a command shows: text and tables for people, JSON for machines, progress beside both.

Machine output alone goes to stdout; with ``--json`` everything else goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.cli.speech import Speech, can_show_chinese, language_of

PIPE_WIDTH = 120
FOLDED = 14  # terminal columns that a column of words can be folded down to
GAP = 2


class Screen:
    """One command's terminal. ``speech`` picks the language; ``machine`` says that stdout is for JSON."""

    def __init__(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="replace")
        self.speech = Speech()
        self.machine = False
        self.out = _console(sys.stdout)
        self.err = _console(sys.stderr, stderr=True)
        self.choose_language(None)

    def choose_language(self, asked: str | None) -> None:
        """Follow ``--lang``, else the environment; a terminal without Chinese letters reads English."""
        chosen = language_of(asked, os.environ)
        if asked is None and not can_show_chinese(sys.stderr):
            chosen = "en"
        self.speech.language = chosen

    @property
    def people(self) -> Console:
        """Where text for people goes."""
        return self.err if self.machine else self.out

    def say(self, zh: str, en: str, *, style: str = "") -> None:
        """One paragraph in the reader's language."""
        self.people.print(Text(self.speech(zh, en), style=style))

    def warn(self, zh: str, en: str) -> None:
        """One paragraph on stderr."""
        self.err.print(Text(self.speech(zh, en), style="yellow"))

    def text(self, text: str) -> None:
        """Lines to be kept as they are, so that they can be copied or piped into a file."""
        self.people.print(Text(text.rstrip()), soft_wrap=True)

    def emit(self, value: Any) -> None:
        """One JSON document on stdout."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")
        sys.stdout.flush()

    def table(
        self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, text: int = 1
    ) -> None:
        """A table whose first ``text`` columns are words and the others numbers, aligned right.

        Where the numbers would not fit side by side, every row becomes a paragraph of its own.
        """
        cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
        if title:
            self.people.print(Text(title, style="bold"))
        if _least_width(columns, cells, text) > self.people.width:
            self._paragraphs(columns, cells)
        else:
            self._columns(columns, cells, text)
        self.people.print()

    def _columns(self, columns: Sequence[str], cells: Sequence[Sequence[str]], text: int) -> None:
        table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
        for place, column in enumerate(columns):
            words = place < text
            table.add_column(
                Text(column),
                justify="left" if words else "right",
                overflow="fold",
                no_wrap=not words,
            )
        for row in cells:
            table.add_row(*map(Text, row))
        self.people.print(table)

    def _paragraphs(self, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
        for row in cells:
            pairs = zip(columns[1:], row[1:], strict=True)
            rest = ", ".join(f"{column} {cell}" for column, cell in pairs if cell)
            self.people.print(Text(f"{row[0]}  {rest}"))


def _least_width(columns: Sequence[str], cells: Sequence[Sequence[str]], text: int) -> int:
    """Columns of the terminal below which the table breaks numbers apart."""
    widths = [
        max(cell_len(row[place]) for row in (columns, *cells)) for place in range(len(columns))
    ]
    words = sum(min(width, FOLDED) for width in widths[:text])
    return words + sum(widths[text:]) + GAP * (len(columns) - 1)


def _console(stream: TextIO, *, stderr: bool = False) -> Console:
    """A console that wraps at the terminal's width, and hardly ever in a pipe."""
    asked = os.environ.get("COLUMNS", "")
    width = int(asked) if asked.isdigit() and int(asked) > 0 else None
    if width is None and not stream.isatty():
        width = PIPE_WIDTH
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False)


def yuan(fen: float | None) -> str:
    """Fen as yuan for people: ``¥1,234.50``; unknown is a dash."""
    if fen is None:
        return "–"
    whole = round(fen)
    sign = "-" if whole < 0 else ""
    return f"{sign}¥{abs(whole) / 100:,.2f}"


def percent(fraction: float | None) -> str:
    """A signed fraction as percents for people: ``+12.5%``; unknown is a dash."""
    return "–" if fraction is None else f"{fraction:+.1%}"
