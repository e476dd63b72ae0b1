"""What the robots answer: their own codes stand in a body, mostly under HTTP 200.

Codes are those that their users report; one that is not known here was still an answer that says
the message was not taken, so it fails with the code and never with the words of the answer, which
may quote the address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from connectors.robots.message import Delivery

MINUTE: Final = 60.0
TEN_MINUTES: Final = 600.0
# DingTalk keeps a robot that sent more than 20 a minute silent for ten minutes.
BUSY: Final[Mapping[str, Mapping[int, float]]] = {
    "dingtalk": {130101: TEN_MINUTES, 410100: TEN_MINUTES, -1: MINUTE},
    "wecom": {45009: MINUTE, -1: MINUTE},
    "feishu": {11232: MINUTE},
}
KNOWN: Final[Mapping[str, Mapping[int, str]]] = {
    "dingtalk": {
        310000: "its security settings refuse: wrong secret, keyword missing, or this address",
        300001: "its token is not known",
        300005: "its token is not known",
        400013: "the group is dissolved",
        400101: "its token is not known",
        400102: "the robot is switched off",
        400106: "the robot is gone",
    },
    "wecom": {93000: "its key is not known", 40058: "the message is too long or malformed"},
    "feishu": {
        19001: "its address is not known",
        19021: "the signature is refused: wrong secret, or this machine's clock is wrong",
        19022: "this machine's address is not on its list",
        19024: "the message lacks its keyword",
        9499: "the request is malformed",
    },
}
HTTP_BUSY: Final = frozenset({429, 503})


def judge(kind: str, status: int, body: object) -> Delivery:
    """What an answer means: ``body`` is its JSON, None when it is none."""
    if status in HTTP_BUSY:
        return Delivery(state="again", cause=f"it is busy (HTTP {status})", wait_seconds=MINUTE)
    if status >= 500:
        return Delivery(state="unknown", cause=f"it broke over the message (HTTP {status})")
    code = _code(body)
    if code:
        return _refused(kind, code)
    if status >= 300:
        return Delivery(state="failed", cause=f"it does not take messages (HTTP {status})")
    if code is None:
        return Delivery(state="unknown", cause="its answer cannot be read")
    return Delivery(state="sent")


def _refused(kind: str, code: int) -> Delivery:
    if wait := BUSY[kind].get(code):
        return Delivery(state="again", cause=f"it is called too fast ({code})", wait_seconds=wait)
    said = KNOWN[kind].get(code, "it refuses the message")
    return Delivery(state="failed", cause=f"{said} ({code})")


def _code(body: Any) -> int | None:
    if not isinstance(body, Mapping):
        return None
    for name in ("errcode", "code", "StatusCode"):
        value = body.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None
