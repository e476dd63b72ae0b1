"""A stand-in for the background walks of the application."""

from __future__ import annotations

from service.applying import Who
from service.settings.models import Account


class FakeWalks:
    """Remembers what was to be carried out."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str, Who]] = []

    def start(self, of: Account, application_id: str, who: Who) -> None:
        self.started.append((of.id, application_id, who))

    def stop(self) -> None:
        """Nothing is under way."""
