"""``kaiche serve`` as a person starts it: a process of its own, a configuration, the environment."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from held_shop import HeldShop

from service.store import Store

COMMAND = "from service.cli import main; main()"


class Served:
    """The process, a client of it, and what it has said.

    ``stop_seconds`` as in the YAML, ``of_account`` and ``more`` what the YAML says beside.
    """

    def __init__(
        self,
        store: Store,
        shop: HeldShop,
        folder: Path,
        *,
        stop_seconds: int = 60,
        nights: bool = False,
        of_account: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        configuration = {
            "accounts": [shop.account() | dict(of_account or {})],
            "server": {
                "stop_seconds": stop_seconds,
                "public_url": f"http://127.0.0.1:{self.port}",
            },
        }
        path = folder / "kaiche.yaml"
        path.write_text(json.dumps(configuration | more), encoding="utf-8")
        known = {"KAICHE_DATABASE_URL": store.name, "NO_PROXY": "127.0.0.1", **(env or {})}
        command = [sys.executable, "-c", COMMAND, "--config", str(path), "serve"]
        command.append("--nights" if nights else "--no-nights")
        self.process: Any = subprocess.Popen(
            [*command, "--port", str(self.port)],
            cwd=folder,
            env=os.environ | shop.secrets() | known,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self.said: list[str] = []
        for line in self.process.stderr:
            self.said.append(line)
            if "Uvicorn running" in line:
                break
        else:
            self.process.communicate()
            raise AssertionError("".join(self.said))
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=120, trust_env=False
        )

    def ask_to_end(self) -> None:
        """SIGTERM; returns once nobody is let in any more."""
        self.process.send_signal(signal.SIGTERM)
        for _ in self._attempts():
            pass

    def _attempts(self) -> Iterator[None]:
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except (ConnectionRefusedError, ConnectionResetError):  # closed, or closing just now
                return
            yield

    def ended(self) -> int:
        """The exit code."""
        self.client.close()
        self.said += self.process.communicate(timeout=120)[1].splitlines(keepends=True)
        return int(self.process.returncode)

    def kill(self) -> None:
        """Whatever a test has left."""
        if self.process.poll() is None:
            self.process.kill()
        self.client.close()
        self.process.communicate()

    def begin(self, method: str, path: str, body: dict[str, Any], **headers: str) -> Underway:
        """Send a request whose body the server has begun to wait for."""
        return Underway(self.port, method, f"/api/v1{path}", body, headers)


class Underway:
    """A request that the server has taken, for which it has not been given an answer yet."""

    def __init__(
        self, port: int, method: str, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> None:
        content = json.dumps(body).encode()
        head = {
            "host": f"127.0.0.1:{port}",
            "content-type": "application/json",
            "content-length": str(len(content)),
            "expect": "100-continue",
            "connection": "close",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._answer = self._socket.makefile("rb")
        assert b"100" in self._answer.readline()
        self._answer.readline()
        self._socket.sendall(content)

    def answer(self) -> tuple[int, Any]:
        """Status and body."""
        status = int(self._answer.readline().split()[1])
        while self._answer.readline().strip():
            pass
        body = self._answer.read()
        self._answer.close()
        self._socket.close()
        return status, json.loads(body)
