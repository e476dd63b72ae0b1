"""The console's one catalogue of texts, Chinese first; stored codes speak as in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from service.errors import InputError
from service.reading import words

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
CODES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "reason": words.REASONS,
    "state": words.STATES,
    "outcome": words.OUTCOMES,
    "waiting": words.WAITING,
    "need": words.NEEDS,
}


@dataclass(frozen=True, slots=True)
class Texts:
    """Looks texts up in one language: ``texts("need.pending", count=3)``."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key`` with its places filled; KeyError for one that is not in the catalogue."""
        text = catalogue()[key][LANGUAGES.index(self.language)]
        return text.format(**values) if values else text

    def of(self, group: str, code: str) -> str:
        """The text of a stored code; a code that the catalogue does not know stands for itself."""
        key = f"{group}.{code}"
        return self(key) if key in catalogue() else code.replace("_", " ")


def language(name: str | None) -> Language:
    """The language called ``name``, Chinese when none is; raises InputError for another."""
    for known in LANGUAGES:
        if name in (known, None):
            return known
    raise InputError(f"there is no language {name!r}; write zh or en")


@cache
def catalogue() -> Mapping[str, tuple[str, str]]:
    """Every text as key → (Chinese, English)."""
    source = files(__package__).joinpath("texts.yaml").read_text(encoding="utf-8")
    codes = {
        f"{group}.{code}": said for group, words in CODES.items() for code, said in words.items()
    }
    return codes | dict(_flat("", yaml.safe_load(source)))


def _flat(prefix: str, node: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    if isinstance(node, dict):
        for name, below in node.items():
            yield from _flat(f"{prefix}.{name}" if prefix else name, below)
    else:
        chinese, english = node
        yield prefix, (chinese, english)
