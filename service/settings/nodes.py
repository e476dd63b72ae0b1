"""YAML text to a tree of nodes that know their line and column, with the syntax errors people make."""

from __future__ import annotations

import re
from collections.abc import Iterable

import yaml
from yaml.nodes import Node
from yaml.reader import ReaderError

from service.settings.problems import Mark, Problem, WrongConfigurationError

_INDENT_TAB = re.compile(r" *\t")
_KEY_AT_START = re.compile(r"^\s*(?:- +)*(?P<key>[A-Za-z_]+)(?P<colon>：|:(?=[^\s]))")


class _Composer(yaml.SafeLoader):
    """Composes nodes only; a block has to be written where it applies."""

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # stubs lack it
            raise yaml.composer.ComposerError("while scanning an alias", None, "alias", mark)
        return super().compose_node(parent, index)


def decode(data: bytes, file: str) -> str:
    """The text of the file, which must be UTF-8 (a byte order mark is accepted)."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        mark = Mark(before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1)
        raise _refused(
            file, mark, "is not UTF-8 text (perhaps GBK); save the file again as UTF-8"
        ) from None


def compose(text: str, file: str, known_keys: Iterable[str]) -> Node:
    """The root node of a YAML text; WrongConfigurationError with the places where it cannot be read.

    ``known_keys`` lets a key that is glued to its value be recognised.
    """
    slips = _slips(text, file, frozenset(known_keys))
    if slips:
        raise WrongConfigurationError(slips)
    try:
        root = _Composer(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _refused(file, _mark(error.problem_mark), _sentence(error)) from None
    except ReaderError as error:
        before = text[: error.position]
        mark = Mark(before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        raise _refused(
            file, mark, f"holds an invisible character (U+{error.character:04X}); remove it"
        ) from None
    except RecursionError:
        raise _refused(file, None, "is nested too deeply to be a configuration") from None
    if root is None:
        raise _refused(
            file, Mark(1, 1), "is empty; start from config/kaiche.yaml, which is commented"
        )
    return root


def _slips(text: str, file: str, known_keys: frozenset[str]) -> list[Problem]:
    """Tabs in the indentation and colons that are full-width or without a space after them."""
    found: list[Problem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        tab = _INDENT_TAB.match(line)
        if tab:
            message = "a tab; YAML is indented with spaces, two a level"
            found.append(_problem(file, Mark(number, tab.end()), message))
        glued = _KEY_AT_START.match(line)
        if glued and glued["key"] in known_keys:
            key, colon = glued["key"], glued["colon"]
            what = "a full-width colon" if colon == "：" else "no space after the colon"
            message = f'{what}; write "{key}: " and then the value'
            found.append(_problem(file, Mark(number, glued.start("colon") + 1), message))
    return found


def _sentence(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "cannot be read"
    context = error.context or ""
    if context == "while scanning an alias":
        return (
            "a value that begins with * refers to another place, which is not supported; write it "
            'out, or put it in quotes, for example "* * * * *"'
        )
    if "single document" in context:
        return "a second document begins here; keep one, without lines of ---"
    if "cannot start any token" in problem:
        return f"{problem}; put the value in quotes"
    if "mapping values are not allowed" in problem:
        return f"{problem}; check the indentation, and put a value that contains ': ' in quotes"
    return f"{problem}; check the indentation, colons, brackets and quotes here and one line above"


def _mark(mark: yaml.Mark | None) -> Mark | None:
    return None if mark is None else Mark(mark.line + 1, mark.column + 1)


def _problem(file: str, mark: Mark | None, message: str) -> Problem:
    return Problem(file=file, mark=mark, path="", message=message)


def _refused(file: str, mark: Mark | None, message: str) -> WrongConfigurationError:
    return WrongConfigurationError([_problem(file, mark, message)])
