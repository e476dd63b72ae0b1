"""The catalogue: whole in both languages, asked only for what it has, and no text in code."""

import ast
import re
import string
from pathlib import Path

import pytest

from optimizer import explain
from service.report import figures, record
from service.report.texts import Texts, catalogue

REPORT = Path(figures.__file__).parent
SOURCES = sorted(REPORT.glob("*.py"))
CALLED = re.compile(r'texts\(\s*"([a-z_]+(?:\.[A-Za-z_0-9]+)?)"')


def places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_both_languages_say_something_with_the_same_places(key):
    chinese, english = catalogue()[key]
    assert chinese.strip()
    assert english.strip()
    assert places(chinese) == places(english) or key.startswith(("short.",))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_only_texts_that_there_are_are_asked_for(path):
    assert set(CALLED.findall(path.read_text(encoding="utf-8"))) <= set(catalogue())


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_text_stands_in_code(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(tree)
        if isinstance(node, documented)
    }
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value not in docstrings
        and re.search("[\u4e00-\u9fff]", node.value)
    ]
    assert found == []


def test_every_code_has_words():
    known = set(catalogue())
    assert {f"event.{kind}" for kind in record.EventKind.__args__} <= known
    assert {f"state.{state}" for state in figures.State.__args__} <= known
    assert {f"reason.{code}" for code in explain.REASONS} <= known
    assert Texts("zh").of("reason", "brand_new") == "brand new"
