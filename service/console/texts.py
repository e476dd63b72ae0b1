"""The console's one catalogue of texts, Chinese first; stored codes speak as in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from service.reading import words
from service.reading.catalogue import LANGUAGES, Catalogued, Entries, Language, entries_of, language

__all__ = ["CODES", "LANGUAGES", "Language", "Texts", "catalogue", "language"]

CODES: Mapping[str, Entries] = {
    "reason": words.REASONS,
    "risk": words.RISKS,
    "risk_short": words.RISKS_SHORT,
    "state": words.STATES,
    "outcome": words.OUTCOMES,
    "waiting": words.WAITING,
    "need": words.NEEDS,
}


class Texts(Catalogued):
    """The console's texts in one language."""

    @property
    def entries(self) -> Entries:
        """Every text as key → (Chinese, English)."""
        return catalogue()

    def part(self, said: object) -> object:
        """This language's part of what was kept in both, Chinese / English; anything else as it is."""
        chinese, _, english = said.partition(" / ") if isinstance(said, str) else ("", "", "")
        if not english or chinese.isascii():
            return said
        return (chinese, english)[LANGUAGES.index(self.language)]


@cache
def catalogue() -> Entries:
    """Every text as key → (Chinese, English)."""
    return entries_of(__package__, "texts.yaml", CODES)
