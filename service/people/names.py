"""Names of people and labels of their tokens."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from service.errors import InputError

LONGEST: Final = 48
_NAME: Final = re.compile(rf"[\w.@-]{{1,{LONGEST}}}")
# Actors of the record that are no people.
RESERVED: Final = frozenset({"kaiche", "loopback", "token", "platform"})


def user_name(written: str) -> str:
    """``written`` as users are called: one form of every letter, no capitals.

    Raises InputError for a name that nobody can have.
    """
    name = folded(written)
    if not _NAME.fullmatch(name):
        raise InputError.of("name_unusable", name=written[:LONGEST], most=LONGEST)
    if name in RESERVED:
        raise InputError.of("name_reserved", name=name)
    return name


def folded(written: str) -> str:
    """A name as somebody may have typed it, in the form that is stored; never refused."""
    return unicodedata.normalize("NFKC", written).strip().casefold()


def token_label(written: str) -> str:
    """What a token is for, in a few words; raises InputError."""
    label = " ".join(written.split())
    if not 1 <= len(label) <= LONGEST or not label.isprintable():
        raise InputError.of("label_unusable", most=LONGEST)
    return label
