"""The chain of audit events: each holds the hash of its predecessor and of its own content.

    hash = sha256(prev_hash + "\n" + content),    content = the event as JSON

Content is the event without ``prev_hash`` and ``hash``: keys sorted, no spaces, everything beyond
ASCII escaped, the instant in UTC with six digits. The first event follows ``GENESIS``. So whoever
has the exported lines can check them without kaiche.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import Any

GENESIS = "0" * 64
CONTENT = (
    "event_id",
    "at",
    "account_id",
    "run_id",
    "proposal_id",
    "line_id",
    "keyword_id",
    "actor",
    "source",
    "action",
    "before",
    "after",
    "reason",
    "request_id",
)


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of the chain."""

    event_id: int
    hash: str


def content_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """What is hashed of an event, as JSON has it; ``event["at"]`` is an aware instant."""
    content = {name: event[name] for name in CONTENT}
    content["at"] = event["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return content


def hash_of(event: Mapping[str, Any], prev_hash: str) -> str:
    """The hash of ``event`` as the follower of ``prev_hash``; hex."""
    text = json.dumps(content_of(event), sort_keys=True, separators=(",", ":"))
    return sha256(f"{prev_hash}\n{text}".encode()).hexdigest()
