"""The catalogue: whole in both languages, and no text of the console stands anywhere else."""

import ast
import re
import string
from pathlib import Path

import pytest

from optimizer import explain
from service.approval import State
from service.console.mount import PAGES
from service.console.texts import Texts, catalogue, language
from service.errors import InputError
from service.reading import needs

CONSOLE = Path(needs.__file__).parent.parent / "console"
SOURCES = sorted(CONSOLE.rglob("*.py"))
CALLED = re.compile(r'texts\(\s*"([a-z_]+\.[A-Za-z_0-9]+)"')


def places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_both_languages_say_something_with_the_same_places(key):
    chinese, english = catalogue()[key]
    assert chinese.strip()
    assert english.strip()
    assert places(chinese) == places(english)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(CONSOLE).as_posix())
def test_pages_ask_only_for_texts_that_there_are(path):
    asked = set(CALLED.findall(path.read_text(encoding="utf-8")))
    assert asked <= set(catalogue())


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(CONSOLE).as_posix())
def test_no_text_stands_in_code(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search("[\u4e00-\u9fff]", node.value)
    ]
    assert found == []


def test_every_stored_code_has_words():
    known = set(catalogue())
    assert {f"state.{state}" for state in State} <= known
    assert {f"need.{kind}" for kind in needs.Kind.__args__ if kind != "alert"} <= known
    assert {f"nav.{path.rpartition('/')[2]}" for path in PAGES} <= known


def test_the_optimizer_s_codes_have_words():
    known = set(catalogue())
    assert {f"reason.{code}" for code in explain.REASONS} <= known
    assert {f"binding.{code}" for code in explain.BINDINGS} <= known


def test_a_code_without_words_stands_for_itself():
    assert Texts("zh").of("reason", "brand_new") == "brand new"


def test_texts_are_filled_in_the_language_asked_for():
    assert Texts("en")("need.pending", count=3) == "3 changes wait for approval."
    assert Texts("zh")("need.pending", count=3) == "3 条改动等待审批."


def test_chinese_is_spoken_unless_another_language_is_asked_for():
    assert language(None) == "zh"
    assert language("en") == "en"
    with pytest.raises(InputError, match="zh or en"):
        language("fr")
