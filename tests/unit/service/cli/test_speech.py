"""Which language a terminal reads."""

import io

import pytest

from service.cli.speech import Speech, can_show_chinese, language_of


@pytest.mark.parametrize(
    ("asked", "env", "expected"),
    [
        (None, {}, "zh"),
        (None, {"LANG": "C.UTF-8"}, "zh"),
        (None, {"LANG": "en_GB.UTF-8"}, "en"),
        (None, {"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        (None, {"LANG": "zh_CN.UTF-8", "KAICHE_LANG": "en"}, "en"),
        ("zh", {"KAICHE_LANG": "en"}, "zh"),
        ("EN-us", {}, "en"),
        ("fr", {"LANG": "en_US"}, "en"),
    ],
)
def test_the_wish_comes_first_then_the_environment_then_chinese(asked, env, expected):
    assert language_of(asked, env) == expected


def test_speech_picks_the_sentence_of_its_language():
    assert Speech("zh")("中", "en") == "中"
    assert Speech("en")("中", "en") == "en"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8", True), ("gb18030", True), ("latin-1", False), ("ascii", False)],
)
def test_whether_a_terminal_has_chinese_letters(encoding, expected):
    assert can_show_chinese(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) is expected
