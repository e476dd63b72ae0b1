"""``kaiche notify`` against a robot of the test's own: the digest arrives once, no secret is anywhere."""

import json
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

CHANNELS = """\
notify:
  channels:
    - {name: group, kind: dingtalk}
    - {name: silent, kind: wecom}
server: {public_url: "https://bids.example.cn"}
"""
KEY, SIGN = "open-sesame-7c1f", "SEC-do-not-tell"


@pytest.fixture
def robot():
    """A group's robot; gives its port and what arrived."""
    arrived = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            arrived.append((self.path, json.loads(body)))
            answer = b'{"errcode": 0}'
            self.send_response(200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_address[1], arrived
    server.shutdown()
    thread.join()
    server.server_close()


def add_channels(shop):
    path = shop.folder / "kaiche.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text + '    notify: {channels: [group], latest: "08:50"}\n' + CHANNELS, encoding="utf-8"
    )


def test_the_digest_is_shown_sent_once_and_listed_without_any_secret(shop, robot):
    port, arrived = robot
    add_channels(shop)
    shop.env |= {
        "KAICHE_NOTIFY_GROUP": f"http://127.0.0.1:{port}/robot/send?access_token={KEY}",
        "KAICHE_NOTIFY_GROUP_SIGN": SIGN,
    }
    ends = [shop.call("notify", "digest", "--print")]
    assert "There is no proposal tonight." not in ends[0].stdout  # the language is the YAML's
    assert "今晚没有出价建议." in ends[0].stdout
    assert "https://bids.example.cn/shop/today" in ends[0].stdout
    assert arrived == []

    ends.append(shop.call("notify", "test"))
    ends.append(shop.call("notify", "digest"))
    ends.append(shop.call("notify", "digest"))
    ends.append(shop.call("notify", "log"))
    ends.append(shop.call("notify", "log", "--json"))
    ends.append(shop.call("config", "check"))
    assert [end.returncode for end in ends] == [0] * 7
    assert [body["markdown"]["title"][-4:] for _, body in arrived] == ["测试消息", "出价日报"]
    assert all(KEY in path and "sign=" in path for path, _ in arrived)
    assert "handed over before" in ends[3].stdout + ends[3].stderr
    assert json.loads(ends[5].stdout)[0]["state"] == "sent"

    said = "".join(end.stdout + end.stderr for end in ends)
    kept = "\n".join(sqlite3.connect(shop.folder / "var" / "kaiche.db").iterdump())
    for secret in (KEY, SIGN):
        assert secret not in said
        assert secret not in kept


def test_a_channel_without_its_address_says_which_variable_is_missing(shop):
    add_channels(shop)
    end = shop.call("notify", "test", "--account", "shop")
    assert end.returncode == 1
    assert "KAICHE_NOTIFY_GROUP is not set" in end.stdout + end.stderr


def test_without_channels_the_command_says_what_to_write(shop):
    end = shop.call("notify", "test")
    assert end.returncode == 2
    assert "notify.channels" in end.stderr
