"""Chinese first, English second: which language this terminal reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TextIO

Language = Literal["zh", "en"]


@dataclass(slots=True)
class Speech:
    """Picks one of two sentences that stand side by side where they are said."""

    language: Language = "zh"

    def __call__(self, zh: str, en: str) -> str:
        """``zh`` or ``en``."""
        return zh if self.language == "zh" else en


def language_of(asked: str | None, env: Mapping[str, str]) -> Language:
    """The language asked for, or KAICHE_LANG, or the locale's; Chinese when none of them says.

    ``asked`` and the variables may be locale names such as ``en_GB.UTF-8``.
    """
    wishes = (asked, *(env.get(name) for name in ("KAICHE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")))
    for wish in wishes:
        if wish and wish.lower().startswith("zh"):
            return "zh"
        if wish and wish.lower().startswith("en"):
            return "en"
    return "zh"


def can_show_chinese(stream: TextIO) -> bool:
    """Whether the stream's encoding has Chinese letters."""
    try:
        "开车".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
