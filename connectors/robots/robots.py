"""One message to one group robot, one attempt. Whether and when again is the caller's to say.

A message is only ``again`` when the robot cannot have taken it: no connection, or an answer that
says so. After a time-out while waiting for the answer it may be in the group: ``unknown``.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import httpx

from connectors.robots import bodies, signing
from connectors.robots.message import Delivery, Message, fitted
from connectors.robots.replies import MINUTE, judge

RobotKind = Literal["dingtalk", "wecom", "feishu"]
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 15.0
NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
BODIES: Final[Mapping[RobotKind, Callable[[Message], dict[str, Any]]]] = {
    "dingtalk": bodies.dingtalk,
    "wecom": bodies.wecom,
    "feishu": bodies.feishu,
}
# Bytes of UTF-8. WeCom: of markdown.content, as documented. DingTalk and Feishu: of the whole body;
# 20,000 is what users report and is not verified against a robot, so some room is left.
LIMITS: Final[Mapping[RobotKind, int]] = {"dingtalk": 18_000, "wecom": 4_096, "feishu": 18_000}
_THIS_MACHINE: Final = ("all://127.0.0.1", "all://localhost", "all://[::1]")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Robot:
    """A robot: its whole address, which is a key, and the secret it signs with, if it signs."""

    kind: RobotKind
    url: str
    secret: str | None = None

    def __repr__(self) -> str:
        return f"Robot({self.kind})"


def open_client(read_seconds: float = READ_SECONDS) -> httpx.Client:
    """A client with explicit time-outs; whoever opens it closes it."""
    logging.getLogger("httpx").addFilter(_without_addresses)
    timeout = httpx.Timeout(read_seconds, connect=CONNECT_SECONDS)
    return httpx.Client(
        timeout=timeout, follow_redirects=False, mounts=dict.fromkeys(_THIS_MACHINE)
    )


def _without_addresses(record: logging.LogRecord) -> bool:
    """httpx logs every address, and a robot's address is its key: only the host stays."""
    if isinstance(record.args, tuple):
        record.args = tuple(one.host if isinstance(one, httpx.URL) else one for one in record.args)
    return True


def send(client: httpx.Client, robot: Robot, message: Message, now: float) -> Delivery:
    """Send ``message`` once, cut to the robot's size; ``now`` are seconds of the epoch. Never raises."""
    body = BODIES[robot.kind](fit(robot.kind, message))
    query: dict[str, str] = {}
    if robot.secret and robot.kind == "dingtalk":
        stamp = int(now * 1000)
        query = {"timestamp": str(stamp), "sign": signing.of_dingtalk(stamp, robot.secret)}
    if robot.secret and robot.kind == "feishu":
        stamp = int(now)
        body |= {"timestamp": str(stamp), "sign": signing.of_feishu(stamp, robot.secret)}
    try:
        url = httpx.URL(robot.url).copy_merge_params(query)
        answer = client.post(url, content=_bytes(body), headers={"content-type": JSON})
    except NOT_SENT as error:
        cause = f"it cannot be reached ({type(error).__name__})"
        return Delivery(state="again", cause=cause, wait_seconds=MINUTE)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        return Delivery(state="failed", cause="its address cannot be used")
    except httpx.HTTPError as error:
        return Delivery(state="unknown", cause=f"no answer came ({type(error).__name__})")
    return judge(robot.kind, answer.status_code, _json(answer))


def fit(kind: RobotKind, message: Message) -> Message:
    """``message`` cut to what a robot of this kind takes."""

    def size(one: Message) -> int:
        body = BODIES[kind](one)
        if kind == "wecom":
            return len(body["markdown"]["content"].encode())
        return len(_bytes(body))

    return fitted(message, size, LIMITS[kind])


JSON: Final = "application/json; charset=utf-8"


def _bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _json(answer: httpx.Response) -> object:
    try:
        return answer.json()
    except ValueError:
        return None
