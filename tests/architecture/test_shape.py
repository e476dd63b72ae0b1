"""Small files, small functions, names that say something."""

import ast
import re

import pytest
from tree import PACKAGES, ROOT, files, parsed, python_files

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 50
EMPTY_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|base|managers?|misc)($|_)")
EVASIONS = (
    r"pytest\.mark\.(skip|skipif|xfail)",
    r"pytest\.(skip|xfail|importorskip)\b",
    r"unittest\.skip",
    r"pragma: no cover",
    r"\btime\.sleep\(",
    r"asyncio\.sleep\(",
)


@pytest.mark.parametrize("path", python_files(*PACKAGES, "tests"), ids=str)
def test_a_file_is_one_room(path):
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES_OF_A_FILE, f"{path} has {lines} lines: it is two rooms"


def body_lines(function):
    """Lines of a function without its decorators, signature and docstring."""
    body = function.body
    documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    body = body[1:] if documented else body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


# A migration is a record of one moment, as long as what it records.
ROOMS = [path for path in python_files(*PACKAGES) if "migrations" not in path.parts]


@pytest.mark.parametrize("path", ROOMS, ids=str)
def test_a_function_fits_on_a_screen(path):
    long = {
        node.name: body_lines(node)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and body_lines(node) > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}, f"{path}: {long}"


def test_names_say_what_is_inside():
    empty = [
        path
        for path in python_files(*PACKAGES, "tests")
        if any(EMPTY_NAMES.search(part.removesuffix(".py")) for part in path.parts)
    ]
    assert empty == []


def test_nothing_is_left_out_quietly():
    evasion = re.compile("|".join(EVASIONS))
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in files()
        if path.suffix == ".py" and path.parts[:2] != ("tests", "architecture")
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1)
        if evasion.search(line) and not (path.parts[0] != "tests" and "sleep" in line)
    ]
    assert found == []
