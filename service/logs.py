"""What a process that stays says on stderr: one line an event, as text or as JSON, and no secret in it.

A line carries what its context is bound to: the request, the person, the account, the night (``run_id``)
or the application at work. A record names its event by ``extra={"event": …}`` and may bring ``fields``.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, Literal, ParamSpec, TextIO, TypeVar

from service.settings.secrets import MASK, mask_text

Form = Literal["text", "json"]
P = ParamSpec("P")
R = TypeVar("R")
SHORTEST_SECRET: Final = (
    6  # what is shorter stands in too many words to be masked wherever it stands
)
TALKATIVE: Final = ("apscheduler", "alembic", "httpx", "httpcore")
_BOUND: ContextVar[Mapping[str, str]] = ContextVar("bound", default=MappingProxyType({}))


def bind(**names: str | None) -> None:
    """Every line from here to the end of this context carries ``names``; None takes one away."""
    together = {**_BOUND.get(), **names}
    _BOUND.set({name: value for name, value in together.items() if value is not None})


@contextmanager
def bound(**names: str | None) -> Iterator[None]:
    """Every line within carries ``names``."""
    before = _BOUND.set(_BOUND.get())
    bind(**names)
    try:
        yield
    finally:
        _BOUND.reset(before)


def apart(work: Callable[P, R]) -> Callable[P, R]:
    """``work`` in a context of its own that begins as this one is now: for another thread, or a job."""
    context = copy_context()

    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        return context.run(work, *args, **kwargs)

    return inside


class _Masked(logging.Formatter):
    """Masks what looks like a secret, and ``hidden`` values wherever they stand."""

    hidden: tuple[str, ...] = ()

    def hide(self, values: Iterable[str]) -> None:
        """Never show these values."""
        long = {value for value in values if len(value) >= SHORTEST_SECRET}
        self.hidden = tuple(sorted({*self.hidden, *long}, key=len, reverse=True))

    def masked(self, text: str) -> str:
        """``text`` without secrets."""
        for value in self.hidden:
            text = text.replace(value, MASK)
        return mask_text(text)


class Lines(_Masked):
    """For people: time (UTC), level, logger, message, and what it is about."""

    def format(self, record: logging.LogRecord) -> str:
        """The record, and its traceback if it has one."""
        at = f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%SZ}"
        about = " ".join(f"{name}={value}" for name, value in _about(record).items())
        line = f"{at} {record.levelname} {record.name}: {record.getMessage()}"
        said = [f"{line} [{about}]" if about else line]
        if record.exc_info:
            said.append(self.formatException(record.exc_info))
        return self.masked("\n".join(said))


class JsonLines(_Masked):
    """For collectors of logs: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as an object; ``traceback`` only if it has one."""
        at = datetime.fromtimestamp(record.created, UTC)
        said = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", record.name),
            "message": record.getMessage(),
            "logger": record.name,
            **_about(record),
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        clean = {name: self._clean(value) for name, value in said.items()}
        return json.dumps(clean, ensure_ascii=False)

    def _clean(self, value: object) -> object:
        return value if isinstance(value, (int, float, bool)) else self.masked(str(value))


def _about(record: logging.LogRecord) -> dict[str, Any]:
    return {**_BOUND.get(), **getattr(record, "fields", {})}


def to_stream(stream: TextIO, form: Form) -> _Masked:
    """Let every logger of the process speak to ``stream``; returns what may be told what to hide."""
    formatter = JsonLines() if form == "json" else Lines()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for talkative in TALKATIVE:
        logging.getLogger(talkative).setLevel(logging.WARNING)
    return formatter
