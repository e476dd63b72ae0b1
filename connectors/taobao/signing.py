"""The signature of the open platform (TOP): pure functions of text, no input or output.

s = every parameter except ``sign`` that is not empty, sorted by key as ASCII, written one after
the other as key then value, raw UTF-8, nothing between them. Then, in capital hexadecimal:

    md5          MD5(secret + s + secret)
    hmac         HMAC-MD5(secret, s)
    hmac-sha256  HMAC-SHA256(secret, s)
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final, Literal

SignMethod = Literal["md5", "hmac", "hmac-sha256"]
SIGN: Final = "sign"


def canonical(parameters: Mapping[str, str]) -> bytes:
    """The bytes that are signed. Not injective: ``{"a": "b1"}`` and ``{"ab": "1"}`` share one."""
    named = sorted((key.encode(), value.encode()) for key, value in parameters.items() if value)
    return b"".join(key + value for key, value in named if key != SIGN.encode())


def signature(parameters: Mapping[str, str], secret: str, method: SignMethod) -> str:
    """The value of ``sign``: 32 (md5, hmac) or 64 (hmac-sha256) capital hexadecimal digits."""
    text, key = canonical(parameters), secret.encode()
    if method == "md5":
        return hashlib.md5(key + text + key, usedforsecurity=False).hexdigest().upper()
    digest = hashlib.sha256 if method == "hmac-sha256" else hashlib.md5
    return hmac.new(key, text, digest).hexdigest().upper()
