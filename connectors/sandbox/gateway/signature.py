"""Checking a call's signature, as the platform does it.

Every text parameter but ``sign``, without the empty ones, in ASCII order of the keys; keys and raw
UTF-8 values are strung together without separators.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

METHODS: Final = ("md5", "hmac", "hmac-sha256")


def expected(parameters: Mapping[str, str], secret: str, method: str) -> str:
    """The signature that ``parameters`` must carry; raises KeyError for an unknown ``method``."""
    text = "".join(
        f"{key}{parameters[key]}"
        for key in sorted(parameters, key=lambda name: name.encode())
        if key != "sign" and parameters[key] != ""
    ).encode()
    key = secret.encode()
    digests = {
        "md5": lambda: hashlib.md5(key + text + key, usedforsecurity=False).hexdigest(),
        "hmac": lambda: hmac.new(key, text, hashlib.md5).hexdigest(),
        "hmac-sha256": lambda: hmac.new(key, text, hashlib.sha256).hexdigest(),
    }
    return digests[method]().upper()


def is_right(parameters: Mapping[str, str], secret: str) -> bool:
    """Whether ``sign`` is the signature of the rest."""
    method = parameters.get("sign_method", "md5")
    if method not in METHODS:
        return False
    right = expected(parameters, secret, method)
    return hmac.compare_digest(right.encode(), parameters.get("sign", "").encode())
