"""Who may import what. import-linter holds the layers; this holds the outside world."""

import re

import pytest
from tree import imports_of, module_of, python_files

# What the numerical library may stand on: numbers and nothing that touches the world.
OPTIMIZER_MAY_IMPORT = {
    "__future__", "abc", "bisect", "collections", "contextlib", "copy", "dataclasses", "datetime",
    "decimal", "enum", "functools", "hashlib", "heapq", "itertools", "math", "numbers", "operator",
    "re", "types", "typing", "warnings", "numpy", "scipy", "pandas", "optimizer",
}  # fmt: skip

# A library -> the only modules that may know it.
AT_HOME = {
    "alembic": ["service.store"],
    "apscheduler": ["service.departures", "service.scheduler"],
    "fastapi": [
        "service.api",
        "service.app",
        "service.console.grid",
        "service.console.mount",
        "service.console.provider_page",
        "service.console.sign_in",
    ],
    "joserfc": ["service.people.provider", "service.people.vouching"],
    "nicegui": ["service.console"],
    "openpyxl": ["connectors.reports", "service.report.workbook", "service.sheets"],
    "prometheus_client": ["service.api", "service.app"],
    "pydantic": ["service.settings", "service.api", "service.console.grid"],
    "rich": ["service.cli"],
    "sqlalchemy": [
        "service.store",
        "service.api.problems",
    ],  # the latter turns a lost database into 503
    "starlette": [
        "service.api",
        "service.app",
        "service.console.mount",
        "service.console.provider_page",
        "service.console.sign_in",
        "service.console.visitor",
    ],
    "typer": ["service.cli"],
    "uvicorn": ["service.api", "service.app", "connectors.sandbox.gateway"],
    "yaml": ["service.settings", "service.cli", "service.reading.catalogue"],
}

# A flow opens one transaction and passes it on; the type of it may be named anywhere in service.
TRAVELS = {"sqlalchemy.orm", "sqlalchemy.orm.Session"}


@pytest.mark.parametrize("path", python_files("optimizer"), ids=str)
def test_the_optimizer_touches_nothing_but_numbers(path):
    tops = {name.partition(".")[0] for name in imports_of(path)}
    assert tops <= OPTIMIZER_MAY_IMPORT, f"{path} imports {tops - OPTIMIZER_MAY_IMPORT}"


@pytest.mark.parametrize("library", sorted(AT_HOME))
def test_a_library_is_known_only_where_it_is_at_home(library):
    def at_home(module):
        return any(module == home or module.startswith(home + ".") for home in AT_HOME[library])

    strangers = [
        f"{path}"
        for path in python_files("service", "connectors", "optimizer")
        if not at_home(module_of(path))
        and any(name.partition(".")[0] == library for name in imports_of(path) - TRAVELS)
    ]
    assert strangers == []


def test_the_simulator_shares_no_code_with_the_estimator():
    sandbox = [path for path in python_files("connectors") if "sandbox" in path.parts]
    assert sandbox
    for path in sandbox:
        assert not any(re.match(r"(optimizer|service)\b", name) for name in imports_of(path)), path


def test_product_code_never_imports_tests():
    for path in python_files("service", "connectors", "optimizer"):
        assert not any(name.partition(".")[0] == "tests" for name in imports_of(path)), path
