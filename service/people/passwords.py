"""Passwords: what is good enough, and argon2id hashes (RFC 9106) of them.

Every check costs the same whether the user exists or not. At most ``AT_ONCE`` run at a time in a
process: each takes 64 MiB, and a flood of log-ins must not take the night's memory.
"""

from __future__ import annotations

import secrets
import threading
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from service.errors import InputError

SHORTEST: Final = 12
LONGEST: Final = 256
AT_ONCE: Final = 4
_FEWEST_LETTERS: Final = 5  # different ones: "aaaaaaaaaaaa" is no password

_turns = threading.BoundedSemaphore(AT_ONCE)


@cache
def hasher() -> PasswordHasher:
    """The one hasher, with its parameters."""
    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


@cache
def _nobodys() -> str:
    """A hash that is checked when there is none to check."""
    return hasher().hash("nobody has this password")


def good(password: str, name: str) -> str:
    """``password`` if it may be used by ``name``; raises InputError, never repeating it."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError.of("password_length", least=SHORTEST, most=LONGEST)
    if len(set(password)) < _FEWEST_LETTERS or name in password.casefold():
        raise InputError.of("password_guessed")
    return password


def hashed(password: str) -> str:
    """The argon2id hash, with its parameters and salt."""
    with _turns:
        return hasher().hash(password)


def matches(stored: str | None, offered: str) -> bool:
    """Whether ``offered`` is the password behind ``stored``; None takes as long and is never right."""
    with _turns:
        try:
            hasher().verify(stored or _nobodys(), offered[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return hasher().check_needs_rehash(stored)


def made() -> str:
    """A new password nobody has chosen, to be shown once: 120 bits in 20 letters."""
    return secrets.token_urlsafe(15)
