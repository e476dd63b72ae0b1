"""Pieces of a page as HTML text: everything that is said is escaped here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from service.report.pictures import Mark, Picture
from service.report.svg import edge_of

SWATCHES: Final = {
    "bar": '<rect x="3" y="1" width="16" height="10" fill="{c}"{edge}/>',
    "line": '<path d="M0 6H22" stroke="{c}" stroke-width="3"/>',
    "dashes": '<path d="M0 6H22" stroke="{c}" stroke-width="2.4" stroke-dasharray="5 3"/>',
    "dot": '<circle cx="11" cy="6" r="4.5" fill="{c}"{edge}/>',
    "cross": '<path d="M6 1L16 11M6 11L16 1" stroke="{c}" stroke-width="2.6"/>',
    "band": '<rect x="1" y="1" width="20" height="10" fill="{c}" fill-opacity="0.22"/>',
    "tick": '<path d="M4 6H18" stroke="{c}" stroke-width="3"/>',
    "whisker": '<path d="M11 1V11M7 1H15M7 11H15" stroke="{c}" stroke-width="1.6" fill="none"/>',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: numbers stand right, ``text`` left, ``wrap`` may break, ``bar`` holds bars."""

    name: str
    text: bool = False
    wrap: bool = False
    bar: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A cell that shows a part of one as a bar."""

    value: float


Cell = str | Share
FOLD: Final = ' … <br class="fold">'
WARN: Final = ' class="warn"'


def section(title: str, *pieces: str, name: str = "") -> str:
    """A part of the page under its heading."""
    of = f' class="{name}"' if name else ""
    return f"<section{of}><h2>{escape(title)}</h2>{''.join(pieces)}</section>"


def paragraphs(sentences: Iterable[str], name: str = "") -> str:
    """Sentences, each a paragraph."""
    of = f' class="{name}"' if name else ""
    return "".join(f"<p{of}>{escape(sentence)}</p>" for sentence in sentences)


def note(sentence: str) -> str:
    """A quiet sentence."""
    return paragraphs([sentence], "note")


def heading(text: str) -> str:
    """A heading inside a section."""
    return f"<h3>{escape(text)}</h3>"


def table(
    label: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    foot: Sequence[Cell] | None = None,
    *,
    name: str = "",
) -> str:
    """A table that scrolls by itself where it is too wide, also by the keyboard."""
    head = "".join(
        f'<th scope="col"{_class(column)}>{escape(column.name)}</th>' for column in columns
    )
    body = "".join(_row(columns, row) for row in rows)
    end = f"<tfoot>{_row(columns, foot)}</tfoot>" if foot else ""
    of = f' class="{name}"' if name else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}"><table{of}>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{end}</table></div>"
    )


def figure(picture: Picture | None) -> str:
    """A chart with its name and what its marks stand for; nothing where there is none."""
    if picture is None:
        return ""
    marks = "".join(f"<li>{_swatch(mark)}{escape(mark[2])}</li>" for mark in picture.marks)
    return (
        f"<figure><figcaption>{escape(picture.name)}</figcaption>"
        f'<ul class="marks">{marks}</ul>{"".join(picture.drawings)}</figure>'
    )


def cards(found: Iterable[tuple[str, str, str, bool]]) -> str:
    """Large figures: name, value, what stands small below, and whether it is one to look at."""
    items = "".join(
        f"<li{WARN if warn else ''}>"
        f'<span class="name">{escape(name)}</span><span class="value">{escape(value)}</span>'
        f'<span class="small">{escape(small)}</span></li>'
        for name, value, small, warn in found
    )
    return f'<ul class="cards">{items}</ul>'


def _row(columns: Sequence[Column], cells: Sequence[Cell]) -> str:
    first, *rest = zip(columns, cells, strict=True)
    opening = f'<tr><th scope="row"{_class(first[0])}>{_cell(first[1])}</th>'
    return opening + "".join(f"<td{_class(of)}>{_cell(cell)}</td>" for of, cell in rest) + "</tr>"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Share):
        width = f"{100 * min(1.0, max(0.0, cell.value)):.0f}%"
        return f'<span class="share" aria-hidden="true"><span style="width:{width}"></span></span>'
    return escape(cell).replace(" … ", FOLD)  # an interval may fold on a phone, a figure never


def _class(column: Column) -> str:
    names = [name for name in ("text", "wrap", "bar") if getattr(column, name)]
    return f' class="{" ".join(names)}"' if names else ""


def _swatch(mark: Mark) -> str:
    shape, colour, _ = mark
    drawn = SWATCHES[shape].format(c=colour, edge=edge_of(colour))
    return f'<svg viewBox="0 0 22 12" aria-hidden="true">{drawn}</svg>'
