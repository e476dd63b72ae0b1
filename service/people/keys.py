"""Random keys of 256 bits: tokens of programs, sessions of browsers. Only their hashes are stored.

A plain SHA-256 is enough for a key that cannot be guessed; passwords are another matter.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

TOKEN_PREFIX: Final = "kaiche_"
BYTES: Final = 32


def new_token() -> str:
    """A token for a program, told once; the prefix lets scanners of secrets find a lost one."""
    return TOKEN_PREFIX + secrets.token_urlsafe(BYTES)


def new_key() -> str:
    """A key for a browser's cookie."""
    return secrets.token_urlsafe(BYTES)


def digest(key: str) -> str:
    """What is stored of a key, hex."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
