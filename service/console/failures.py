"""What went wrong, in the reader's language: the words are those of REST's problem documents."""

from __future__ import annotations

from connectors.errors import ConnectorError
from service.api.problems import RefusalError, from_failure
from service.console.texts import Texts
from service.errors import ServiceError

REFUSED = (ServiceError, RefusalError, ConnectorError)  # what a person is told and can act on


def told(texts: Texts, error: Exception) -> str:
    """An error of ``REFUSED`` as a sentence; one without Chinese of its own keeps its detail in brackets."""
    refusal = from_failure(error, "")
    assert refusal is not None
    if texts.language == "en":
        return refusal.detail
    plain = isinstance(error, RefusalError) or getattr(error, "zh", None) is not None
    return refusal.zh if plain else texts("failure.detail", said=refusal.zh, detail=refusal.detail)
