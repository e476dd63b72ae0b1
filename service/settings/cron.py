"""When the night runs: a five-field crontab line, read strictly so that each field can be named.

Weekdays are counted as cron does (0 and 7 are Sunday) or written mon … sun.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_PART: Final = re.compile(r"(?P<first>\*|\w+)(-(?P<last>\w+))?(/(?P<step>\d+))?")
_LONGEST_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()  # the first of them stands for 1


_FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, MONTHS),
    _Field("weekday", 0, 7, WEEKDAYS),
)


def complaint(line: str) -> str | None:
    """What is wrong with a crontab line and what to write instead; None when nothing is."""
    written = line.split()
    if len(written) != len(_FIELDS):
        return (
            f"has {len(written)} fields; write five (minute, hour, day of the month, month, "
            'weekday), for example "30 8 * * *" for 08:30 every day'
        )
    values: list[frozenset[int]] = []
    for field, text in zip(_FIELDS, written, strict=True):
        named = _values(field, text)
        if isinstance(named, str):
            return named
        values.append(named)
    _, _, day, _, weekday = written
    if day != "*" and weekday != "*":
        return (
            "restricts both the day of the month and the weekday, which cron reads as either of "
            "them; write * for one"
        )
    if all(day > _LONGEST_MONTH[month - 1] for day in values[2] for month in values[3]):
        return "names a day that its months never have, so the night would never run"
    return None


def _values(field: _Field, text: str) -> frozenset[int] | str:
    """The numbers that a field stands for, or what is wrong with it."""
    numbers: set[int] = set()
    for part in text.lower().split(","):
        match = _PART.fullmatch(part)
        if match is None:
            return _wrong(field, part)
        span = _span(field, match)
        if span is None:
            return _wrong(field, part)
        numbers.update(span)
    return frozenset(numbers)


def _span(field: _Field, match: re.Match[str]) -> range | None:
    """The numbers of one part, None when it makes no sense."""
    first_text, last_text, step_text = match["first"], match["last"], match["step"]
    step = int(step_text) if step_text else 1
    if first_text == "*":
        first, last = field.low, field.high
    else:
        named = _number(field, first_text), _number(field, last_text or first_text)
        if named[0] is None or named[1] is None:
            return None
        first, last = named[0], named[1]
    endless_step = step_text and not last_text and first_text != "*"
    if step < 1 or first > last or endless_step or (first_text == "*" and last_text):
        return None
    return range(first, last + 1, step)


def _number(field: _Field, text: str) -> int | None:
    if text in field.words:
        return field.words.index(text) + 1
    if not re.fullmatch(r"\d{1,2}", text, re.ASCII):
        return None
    number = int(text)
    return number if field.low <= number <= field.high else None


def _wrong(field: _Field, part: str) -> str:
    words = f" or {field.words[0]}-{field.words[-1]}" if field.words else ""
    return (
        f"cannot be read: its {field.name} {part!r} is none; write {field.low}-{field.high}{words}, "
        "a list (1,3), a range (1-5), or * with an optional step (*/2)"
    )
