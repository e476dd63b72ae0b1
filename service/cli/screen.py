"""What a command shows: text and tables for people, JSON for machines, progress beside both.

Machine output alone goes to stdout; with ``--json`` everything else goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.cli.speech import Speech, can_show_chinese, language_of

PIPE_WIDTH = 120


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
        """A table whose first ``text`` columns are words and the others numbers, aligned right."""
        table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
        for place, column in enumerate(columns):
            words = place < text
            table.add_column(
                column,
                justify="left" if words else "right",
                overflow="fold",
                no_wrap=not words and len(columns) < 8,
            )
        for row in rows:
            table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
        self.people.print(table)
        self.people.print()


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
