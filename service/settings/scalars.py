"""What a person wrote as a value, read as the type it must have; nothing is converted silently.

YAML by itself would read ``yes`` as true, ``0.30e2`` as 30, ``010`` as 8 and ``12:30`` as 750.
Here the written text decides, and each reader says what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from yaml.nodes import ScalarNode

_LONGEST_SHOWN: Final = 60
_TAG: Final = "tag:yaml.org,2002:"
_KNOWN_TAGS: Final = frozenset(
    {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp")}
)
_INT: Final = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?")
_PERCENTAGE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) *[%％]")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAMAGED_ID: Final = re.compile(r"[0-9]+(\.[0-9]*)?[eE]\+?[0-9]+|[0-9]+\.[0-9]*")


class UnfitError(Exception):
    """The text is no value of the wanted type; its message says what to write instead."""


class Written(NamedTuple):
    """A scalar as it stands in the file."""

    text: str
    quoted: bool
    tag: str

    @property
    def shown(self) -> str:
        """The text as a message quotes it."""
        return repr(self.text if len(self.text) <= _LONGEST_SHOWN else f"{self.text[:20]}…")

    @property
    def plain_text(self) -> bool:
        """Whether a person meant words: quoted, or nothing that YAML takes for something else."""
        return self.quoted or self.tag == f"{_TAG}str"


def written(node: ScalarNode) -> Written:
    """The scalar of ``node``; UnfitError when it is empty or has a tag (``!!float``, ``!x``)."""
    if node.tag not in _KNOWN_TAGS:
        raise UnfitError("carries a YAML tag (!...); write the value alone")
    if node.style is None and node.value == "":
        raise UnfitError("is empty; write a value, or remove the key")
    return Written(str(node.value), node.style is not None, node.tag)


def is_null(value: Written) -> bool:
    """Whether ``null`` or ``~`` stands there. An empty value is a slip, not a decision."""
    return not value.quoted and value.text in ("null", "~")


def read(kind: type, value: Written) -> Any:
    """``value`` as ``kind``, one of ``READERS``; UnfitError when it is none."""
    return READERS[kind](value)


def _integer(value: Written) -> int:
    text = _unquoted(value)
    if not _INT.fullmatch(text):
        raise UnfitError(f"{value.shown} is not a whole number; write for example 30")
    return int(text)


def _number(value: Written) -> str:
    text = _unquoted(value)
    if _NUMBER.fullmatch(text):
        return text
    percentage = _PERCENTAGE.fullmatch(text)
    if percentage:
        fraction = (Decimal(percentage[1]) / 100).normalize()
        raise UnfitError(f"{value.shown} is a percentage; write the fraction, {fraction:f}")
    raise UnfitError(f"{value.shown} is not a number; write it in digits, for example 0.3")


def _float(value: Written) -> float:
    return float(_number(value))


def _money(value: Written) -> Decimal:
    text = value.text
    if re.search(r"[¥￥元,，]", text):
        raise UnfitError(
            f"{value.shown} is not a plain number; write yuan in digits, as in 1000.00"
        )
    return Decimal(_number(value))


def _boolean(value: Written) -> bool:
    text = _unquoted(value)
    if text not in ("true", "false"):
        raise UnfitError(f"{value.shown} is neither true nor false; write true or false")
    return text == "true"


def _date(value: Written) -> date:
    if _DATE.fullmatch(value.text):
        try:
            return date.fromisoformat(value.text)
        except ValueError:
            raise UnfitError(f"{value.shown} is not in the calendar") from None
    raise UnfitError(f"{value.shown} is not a date; write year-month-day, as in 2027-12-31")


def _string(value: Written) -> str:
    if not value.quoted and _DAMAGED_ID.fullmatch(value.text):
        raise UnfitError(
            f"{value.shown} is a number with a point or an exponent, in which the digits of an id "
            "are lost; copy the whole id again, or put it in quotes if it is meant so"
        )
    if value.plain_text or re.fullmatch(r"[0-9]+", value.text):
        return value.text
    raise UnfitError(f"{value.shown} is read by YAML as something else than text; put it in quotes")


def _path(value: Written) -> Path:
    if value.text.startswith("~"):
        raise UnfitError("begins with ~, which is not expanded; write the whole path")
    return Path(_string(value))


def _unquoted(value: Written) -> str:
    if value.quoted:
        raise UnfitError(f"{value.shown} stands in quotes; write it without them")
    return value.text


READERS: Final[Mapping[type, Callable[[Written], Any]]] = {
    bool: _boolean,
    int: _integer,
    float: _float,
    Decimal: _money,
    date: _date,
    Path: _path,
    str: _string,
}
