"""How commands end: codes that mean one thing, and a crash that leaves its trace in a file."""

import pytest

from connectors.errors import RetryableError, SourceError
from optimizer.errors import InfeasiblePolicyError, PolicyError
from service import errors
from service.cli.failures import CRASH, ENDINGS, code_of, ending, write_crash


def test_every_service_error_has_an_ending_of_its_own():
    classes = [errors.ServiceError, *errors.ServiceError.__subclasses__()]
    listed = {one.code for one in ENDINGS}
    for kind in classes:
        assert kind.exit_code in listed, kind
    codes = [kind.exit_code for kind in classes]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigError("x"), 2),
        (errors.StaleDataError("x"), 5),
        (SourceError("x"), 9),
        (RetryableError("x", wait_seconds=3), 10),
        (PolicyError("x"), 11),
        (InfeasiblePolicyError("daily budget", limit=1, needed=2), 11),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("x"), CRASH),
    ],
)
def test_the_code_says_what_kind_of_trouble(error, code):
    assert code_of(error) == code
    assert ending(code).code == code


def test_no_two_endings_share_a_code():
    codes = [one.code for one in ENDINGS]
    assert len(set(codes)) == len(codes)
    assert ending(99).code == 1


def broken():
    raise ZeroDivisionError("the cause")


def crash():
    with pytest.raises(ZeroDivisionError) as caught:
        broken()
    return caught.value


def test_a_crash_leaves_its_traceback_in_a_file(tmp_path):
    path = write_crash(crash(), tmp_path / "new" / "var")
    assert path.parent == tmp_path / "new" / "var"
    text = path.read_text(encoding="utf-8")
    assert "the cause" in text
    assert "Traceback" in text
    assert "kaiche 0." in text


def test_a_crash_finds_another_place_when_the_folder_cannot_be_written(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "elsewhere"))
    path = write_crash(crash(), blocked)
    assert path.parent == tmp_path / "elsewhere"


def test_a_crash_with_nowhere_to_write_is_still_not_lost(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(blocked))
    with pytest.raises(ZeroDivisionError, match="the cause"):
        write_crash(crash(), blocked)
