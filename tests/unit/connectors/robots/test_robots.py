"""The three robots over a socket: signatures checked by the server, its codes, faults, sizes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import socket
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connectors.robots import LIMITS, Message, Robot, RobotKind, send
from connectors.robots.robots import fit

NOW = 1_772_400_000.25
KINDS: tuple[RobotKind, ...] = ("dingtalk", "wecom", "feishu")
Make = Callable[..., Message]


def signed(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def test_dingtalk_signs_in_the_query(group, client: httpx.Client, make_message: Make) -> None:
    # This secret gives a signature with every letter that a query has to escape.
    secret = next(
        word
        for word in (f"SEC{number}" for number in range(10_000))
        if {"+", "/", "="} <= set(signed(word, f"{int(NOW * 1000)}\n{word}"))
    )
    robot = Robot(kind="dingtalk", url=group.url, secret=secret)
    assert send(client, robot, make_message(), NOW).state == "sent"
    (path, body, _), query = group.seen[0], parse_qs(urlsplit(group.seen[0][0]).query)
    assert path.startswith("/robot/send")
    assert query == {
        "access_token": ["open-sesame"],
        "timestamp": ["1772400000250"],
        "sign": [signed(secret, f"1772400000250\n{secret}")],
    }
    assert body["msgtype"] == "markdown"
    assert body["markdown"]["title"] == "演示店铺 3月2日"
    assert body["markdown"]["text"].endswith("[打开](https://bids.example.cn/demo)")


def test_feishu_signs_in_the_body(group, client: httpx.Client, make_message: Make) -> None:
    group.says(code=0, msg="success")
    robot = Robot(kind="feishu", url=group.url, secret="SEC")
    assert send(client, robot, make_message(), NOW).state == "sent"
    body = group.seen[0][1]
    assert body["timestamp"] == "1772400000"
    assert body["sign"] == signed("1772400000\nSEC", "")
    rows = body["content"]["post"]["zh_cn"]["content"]
    assert rows[-1] == [{"tag": "a", "text": "打开", "href": "https://bids.example.cn/demo"}]


def test_wecom_has_its_key_in_the_address(group, client: httpx.Client, make_message: Make) -> None:
    robot = Robot(kind="wecom", url=group.url, secret="not used")
    assert send(client, robot, make_message(), NOW).state == "sent"
    path, body, raw = group.seen[0]
    assert path == "/robot/send?access_token=open-sesame"
    assert body["markdown"]["content"].startswith("**演示店铺 3月2日**\n000 词")
    assert b"not used" not in raw


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_secret_nothing_is_signed(
    group, client: httpx.Client, make_message: Make, kind: RobotKind
) -> None:
    send(client, Robot(kind=kind, url=group.url), make_message(), NOW)
    path, body, _ = group.seen[0]
    assert "sign" not in path
    assert "sign" not in body


@pytest.mark.parametrize(
    ("kind", "status", "answer", "state", "said"),
    [
        ("dingtalk", 200, {"errcode": 310000}, "failed", "secret"),
        ("dingtalk", 200, {"errcode": 130101}, "again", "too fast"),
        ("dingtalk", 200, {"errcode": 777}, "failed", "777"),
        ("wecom", 200, {"errcode": 45009}, "again", "too fast"),
        ("wecom", 200, {"errcode": 93000}, "failed", "key"),
        ("feishu", 200, {"code": 19021}, "failed", "signature"),
        ("feishu", 400, {"code": 9499}, "failed", "malformed"),
        ("feishu", 200, {"code": 11232}, "again", "too fast"),
        ("feishu", 200, {"StatusCode": 0}, "sent", ""),
        ("wecom", 429, {}, "again", "429"),
        ("wecom", 503, {}, "again", "503"),
        ("wecom", 502, {}, "unknown", "502"),
        ("wecom", 404, {}, "failed", "404"),
        ("wecom", 302, {"errcode": 0}, "failed", "302"),
        ("wecom", 200, {"ok": True}, "unknown", "read"),
        ("wecom", 200, {"errcode": False}, "unknown", "read"),
        ("wecom", 200, [], "unknown", "read"),
    ],
)
def test_what_a_robot_answers(
    group, client: httpx.Client, make_message: Make, kind, status, answer, state, said
) -> None:
    group.status, group.answer = status, json.dumps(answer).encode()
    found = send(client, Robot(kind=kind, url=group.url), make_message(), NOW)
    assert found.state == state
    assert said in found.cause
    assert (found.wait_seconds > 0) is (state == "again")
    assert len(group.seen) == 1


def test_an_answer_that_is_no_json_leaves_the_outcome_open(
    group, client: httpx.Client, make_message: Make
) -> None:
    group.answer = b"<html>"
    found = send(client, Robot(kind="wecom", url=group.url), make_message(), NOW)
    assert found.state == "unknown"


@pytest.mark.parametrize("fault", ["silent", "hang_up"])
def test_no_answer_leaves_the_outcome_open_and_nothing_is_repeated(
    group, client: httpx.Client, make_message: Make, fault: str
) -> None:
    setattr(group, fault, True)
    found = send(client, Robot(kind="wecom", url=group.url), make_message(), NOW)
    assert found.state == "unknown"
    assert len(group.seen) == 1


def test_a_robot_that_nobody_reached_may_be_tried_again(
    client: httpx.Client, make_message: Make
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    robot = Robot(kind="wecom", url=f"http://127.0.0.1:{port}/?key=open-sesame")
    found = send(client, robot, make_message(), NOW)
    assert found.state == "again"
    assert "sesame" not in found.cause


@pytest.mark.parametrize("url", ["sesame", "gopher://sesame", "http://host:sesame"])
def test_an_address_that_is_none_fails_without_being_quoted(
    client: httpx.Client, make_message: Make, url: str
) -> None:
    found = send(client, Robot(kind="wecom", url=url), make_message(), NOW)
    assert found.state == "failed"
    assert "sesame" not in found.cause


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_too_long_loses_whole_lines_from_its_end(
    group, client: httpx.Client, make_message: Make, kind: RobotKind
) -> None:
    send(client, Robot(kind=kind, url=group.url), make_message(lines=900, length=20), NOW)
    _, body, raw = group.seen[0]
    told = body["markdown"]["content"].encode() if kind == "wecom" else raw
    assert LIMITS[kind] - 200 < len(told) <= LIMITS[kind]
    assert "000 词" in told.decode()
    assert "…" in told.decode()
    assert "https://bids.example.cn/demo" in told.decode()


def test_a_title_that_is_too_long_loses_its_end() -> None:
    found = fit("wecom", Message(title="词" * 5_000, lines=()))
    assert 500 < len(found.title) * 3 <= 4_096


def test_names_cannot_become_links_or_headings(group, client: httpx.Client) -> None:
    message = Message(title="# [a](http://b)", lines=("*c*",))
    send(client, Robot(kind="wecom", url=group.url), message, NOW)
    assert group.seen[0][1]["markdown"]["content"] == ("**\\# \\[a\\](http://b)**\n\\*c\\*")


def test_the_address_is_in_no_log_and_no_text_of_an_object(
    group, client: httpx.Client, make_message: Make, caplog: pytest.LogCaptureFixture
) -> None:
    robot = Robot(kind="dingtalk", url=group.url, secret="SEC-secret")
    # Whatever this process has run before may have quietened the library.
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="httpx"):
        send(client, robot, make_message(), NOW)
    assert "HTTP Request" in caplog.text
    assert "sesame" not in caplog.text + repr(robot)
    assert "SEC-secret" not in caplog.text + repr(robot)
