"""Bytes changed at random: rows or rejects or a SourceError, never anything else."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import SourceError


def corrupted(data: bytes, seed: int) -> bytes:
    rng = random.Random(seed)
    damaged = bytearray(data)
    for _ in range(rng.randrange(1, 9)):
        where = rng.randrange(len(damaged))
        match rng.randrange(4):
            case 0:
                damaged[where] = rng.randrange(256)
            case 1:
                damaged[where : where + rng.randrange(20)] = b""
            case 2:
                damaged[where:where] = rng.randbytes(rng.randrange(9))
            case _:
                damaged[where] = rng.choice(b'",\n\r\0;\t\xff-')
    return bytes(damaged)


@pytest.mark.parametrize("form", ["csv", "xlsx", "zip"])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_corruption_ends_in_a_traceback(exports: Any, form: str, seed: int) -> None:
    rows = [exports.row(**{"词ID/词包ID": 100 + k, "展现量": 100 + k}) for k in range(5)]
    data = {
        "csv": exports.csv(rows),
        "xlsx": exports.xlsx(exports.lines(rows)),
        "zip": exports.zip(**{"b.csv": exports.csv(rows)}),
    }[form]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a_20260515").write_bytes(corrupted(data, seed))
        try:
            _, read, rejects = exports.read(Path(folder))
        except SourceError as error:
            told, read, rejects = str(error), [], []
        else:
            told = ""
    assert read or "a_20260515" in told
    assert all(reject.reason and "(" in reject.reason for reject in rejects)
    assert all(0 <= row.clicks <= row.impressions for row in read)
