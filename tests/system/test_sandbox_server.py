"""``kaiche sandbox`` as a process of its own: what it prints opens it, and a signal ends it."""

import hashlib
import json
import signal
import socket
import subprocess

import httpx
import pytest


@pytest.fixture
def sandbox(shop):
    """The running process and what it printed."""
    arguments = (
        "sandbox",
        "--port",
        "0",
        "--keywords",
        "60",
        "--history-days",
        "3",
        "--shops",
        "2",
    )
    more = ("--state", "sandbox", "--now", "2026-07-20T08:30", "--standing", "--json")
    process = shop.start(*arguments, *more, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        text = ""
        for line in process.stdout:
            text += line
            if line == "}\n":
                break
        yield process, json.loads(text)
        process.kill()


def test_what_it_prints_opens_it(sandbox, shop):
    process, printed = sandbox
    assert printed["now"] == "2026-07-20T08:30:00+08:00"
    one, two = printed["shops"]
    parameters = {
        "method": "taobao.simba.customers.authorized.get",
        "app_key": printed["app_key"],
        "session": two["session"],
        "timestamp": "2026-07-20 08:31:00",
        "format": "json",
        "v": "2.0",
        "sign_method": "md5",
    }
    text = "".join(key + parameters[key] for key in sorted(parameters))
    wrapped = printed["app_secret"] + text + printed["app_secret"]
    sign = hashlib.md5(wrapped.encode()).hexdigest().upper()
    with httpx.Client(trust_env=False) as http:
        answer = http.post(printed["url"], data={**parameters, "sign": sign}).json()
        nicks = answer["simba_customers_authorized_get_response"]["nicks"]
        assert nicks == {"string": [two["nick"]]} != {"string": [one["nick"]]}
        headers = {"authorization": f"Bearer {printed['admin_token']}"}
        url = printed["admin_url"].replace("/state", "/clock")
        moved = http.post(url, json={"advance_days": 1}, headers=headers).json()
    assert moved["now"] == "2026-07-21T08:30:00+08:00"
    assert sorted(path.name for path in (shop.folder / "sandbox").iterdir()) == [
        "shop-1.db",
        "shop-2.db",
    ]
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert "Traceback" not in errors
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--now", "tomorrow"], "2026-07-20T08:30"),
        (["--shops", "0"], "--shops"),
    ],
)
def test_what_it_cannot_read_it_says(shop, arguments, words):
    done = shop.call("sandbox", "--port", "0", *arguments)
    assert done.returncode in (2, 8)
    assert words in done.stderr


def test_a_taken_port_is_named(shop):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = shop.call("sandbox", "--port", port)
    assert done.returncode == 8
    assert str(port) in done.stderr
    assert "--port 0" in done.stderr
