"""E-mail over a socket: what arrives, and what each fault means."""

from __future__ import annotations

import socket
from collections.abc import Callable
from email import message_from_string
from email.policy import default
from typing import Any

import pytest

from connectors.robots import Letterbox, Message, send_mail

Make = Callable[..., Message]


def box(port: int, **changes: Any) -> Letterbox:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "kaiche@example.cn",
        "to": ("a@example.cn", "b@example.cn"),
        "seconds": 0.5,
    }
    return Letterbox(**{**values, **changes})


def test_a_letter_arrives_whole(post, make_message: Make) -> None:
    assert send_mail(box(post.port), make_message(), "m-1").state == "sent"
    letter = message_from_string(post.letters[0], policy=default)
    assert letter["subject"] == "演示店铺 3月2日"
    assert letter["to"] == "a@example.cn, b@example.cn"
    assert letter["message-id"] == "<m-1@kaiche.invalid>"
    assert "打开: https://bids.example.cn/demo" in letter.get_content()


def test_who_has_a_name_logs_in(post, make_message: Make) -> None:
    send_mail(box(post.port, user="kaiche", password="sesame"), make_message(), "m-1")
    assert any(line.startswith("AUTH") for line in post.heard)
    assert len(post.letters) == 1


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({"HELLO": "554 no"}, "failed"),
        ({"HELLO": "421 later"}, "again"),
        ({"AUTH": "535 wrong sesame"}, "failed"),
        ({"AUTH": None}, "again"),
        ({"EHLO": "250 here"}, "failed"),
        ({"RCPT": "550 nobody"}, "failed"),
        ({"RCPT": "450 later"}, "again"),
        ({"DATA": "552 too long"}, "failed"),
        ({"DOT": "451 later"}, "again"),
        ({"DOT": "554 spam"}, "failed"),
        ({"DOT": None}, "unknown"),
    ],
    ids=str,
)
def test_what_a_fault_means(post, make_message: Make, answers, state: str) -> None:
    post.answers = answers
    found = send_mail(box(post.port, user="kaiche", password="sesame"), make_message(), "m-1")
    assert found.state == state
    assert "sesame" not in found.cause + repr(box(post.port, password="sesame"))
    assert (found.wait_seconds > 0) is (state == "again")


def test_nothing_leaves_without_the_security_asked_for(post, make_message: Make) -> None:
    found = send_mail(box(post.port, security="starttls"), make_message(), "m-1")
    assert found.state == "failed"
    assert post.letters == []


def test_a_server_that_speaks_no_tls_gets_nothing(post, make_message: Make) -> None:
    found = send_mail(box(post.port, security="tls"), make_message(), "m-1")
    assert found.state in ("failed", "again")
    assert post.letters == []


def test_a_server_that_nobody_reached_may_be_tried_again(make_message: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert send_mail(box(port), make_message(), "m-1").state == "again"
