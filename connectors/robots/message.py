"""What a channel is given and what it says became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

CUT = "…"
State = Literal["sent", "again", "failed", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Plain text: a title, lines, and the address of a page with the words to show for it."""

    title: str
    lines: tuple[str, ...]
    link: tuple[str, str] | None = None

    @property
    def text(self) -> str:
        """Everything as one plain text."""
        ends = () if self.link is None else (f"{self.link[0]}: {self.link[1]}",)
        return "\n".join((self.title, "", *self.lines, *ends))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one attempt; ``cause`` never holds an address or a key.

    ``again``: it was certainly not taken and may be in ``wait_seconds``. ``failed``: somebody has to
    change something. ``unknown``: it left and no clear answer came, so it may be there.
    """

    state: State
    cause: str = ""
    wait_seconds: float = 0.0


def fitted(message: Message, size: Callable[[Message], int], most: int) -> Message:
    """``message`` with so many of its first lines that ``size`` is at most ``most`` bytes.

    Lines are left out whole from the end, and ``CUT`` stands for them; title and link stay, unless a
    title alone is too long, which then loses its end.
    """
    if size(message) <= most:
        return message
    for kept in range(len(message.lines) - 1, -1, -1):
        shorter = replace(message, lines=(*message.lines[:kept], CUT))
        if size(shorter) <= most:
            return shorter
    bare = replace(message, lines=())
    while bare.title and size(bare) > most:
        bare = replace(bare, title=bare.title[: len(bare.title) // 2])
    return bare
