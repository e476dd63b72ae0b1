from __future__ import annotations

import os
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import SourceError
from connectors.reports import files
from connectors.reports.files import content_of, export_moment, find, members
from connectors.reports.rejects import RejectBook


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("关键词报表_20260515_081502.csv", datetime(2026, 5, 15, 8, 15, 2)),
        ("关键词报表_20260515081502 (1).csv", datetime(2026, 5, 15, 8, 15, 2)),
        ("关键词出价_20260515.csv", datetime(2026, 5, 15)),
        ("报表 2026-05-15 08-15-02.xlsx", datetime(2026, 5, 15, 8, 15, 2)),
        ("报表2026年05月15日.csv", datetime(2026, 5, 15)),
        ("报表_20260401_20260430.csv", datetime(2026, 4, 30)),
        ("报表_2026-04-01-2026-04-30.csv", datetime(2026, 4, 30)),
        ("报表_20260401_20260430_20260501081502.csv", datetime(2026, 5, 1, 8, 15, 2)),
        ("报表_20260515_256199.csv", datetime(2026, 5, 15)),
        ("203011_20260510_080000.csv", datetime(2026, 5, 10, 8)),
        ("报表_20261315.csv", None),
        ("账户7202605150001.csv", None),
        ("报表.csv", None),
    ],
)
def test_the_moment_of_an_export(name: str, moment: datetime | None) -> None:
    assert export_moment(name) == moment


def test_content_is_told_by_the_bytes(exports: Any) -> None:
    workbook = exports.xlsx([["a"]])
    assert content_of(workbook) == "xlsx"
    assert content_of(workbook[: len(workbook) // 2]) == "xlsx"
    assert content_of(exports.zip(a=b"x")) == "zip"
    assert content_of(exports.zip(**{"report.xlsx": workbook})) == "zip"
    assert content_of(b"\xef\xbb\xbf\xe6\x97\xa5") == "text"
    assert content_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest") == "ole"
    assert content_of(b"\n <!DOCTYPE html><html>") == "html"
    assert content_of(b" \r\n") == "empty"


def test_a_workbook_stored_in_a_zip_is_not_taken_for_the_zip_itself(
    exports: Any, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("b.xlsx", exports.xlsx([["a"]]))
    assert content_of((tmp_path / "a.zip").read_bytes()) == "zip"


def test_a_missing_path_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="找不到报表路径"):
        find(tmp_path / "none")


def test_files_are_found_below_and_by_relative_name(tmp_path: Path) -> None:
    (tmp_path / "五月").mkdir()
    (tmp_path / "__MACOSX").mkdir()
    for name in ("b.csv", "五月/a.csv", ".DS_Store", "~$b.xlsx", "__MACOSX/b.csv"):
        (tmp_path / name).write_bytes(b"x")
    assert [file.name for file in find(tmp_path)] == ["b.csv", "五月/a.csv"]
    assert [file.name for file in find(tmp_path / "b.csv")] == ["b.csv"]


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 1)
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").write_bytes(b"x")
    with pytest.raises(SourceError, match="2 个文件"):
        find(tmp_path)


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> object:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(SourceError, match="打不开"):
        find(tmp_path)


def opened(path: Path) -> tuple[list[files.Member], RejectBook]:
    book = RejectBook()
    return [member for file in find(path) for member in members(file, book)], book


def test_members_of_a_zip_carry_both_names_and_the_moment(exports: Any, tmp_path: Path) -> None:
    archive = exports.zip(**{"in/b_20260501.csv": b"one", "c.csv": b"two", "__MACOSX/c.csv": b""})
    (tmp_path / "a_20260601.zip").write_bytes(archive)
    found, book = opened(tmp_path)
    assert [(member.source, member.data, member.moment) for member in found] == [
        ("a_20260601.zip/c.csv", b"two", datetime(2026, 6, 1)),
        ("a_20260601.zip/in/b_20260501.csv", b"one", datetime(2026, 5, 1)),
    ]
    assert not book.all()


def test_names_written_in_gbk_by_chinese_windows_are_read(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("关键词报表.csv".encode("gb18030").decode("cp437"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(entry, b"x")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    raw = "关键词报表.csv".encode("gb18030")
    utf8 = entry.filename.encode()
    assert utf8 in data  # zipfile writes UTF-8 and says so; undo both
    (tmp_path / "a.zip").write_bytes(_with_name(bytes(data), utf8, raw))
    found, book = opened(tmp_path)
    assert [member.source for member in found] == ["a.zip/关键词报表.csv"]
    assert not book.all()


def test_names_in_a_zip_that_are_utf_8_or_neither(exports: Any, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(exports.zip(**{"关键词报表.csv": b"x"}))
    assert [member.source for member in opened(tmp_path)[0]] == ["a.zip/关键词报表.csv"]
    plain = exports.zip(**{"b??.csv": b"x"}).replace(b"b??.csv", b"b\xff\xff.csv")
    (tmp_path / "a.zip").write_bytes(plain)
    found, book = opened(tmp_path)
    assert [member.data for member in found] == [b"x"]
    assert not book.all()


def _with_name(data: bytes, utf8: bytes, raw: bytes) -> bytes:
    """The same one-entry zip with its name in GBK and the UTF-8 flag taken off."""
    local_size = 30 + len(utf8) + 1
    local, central, end = (
        data[:local_size],
        data[local_size : data.index(b"PK\x05\x06")],
        data[data.index(b"PK\x05\x06") :],
    )
    local = local[:6] + b"\0\0" + local[8:26] + len(raw).to_bytes(2, "little") + local[28:]
    central = central[:8] + b"\0\0" + central[10:28] + len(raw).to_bytes(2, "little") + central[30:]
    local, central = local.replace(utf8, raw), central.replace(utf8, raw)
    sizes = len(central).to_bytes(4, "little") + len(local).to_bytes(4, "little")
    return local + central + end[:12] + sizes + end[20:]


def test_sizes_are_bounded(exports: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = exports.zip(**{"zeros.csv": b"0" * 5_000_000})
    assert len(bomb) < 10_000
    (tmp_path / "bomb.zip").write_bytes(bomb)
    monkeypatch.setattr(files, "LARGEST_FILE", 1_000_000)
    found, book = opened(tmp_path)
    assert not found
    (reject,) = book.all()
    assert reject.source == "bomb.zip/zeros.csv"
    assert "过大" in reject.reason

    monkeypatch.setattr(files, "LARGEST_ZIP", 1_000_000)
    found, book = opened(tmp_path)
    assert [reject.source for reject in book.all()] == ["bomb.zip"]

    monkeypatch.setattr(files, "LARGEST_FILE", 100)
    found, book = opened(tmp_path)
    assert not found
    assert "过大" in book.all()[0].reason


def test_a_file_that_vanished_or_may_not_be_read_is_a_reject(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x")
    (file,) = find(tmp_path)
    (tmp_path / "a.csv").unlink()
    book = RejectBook()
    assert not list(members(file, book))
    (reject,) = book.all()
    assert (reject.source, reject.row) == ("a.csv", None)
    assert "打不开" in reject.reason
