"""The optimizer and the simulator know neither the wall clock nor global random numbers."""

import ast

import pytest
from tree import dotted, imports_of, parsed, python_files

CLOCKS = ("now", "today", "utcnow", "time", "perf_counter", "monotonic", "localtime")
SEEDED = {"Generator", "SeedSequence", "PCG64", "PCG64DXSM", "Philox", "SFC64", "BitGenerator"}
DETERMINISTIC = [
    path for path in python_files("optimizer", "connectors") if path.parts[1] != "reports"
]


def faults_of(tree):
    """Calls that make the same inputs give another answer, or that touch the world."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        owner, _, called = name.rpartition(".")
        if called in CLOCKS and owner.split(".")[-1] in {
            "datetime",
            "date",
            "Timestamp",
            "time",
            "pd",
        }:
            yield f"line {node.lineno}: {name}() reads the wall clock"
        if called == "default_rng" and not (node.args or node.keywords):
            yield f"line {node.lineno}: {name}() without a seed"
        if (
            ".random." in f".{owner}."
            and called not in SEEDED | {"default_rng"}
            and owner.endswith("np.random")
        ):
            yield f"line {node.lineno}: {name}() draws from the global state"
        if name in {"open", "print", "input", "exec", "eval", "hash", "id"}:
            yield f"line {node.lineno}: {name}() has no place here"


@pytest.mark.parametrize("path", DETERMINISTIC, ids=str)
def test_the_same_inputs_give_the_same_answer(path):
    found = [
        fault
        for fault in faults_of(parsed(path))
        if not ("open()" in fault and "sandbox" in path.parts)
    ]
    assert found == [], f"{path}: {found}"
    assert not {"random", "time", "secrets", "uuid"} & imports_of(path), path


@pytest.mark.parametrize(
    "line",
    [
        "datetime.now(UTC)",
        "date.today()",
        "pd.Timestamp.now()",
        "np.random.default_rng()",
        "np.random.normal(0, 1)",
        "numpy.np.random.seed(3)",
        "print(1)",
    ],
)
def test_the_check_sees_what_it_is_for(line):
    assert list(faults_of(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    ["np.random.default_rng(3)", "rng.normal(0, 1)", "frame.date", "np.random.Generator(bits)"],
)
def test_the_check_leaves_honest_code_alone(line):
    assert list(faults_of(ast.parse(line))) == []
