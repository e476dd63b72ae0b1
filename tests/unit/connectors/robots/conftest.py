"""Robots and a mail server of the tests' own, on loopback."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from connectors.robots import Message, open_client


@dataclass
class Group:
    """A robot's server: keeps what came, answers as told."""

    status: int = 200
    answer: bytes = b'{"errcode": 0, "errmsg": "ok"}'
    silent: bool = False
    hang_up: bool = False
    seen: list[tuple[str, dict[str, Any], bytes]] = field(default_factory=list)
    port: int = 0
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/robot/send?access_token=open-sesame"

    def says(self, **body: object) -> None:
        self.answer = json.dumps(body).encode()


@pytest.fixture
def group() -> Iterator[Group]:
    told = Group()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            told.seen.append((self.path, json.loads(raw), raw))
            if told.silent:
                told.let_go.wait(10)
                return
            if told.hang_up:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(told.status)
            self.send_header("content-length", str(len(told.answer)))
            self.end_headers()
            self.wfile.write(told.answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield told
    told.let_go.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with open_client(read_seconds=0.3) as opened:
        yield opened


@dataclass
class Post:
    """A mail server: keeps what came; ``answers`` replaces the answer to a verb, None hangs up."""

    answers: dict[str, str | None] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    port: int = 0


@pytest.fixture
def post() -> Iterator[Post]:
    told = Post()
    listener = socket.create_server(("127.0.0.1", 0))
    told.port = listener.getsockname()[1]
    thread = threading.Thread(target=_serve_mail, args=(listener, told))
    thread.start()
    yield told
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def _serve_mail(listener: socket.socket, told: Post) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with suppress(ConnectionError), connection, connection.makefile("rwb") as stream:
            _talk(stream, told)


def _talk(stream: Any, told: Post) -> None:
    def say(text: str) -> None:
        stream.write(f"{text}\r\n".encode())
        stream.flush()

    say(told.answers.get("HELLO") or "220 here")
    while line := stream.readline().decode(errors="replace").strip():
        verb = line.partition(" ")[0].upper()
        told.heard.append(line)
        default = {"EHLO": "250-here\r\n250 AUTH PLAIN", "DATA": "354 go on", "AUTH": "235 in"}
        answer = told.answers.get(verb, default.get(verb, "250 ok"))
        if answer is None:
            return
        say(answer)
        if verb == "DATA" and answer.startswith("354"):
            letter = []
            while (part := stream.readline()) not in (b".\r\n", b""):
                letter.append(part.decode())
            told.letters.append("".join(letter))
            end = told.answers.get("DOT", "250 taken")
            if end is None:
                return
            say(end)


@pytest.fixture
def make_message() -> Callable[..., Message]:
    def make(lines: int = 3, length: int = 10) -> Message:
        return Message(
            title="演示店铺 3月2日",
            lines=tuple(f"{number:03} " + "词" * length for number in range(lines)),
            link=("打开", "https://bids.example.cn/demo"),
        )

    return make
