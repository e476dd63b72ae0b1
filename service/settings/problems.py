"""Where something in the configuration is wrong, and how a person is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from service.errors import ConfigError


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the YAML, counted from 1 as editors do."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong: the file, the place in it, the key, and what to write instead.

    ``mark`` None means that no place in the file can be named. ``path`` is the dotted key, for
    example ``accounts[0].budgets.daily``, or "" for the file itself.
    """

    file: str
    mark: Mark | None
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.mark.line}:{self.mark.column}" if self.mark else self.file
        return f"{place}: {self.path} {self.message}" if self.path else f"{place}: {self.message}"


class WrongConfigurationError(ConfigError):
    """The configuration is refused. ``problems`` holds all of them, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        super().__init__("\n".join(map(str, self.problems)))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By place in the file, each once."""
    first = Mark(0, 0)
    return tuple(
        sorted(
            dict.fromkeys(problems),
            key=lambda problem: (problem.mark or first, problem.path, problem.message),
        )
    )


def dotted(path: Iterable[int | str]) -> str:
    """``("accounts", 0, "budgets")`` as ``accounts[0].budgets``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
