"""A line of the log: what it says, what it is about, and what it never shows."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from service import logs

LOG = logging.getLogger("service.test")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What the process says; the loggers are as before afterwards."""
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    levels = {name: logging.getLogger(name).level for name in logs.TALKATIVE}
    root.handlers.clear()
    nothing = logs._BOUND.set({})  # other tests have opened nights in this very context
    yield io.StringIO()
    logs._BOUND.reset(nothing)
    root.handlers[:] = before[1]
    root.setLevel(before[0])
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_what_and_of_what(stream: io.StringIO) -> None:
    logs.to_stream(stream, "json")
    with logs.bound(request_id="r-1", actor="li"):
        with logs.bound(actor=None, run_id="n-1"):
            LOG.info("step %s", "pull", extra={"event": "night_step", "fields": {"rows": 3}})
        LOG.warning("词 %d", 7)
    LOG.info("alone")
    step, word, alone = lines(stream)
    assert step.pop("time").endswith("Z")
    assert step == {
        "level": "info",
        "event": "night_step",
        "message": "step pull",
        "logger": "service.test",
        "request_id": "r-1",
        "run_id": "n-1",
        "rows": 3,
    }
    assert (word["event"], word["message"], word["actor"]) == ("service.test", "词 7", "li")
    assert "词" in stream.getvalue()
    assert "request_id" not in alone


def test_text_says_the_same(stream: io.StringIO) -> None:
    logs.to_stream(stream, "text")
    with logs.bound(run_id="n-1"):
        LOG.info("step %s", "pull", extra={"event": "night_step"})
    LOG.info("alone")
    first, second = stream.getvalue().splitlines()
    assert first.endswith("INFO service.test: step pull [run_id=n-1]")
    assert second.endswith("INFO service.test: alone")


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_shown_wherever_it_stands(stream: io.StringIO, form: logs.Form) -> None:
    said = logs.to_stream(stream, form)
    said.hide(["the-app-secret", "the-app-secret-of-another", "short"])
    token = "kaiche_" + "a" * 43
    error = ValueError("https://robot.example.cn/send?access_token=opensesame")
    LOG.error("for %s and %s", "the-app-secret-of-another", token, exc_info=error)
    with logs.bound(actor=f"Bearer {token}"):
        LOG.info("a short word", extra={"fields": {"note": "the-app-secret"}})
    text = stream.getvalue()
    assert "ValueError" in text
    assert "short word" in text
    for secret in ("the-app-secret", "of-another", token, "opensesame"):
        assert secret not in text


def test_what_is_bound_goes_along_and_does_not_come_back(stream: io.StringIO) -> None:
    logs.to_stream(stream, "json")

    def work(said: str, *, more: str) -> str:
        logs.bind(run_id="n-1")
        LOG.info(said)
        return more

    with logs.bound(request_id="r-1"):
        taken = logs.apart(work)
        thread = threading.Thread(target=taken, args=("there",), kwargs={"more": "x"})
        thread.start()
        thread.join()
        assert logs.apart(work)("here", more="back") == "back"
        LOG.info("after")
    there, here, after = lines(stream)
    assert (there["request_id"], there["run_id"]) == ("r-1", "n-1")
    assert here["run_id"] == "n-1"
    assert "run_id" not in after


def test_who_talks_too_much_is_heard_when_it_matters(stream: io.StringIO) -> None:
    logs.to_stream(stream, "json")
    logging.getLogger("httpx").info("GET https://robot.example.cn")
    logging.getLogger("httpx").warning("odd")
    assert [line["message"] for line in lines(stream)] == ["odd"]
