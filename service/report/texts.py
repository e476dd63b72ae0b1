"""The report's one catalogue of texts, Chinese first; reasons speak as in the console."""

from __future__ import annotations

from functools import cache

from service.reading import words
from service.reading.catalogue import Catalogued, Entries, entries_of


class Texts(Catalogued):
    """The report's texts in one language."""

    @property
    def entries(self) -> Entries:
        """Every text as key → (Chinese, English)."""
        return catalogue()


@cache
def catalogue() -> Entries:
    """Every text as key → (Chinese, English)."""
    return entries_of(__package__, "texts.yaml", {"reason": words.REASONS})
