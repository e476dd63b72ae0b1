"""Nothing in the repository ties it to one machine or one mirror; what is asked for is pinned."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from tree import ROOT, files

BINARY = {".xlsx", ".zip", ".gz", ".png", ".ico", ".db"}
# Written apart, so that this file does not find itself.
FOREIGN = {
    "an index of packages": r"(?:py"
    r"pi\.org|python"
    r"hosted\.org|npm"
    r"js\.(?:org|com)|npm"
    r"mirror|tuna\."
    r"tsinghua|mirrors\.[a-z]+\.(?:com|cn|edu)|--(?:extra-)?index"
    r"-url)",
    "a path of one machine": r"(?:^|[\s\"'=(:`])/(?:wo"
    r"rk|ro"
    r"ot|ho"
    r"me|Us"
    r"ers|opt/wh"
    r"eels)/",
}


def texts():
    for path in files():
        if path.suffix not in BINARY:
            yield path, (ROOT / path).read_bytes().decode("utf-8", errors="replace")


@pytest.mark.parametrize("what", sorted(FOREIGN))
def test_no_file_names_a_registry_or_a_path_of_one_machine(what):
    pattern = re.compile(FOREIGN[what], re.MULTILINE | re.IGNORECASE)
    found = [
        f"{path}: {match.group()!r}" for path, text in texts() for match in pattern.finditer(text)
    ]
    assert found == []


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            yield line


def test_constraints_are_exact_versions_and_nothing_else():
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][\w.]*", line) for line in pins())
    names = [line.partition("==")[0].lower() for line in pins()]
    assert names == sorted(set(names))


def test_everything_asked_for_is_pinned_within_what_is_allowed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(name for group in project["project"]["optional-dependencies"].values() for name in group),
    ]
    pinned = {
        re.sub(r"[-_.]+", "-", name).lower(): v
        for name, _, v in (p.partition("==") for p in pins())
    }
    for requirement in map(Requirement, wanted):
        version = pinned.get(re.sub(r"[-_.]+", "-", requirement.name).lower())
        assert version, f"{requirement.name} is not pinned in constraints.txt"
        assert requirement.specifier.contains(Version(version)), requirement


def test_the_licence_is_apache_2():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_every_promised_target_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "serve", "test", "check", "bench"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
