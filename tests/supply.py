"""What is installed is what is pinned, from releases, under licences that may be shipped: ``make check``.

It looks at this machine alone, so it holds where only a package registry can be reached. Which of the
pinned versions have known holes is another question, which needs a service: ``make audit``.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from packaging.version import InvalidVersion, Version

ROOT: Final = Path(__file__).parent.parent
OURS: Final = "kaiche"
INSTALLER: Final = frozenset({"pip"})  # comes with Python, as its version has it
# Only with `make bench` or `make audit`; whatever else is pinned has to be there.
OPTIONAL: Final = frozenset(
    {
        *("jax", "jaxlib", "ml-dtypes", "multipledispatch", "numpyro", "opt-einsum", "tqdm"),
        *("boolean-py", "cachecontrol", "charset-normalizer", "cyclonedx-python-lib", "defusedxml"),
        *("filelock", "license-expression", "msgpack", "packageurl-python", "pip-api", "pip-audit"),
        *(
            "pip-requirements-parser",
            "py-serializable",
            "pyparsing",
            "requests",
            "tomli-w",
            "urllib3",
        ),
    }
)
# Needed on other systems or other versions of Python.
ELSEWHERE: Final = frozenset({"colorama", "httptools", "uvloop", "tomli", "greenlet"})
LICENCES: Final = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-0",
        "MPL-2.0",  # file by file; used unchanged
        "PSF-2.0",
        "Unlicense",
        "Zlib",
        "LGPL-3.0-only",  # psycopg: a library, imported and unchanged
    }
)
# What older packages write where an expression of SPDX belongs.
SPELLED: Final[Mapping[str, str]] = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# Read by a person, since the package does not say it in one word.
READ: Final[Mapping[str, str]] = {
    "axe-playwright-python": "MIT",  # the file LICENSE in its wheel
    "multipledispatch": "BSD-3-Clause",  # the file LICENSE.txt in its wheel
    "docutils": "BSD-2-Clause",  # and public domain; the one file under the GPL is for Emacs
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """One distribution as it says of itself."""

    name: str
    version: str
    licences: tuple[str, ...]  # an expression of SPDX, or what stands for one; any of them will do
    from_index: bool = True


def canonical(name: str) -> str:
    """A name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(text: str) -> dict[str, str]:
    """name → version of the constraints."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition("==") for line in lines if line and not line.startswith("#"))
    return {canonical(name): version for name, _, version in pairs}


def complaints(found: Iterable[Installed], pins: Mapping[str, str]) -> Iterator[str]:
    """Everything that is not as it should be, each with what to do."""
    there = {canonical(one.name): one for one in found if canonical(one.name) != OURS}
    for name, one in sorted(there.items()):
        if name in INSTALLER:
            continue
        if name not in pins:
            yield f"{name} {one.version} is installed and not pinned; write it into constraints.txt"
        elif pins[name] != one.version:
            yield f"{name} is installed at {one.version} and pinned at {pins[name]}; install anew"
        if not one.from_index:
            yield f"{name} was installed from a place of its own, not from the index; install anew"
        if not _released(one.version):
            yield f"{name} {one.version} is no release; pin one"
        if not _may_ship(name, one.licences):
            yield (
                f"{name} is under {' / '.join(one.licences) or 'no licence it names'}; read it, and "
                "add it to tests/supply.py or choose another library"
            )
    for name in sorted(pins.keys() - there.keys() - OPTIONAL - ELSEWHERE):
        yield f"{name} is pinned and nothing brings it any more; remove it from constraints.txt"


def _released(version: str) -> bool:
    try:
        known = Version(version)
    except InvalidVersion:
        return False
    return known.local is None and not known.is_prerelease


def _may_ship(name: str, licences: Iterable[str]) -> bool:
    if name in READ:
        return READ[name] in LICENCES
    return any(_allowed(SPELLED.get(one, one)) for one in licences)


def _allowed(expression: str) -> bool:
    """Whether an expression of SPDX can be kept: every part of an AND, one part of an OR."""
    parts = re.sub(r"[()]", "", expression).split(" AND ")
    return all(any(one.strip() in LICENCES for one in part.split(" OR ")) for part in parts)


def here() -> list[Installed]:
    """What is installed beside this interpreter."""
    return [_installed(one) for one in distributions()]


def _installed(one: Distribution) -> Installed:
    meta = one.metadata
    said = meta.get("License-Expression") or (meta.get("License") or "").strip()
    classes = (
        line.rpartition(" :: ")[2]
        for line in meta.get_all("Classifier", [])
        if line[:7] == "License"
    )
    expression = [said] if said and "\n" not in said else []
    return Installed(
        name=str(meta["Name"]),
        version=one.version,
        licences=(*expression, *classes),
        from_index=one.read_text("direct_url.json") is None,
    )


def main() -> int:
    """Print what is wrong; 1 when anything is."""
    pins = pinned((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    wrong = list(complaints(here(), pins))
    for line in wrong:
        print(line, file=sys.stderr)
    if not wrong:
        print(f"{len(here())} packages are what constraints.txt says")
    return 1 if wrong else 0


def optional_groups() -> Mapping[str, list[str]]:
    """The optional groups of pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    groups: Mapping[str, list[str]] = tomllib.loads(text)["project"]["optional-dependencies"]
    return groups


if __name__ == "__main__":
    sys.exit(main())
