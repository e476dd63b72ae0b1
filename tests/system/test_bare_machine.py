"""``.ci/venv`` finds a Python that can, and says what is missing on a machine that has none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "venv"


@pytest.fixture
def machine(tmp_path):
    """A search path of its own; ``python(name, body)`` puts an interpreter there."""
    folder = tmp_path / "bin"
    folder.mkdir()

    class Machine:
        target = tmp_path / "made"

        def python(self, name, body):
            path = folder / name
            path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
            path.chmod(0o755)

        def make(self, **env):
            return subprocess.run(
                ["/bin/sh", SCRIPT, self.target],
                env={"PATH": str(folder)} | env,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )

    return Machine()


OLD = "exit 1"
WITHOUT_VENV = 'case "$2" in *ensurepip*) exit 1 ;; *print*) echo 3.12 ;; esac'
# A whole interpreter would install pip; that is not what is tested here.
WHOLE = '[ "$2" = venv ] && echo "made by $0: $@"; exit 0'


def test_without_any_python_it_says_which_is_needed(machine):
    done = machine.make()
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr


def test_an_old_python_is_passed_over_for_a_newer_one(machine):
    machine.python("python3", OLD)
    machine.python("python3.12", WHOLE)
    done = machine.make()
    assert done.returncode == 0, done.stderr
    assert f"python3.12: -m venv --clear {machine.target}" in done.stdout


def test_a_python_without_venv_names_the_package_to_install(machine):
    machine.python("python3", WITHOUT_VENV)
    done = machine.make()
    assert done.returncode == 1
    assert "apt-get install python3.12-venv" in done.stderr


def test_the_interpreter_that_is_asked_for_is_the_only_candidate(machine):
    machine.python("python3", WHOLE)
    machine.python("mine", OLD)
    done = machine.make(PYTHON="mine")
    assert done.returncode == 1
    assert "none of these is: mine" in done.stderr


def test_a_real_interpreter_makes_a_real_environment(machine):
    machine.python(
        "python3", f'[ "$2" = venv ] && set -- "$@" --without-pip; exec {sys.executable} "$@"'
    )
    done = machine.make(HOME=os.environ.get("HOME", ""))
    assert done.returncode == 0, done.stderr
    assert (machine.target / "bin" / "python").exists()
