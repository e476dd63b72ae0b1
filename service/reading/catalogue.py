"""Catalogues of texts, Chinese first: one YAML file beside the code that speaks, and the stored codes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, Literal

import yaml

from service.errors import InputError

Language = Literal["zh", "en"]
Entries = Mapping[str, tuple[str, str]]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Catalogued(ABC):
    """Looks texts up in one language: ``texts("need.pending", count=3)``."""

    language: Language

    @property
    @abstractmethod
    def entries(self) -> Entries:
        """Every text as key → (Chinese, English)."""

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key`` with its places filled; KeyError for one that is not in the catalogue."""
        text = self.entries[key][LANGUAGES.index(self.language)]
        return text.format(**values) if values else text

    def of(self, group: str, code: str) -> str:
        """The text of a stored code; a code that the catalogue does not know stands for itself."""
        key = f"{group}.{code}"
        return self(key) if key in self.entries else code.replace("_", " ")


def language(name: str | None) -> Language:
    """The language called ``name``, Chinese when none is; raises InputError for another."""
    for known in LANGUAGES:
        if name in (known, None):
            return known
    raise InputError.of("language_unknown", name=name)


def entries_of(package: str, file: str, codes: Mapping[str, Entries]) -> Entries:
    """The texts of a YAML file in a package, keys joined by dots, and those of stored codes by group."""
    source = files(package).joinpath(file).read_text(encoding="utf-8")
    stored = {
        f"{group}.{code}": said for group, words in codes.items() for code, said in words.items()
    }
    return stored | dict(_flat("", yaml.safe_load(source)))


def _flat(prefix: str, node: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    if isinstance(node, dict):
        for name, below in node.items():
            yield from _flat(f"{prefix}.{name}" if prefix else name, below)
    else:
        chinese, english = node
        yield prefix, (chinese, english)
