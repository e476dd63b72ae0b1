"""Reading the parameters of a method; what cannot be read is refused as the platform does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from connectors.sandbox.gateway.clock import PLATFORM_ZONE, STAMP
from connectors.sandbox.gateway.refusal import batch_size, invalid, missing

_MOST_YUAN: Final = 10**12
_WHOLE: Final = re.compile(r"-?[0-9]{1,30}")


class Arguments:
    """Text parameters of one call, without the empty ones.

    Readers raise TopError 40 for what is missing and 41 for what cannot be read.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {key: value for key, value in values.items() if value != ""}

    def find(self, name: str) -> str | None:
        """The text, or None when it is absent."""
        return self._values.get(name)

    def text(self, name: str) -> str:
        """The text."""
        found = self.find(name)
        if found is None:
            raise missing(name)
        return found

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number."""
        found = self.find(name)
        if found is None and default is not None:
            return default
        return whole(self.text(name), name)

    def page(self, limit: int, default: int) -> tuple[int, int]:
        """(page_no from 1, page_size)."""
        number, size = self.number("page_no", 1), self.number("page_size", default)
        if number < 1:
            raise invalid("page_no", "must be at least 1")
        if not 1 <= size <= limit:
            raise invalid("page_size", f"must be between 1 and {limit}")
        return number, size

    def ids(self, name: str, limit: int) -> list[str]:
        """1 to ``limit`` ids joined by commas."""
        ids = [str(whole(part.strip(), name)) for part in self.text(name).split(",")]
        if len(ids) > limit:
            raise batch_size(limit, len(ids))
        return ids

    def day(self, name: str) -> date:
        """``yyyy-MM-dd``."""
        return a_day(self.text(name), name)

    def moment(self, name: str) -> datetime:
        """``yyyy-MM-dd HH:mm:ss`` in GMT+8."""
        try:
            parsed = datetime.strptime(self.text(name), STAMP)
        except ValueError as error:
            raise invalid(name, "must be yyyy-MM-dd HH:mm:ss") from error
        return parsed.replace(tzinfo=PLATFORM_ZONE)

    def items(self, name: str, limit: int) -> list[Fields]:
        """A JSON list of 1 to ``limit`` objects."""
        return objects(decoded(self.text(name), name), name, limit)

    def object(self, name: str) -> Fields:
        """A JSON object."""
        return Fields(decoded(self.text(name), name), name)


class Fields:
    """One JSON object inside a parameter; ``name`` says which, for refusals."""

    def __init__(self, value: object, name: str) -> None:
        if not isinstance(value, dict):
            raise invalid(name, "must be a JSON object")
        self._value: dict[str, object] = value
        self._name = name

    def find(self, key: str) -> object:
        """The value, or None when it is absent or null."""
        return self._value.get(key)

    def get(self, key: str) -> object:
        """The value."""
        found = self.find(key)
        if found is None:
            raise missing(f"{self._name}.{key}")
        return found

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number, as JSON number or text."""
        found = self.find(key)
        if found is None and default is not None:
            return default
        return whole(self.get(key), f"{self._name}.{key}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text."""
        found = self.find(key)
        if found is None and default is not None:
            return default
        found = self.get(key)
        if not isinstance(found, str):
            raise invalid(f"{self._name}.{key}", "must be text")
        return found

    def day(self, key: str) -> date:
        """``yyyy-MM-dd``."""
        return a_day(self.text(key), f"{self._name}.{key}")

    def texts(self, key: str) -> list[str]:
        """A list of texts, empty when absent."""
        found = self.find(key)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(part, str) for part in found):
            raise invalid(f"{self._name}.{key}", "must be a list of texts")
        return list(found)

    def ids(self, key: str) -> list[str]:
        """A list of ids, empty when absent."""
        found = self.find(key)
        if found is None:
            return []
        if not isinstance(found, list):
            raise invalid(f"{self._name}.{key}", "must be a list of ids")
        return [str(whole(part, f"{self._name}.{key}")) for part in found]

    def items(self, key: str, limit: int) -> list[Fields]:
        """A list of 1 to ``limit`` objects."""
        return objects(self.get(key), f"{self._name}.{key}", limit)

    def yuan(self, key: str) -> int:
        """Money in yuan with at most 2 decimals, returned in fen."""
        found = self.get(key)
        readable = isinstance(found, int | str | Decimal) and not isinstance(found, bool)
        try:
            amount = Decimal(str(found)) if readable else Decimal("NaN")
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or abs(amount) >= _MOST_YUAN:
            raise invalid(f"{self._name}.{key}", "must be an amount in yuan")
        fen = amount * 100
        if fen != int(fen):
            raise invalid(f"{self._name}.{key}", "must have at most 2 decimals")
        return int(fen)


def decoded(text: str, name: str) -> object:
    """JSON with exact decimals."""
    try:
        value: object = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise invalid(name, "must be JSON") from error
    return value


def objects(value: object, name: str, limit: int) -> list[Fields]:
    """1 to ``limit`` objects of a list."""
    if not isinstance(value, list):
        raise invalid(name, "must be a JSON list")
    if not 1 <= len(value) <= limit:
        raise batch_size(limit, len(value))
    return [Fields(item, name) for item in value]


def whole(value: object, name: str) -> int:
    """A whole number; 17 digits stay exact."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    raise invalid(name, "must be a whole number")


def a_day(text: str, name: str) -> date:
    """``yyyy-MM-dd``."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=PLATFORM_ZONE).date()
    except ValueError as error:
        raise invalid(name, "must be yyyy-MM-dd") from error
