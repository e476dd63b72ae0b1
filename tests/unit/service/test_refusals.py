"""Why something is refused: in both languages, with every place filled."""

import ast
import re
import string
from pathlib import Path

import pytest

import service
from connectors.errors import SourceError
from service.api.etags import _changed
from service.console.failures import told
from service.console.texts import Texts
from service.errors import ConflictError, InputError, NotFoundError, ServiceError
from service.refusals import REFUSALS

HOME = Path(service.__file__).parent
# Whatever these refuse, a person may read in the console.
SPOKEN = sorted(
    {
        *HOME.glob("console/**/*.py"),
        *HOME.glob("sheets/*.py"),
        *(HOME / f"people/{name}.py" for name in ("names", "passwords", "register")),
        *(
            HOME / f"{name}.py"
            for name in ("approval", "decisions", "outside", "rollback", "standing")
        ),
        *(HOME / f"store/{name}.py" for name in ("lines", "proposals", "applications", "runs")),
    }
)
TOLD = {"InputError", "NotFoundError", "ConflictError", "SecondPersonError"}
UNSEEN = {
    ("runs.py", "disappeared"),
    ("exchange.py", "say which"),
}  # faults of a caller, not of a person


def calls():
    """``Error.of("code", place=…)`` all over the service: file, code, the places that it fills."""
    for path in HOME.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            whose = ast.unparse(node.func.value)
            if node.func.attr == "of" and whose.endswith("Error"):
                yield path, node.args[0].value, {one.arg for one in node.keywords}


def places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", REFUSALS)
def test_both_languages_say_something(code):
    chinese, english = REFUSALS[code]
    assert re.search("[\u4e00-\u9fff]", chinese)
    assert english.isascii()
    assert places(chinese) - {"role_zh", "count"} <= places(english)


def test_every_code_is_known_used_and_filled():
    used = set()
    for path, code, filled in calls():
        used.add(code)
        needed = places("".join(REFUSALS[code]))
        assert needed <= filled, f"{path.name}: {code} leaves {needed - filled} empty"
    assert used == set(REFUSALS)


@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: path.relative_to(HOME).as_posix())
def test_what_people_read_is_refused_from_the_catalogue(path):
    text = path.read_text(encoding="utf-8")
    bare = [
        said
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and ast.unparse(node.exc.func) in TOLD
        and (said := ast.unparse(node.exc))
        and not any(path.name == name and part in said for name, part in UNSEEN)
    ]
    assert bare == []


def test_an_error_of_the_catalogue_speaks_both_languages():
    error = NotFoundError.of("user_unknown", name="wang")
    assert isinstance(error, NotFoundError)
    assert told(Texts("zh"), error) == "没有用户 wang"
    assert told(Texts("en"), error) == str(error) == error.args[0]


def test_an_error_without_chinese_is_told_by_its_kind_and_keeps_its_detail():
    said = told(Texts("zh"), ConflictError("the lease ran out"))
    assert said.startswith("当前状态不允许")
    assert said.endswith("(the lease ran out)")
    assert told(Texts("en"), ConflictError("the lease ran out")) == "the lease ran out"


def test_a_change_since_it_was_shown_and_a_platform_that_is_away_are_told_too():
    changed = _changed(3, [])
    assert told(Texts("zh"), changed).startswith("展示之后有 3 条明细变化")
    assert told(Texts("en"), changed).startswith("Not what was shown any more")
    assert "timed out" in told(Texts("zh"), SourceError("timed out"))


def test_only_what_has_an_entry_can_be_told_by_it():
    with pytest.raises(KeyError):
        InputError.of("no such code")
    assert ServiceError("plain").zh is None
