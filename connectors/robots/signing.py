"""Signatures of the robots that sign. WeCom's robots do not: their address carries the key."""

from __future__ import annotations

import base64
import hashlib
import hmac


def of_dingtalk(timestamp_ms: int, secret: str) -> str:
    """The ``sign`` of the query, not yet URL-encoded; ``timestamp_ms`` are milliseconds of the epoch."""
    return _base64(secret, f"{timestamp_ms}\n{secret}")


def of_feishu(timestamp: int, secret: str) -> str:
    """The ``sign`` of the body: time (seconds) and secret are the key, the text is empty."""
    return _base64(f"{timestamp}\n{secret}", "")


def _base64(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()
