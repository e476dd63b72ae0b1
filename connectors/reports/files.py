"""Finding the files of an import: one file or a folder, zips opened in memory, sizes bounded.

What a file is, is told by its content, never by its name; the name only gives the moment of the
export. A file that cannot be opened becomes a reject and disturbs no other file.
"""

from __future__ import annotations

import io
import lzma
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path, PurePosixPath
from typing import Literal

from connectors.errors import SourceError
from connectors.reports.cells import told
from connectors.reports.rejects import RejectBook

LARGEST_FILE = 1 << 30  # bytes of one table, unpacked
LARGEST_ZIP = 2 << 30  # bytes of all tables of one zip, unpacked
MOST_FILES = 10_000

Content = Literal["text", "xlsx", "zip", "ole", "html", "empty"]

_STAMP = re.compile(
    r"(?<!\d)(20\d{2})(?:年(\d{1,2})月(\d{1,2})日|([-_.]?)(\d{2})\4(\d{2}))"
    r"(?:[ _T-]?(\d{2})([-_:.]?)(\d{2})\8(\d{2})(?!\d)(?!-\d{2}(?!\d)))?(?!\d)",
    re.ASCII,
)
_NOT_EXPORTS = ("__MACOSX", ".", "~$", "Thumbs.db", "desktop.ini")
_DAMAGED_ZIP = (  # all that zipfile raises on damaged bytes
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the import, in memory. ``source`` is ``a.csv`` or ``a.zip/b.csv``."""

    source: str
    data: bytes
    moment: datetime | None  # of the export, from the name, local time


@dataclass(frozen=True, slots=True)
class Found:
    """A file on disk, named relative to what was given."""

    name: str
    path: Path
    size: int
    changed_ns: int


def export_moment(name: str) -> datetime | None:
    """The newest timestamp in a file's name (20260515_081502, 20260515, 2026-05-15 …), or None."""
    moments = []
    for match in _STAMP.finditer(name):
        year, month, day = match[1], match[2] or match[5], match[3] or match[6]
        try:
            moment = datetime(int(year), int(month), int(day))
        except ValueError:
            continue
        if match[7]:
            hour, minute, second = int(match[7]), int(match[9]), int(match[10])
            if hour < 24 and minute < 60 and second < 60:
                moment = datetime.combine(moment, time(hour, minute, second))
        moments.append(moment)
    return max(moments, default=None)


def content_of(data: bytes) -> Content:
    """What the bytes are, from the bytes."""
    start = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        return "empty"
    if data.startswith(_OLE):
        return "ole"
    if data.startswith(b"PK"):
        return "xlsx" if _is_workbook(data) else "zip"
    if re.match(rb"<(?:!doctype|html|head|meta|table|body|\?xml)", start, re.IGNORECASE):
        return "html"
    return "text"


def _is_workbook(data: bytes) -> bool:
    """XLSX is a zip with a table of contents; of a truncated one only the start can tell."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except _DAMAGED_ZIP:
        return b"[Content_Types].xml" in data[:4096] or b"xl/" in data[:4096]


def find(path: Path) -> list[Found]:
    """Every candidate file below ``path``, or ``path`` itself, in order of name.

    Raises ``SourceError`` where there is nothing of that name.
    """
    if path.is_file():
        return [_found(path.name, path)]
    if not path.is_dir():
        raise SourceError(
            told(
                f"找不到报表路径 {path}；请核对配置里的 path，或先把下载的报表放进去",
                f"no file or folder {path}; correct the path or put the downloaded reports there",
            )
        )
    found = []
    for folder, folders, names in os.walk(path, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith(_NOT_EXPORTS))
        for name in names:
            whole = Path(folder) / name
            if not name.startswith(_NOT_EXPORTS) and whole.is_file():
                found.append(_found(whole.relative_to(path).as_posix(), whole))
    if len(found) > MOST_FILES:
        raise SourceError(
            told(
                f"{path} 里有 {len(found)} 个文件，超过 {MOST_FILES}；请只放报表",
                f"{len(found)} files, more than {MOST_FILES}; keep only the reports there",
            )
        )
    return sorted(found, key=lambda file: file.name)


def _unreadable(error: OSError) -> None:
    raise SourceError(
        told(
            f"文件夹 {error.filename} 打不开，请检查权限",
            f"the folder cannot be opened ({error.strerror}); check its permissions",
        )
    )


def _found(name: str, path: Path) -> Found:
    stat = path.stat()
    return Found(name, path, stat.st_size, stat.st_mtime_ns)


def members(file: Found, book: RejectBook) -> Iterator[Member]:
    """The tables of one file: itself, or what a zip holds. What cannot be opened goes to ``book``."""
    if file.size > LARGEST_FILE:
        _too_large(file.name, book)
        return
    try:
        data = file.path.read_bytes()
    except OSError as error:
        book.add(
            file.name,
            told("文件打不开，请检查权限后重试", f"cannot be opened: {error.strerror}"),
        )
        return
    if content_of(data) == "zip":
        yield from _unzipped(file.name, data, book)
    else:
        yield Member(file.name, data, export_moment(PurePosixPath(file.name).name))


def _unzipped(source: str, data: bytes, book: RejectBook) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGED_ZIP:
        book.add(source, told("压缩包不完整，请重新下载", "broken zip; download it again"))
        return
    with archive:
        entries = [entry for entry in archive.infolist() if _is_export(entry)]
        if not entries:
            book.add(
                source, told("压缩包里没有文件，请重新下载", "an empty zip; download it again")
            )
        if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > LARGEST_ZIP:
            _too_large(source, book)
            return
        for entry in sorted(entries, key=_entry_name):
            yield from _entry(archive, entry, source, book)


def _is_export(entry: zipfile.ZipInfo) -> bool:
    name = _entry_name(entry)
    hidden = any(part.startswith(_NOT_EXPORTS) for part in PurePosixPath(name).parts)
    return not hidden and not name.endswith("/")


def _entry_name(entry: zipfile.ZipInfo) -> str:
    """Chinese Windows writes names in GBK without saying so; zipfile then reads them as cp437."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename


def _entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, source: str, book: RejectBook
) -> Iterator[Member]:
    name = _entry_name(entry)
    inner = f"{source}/{name}"
    if entry.flag_bits & 0x1:
        book.add(
            inner,
            told("压缩包有密码，请解压后放入文件夹", "the zip has a password; unpack it first"),
        )
        return
    if entry.file_size > LARGEST_FILE:
        _too_large(inner, book)
        return
    try:
        data = archive.read(entry)  # never more than the size it declares
    except _DAMAGED_ZIP:
        book.add(
            inner, told("压缩包内的文件已损坏，请重新下载", "damaged in the zip; download again")
        )
        return
    if content_of(data) == "zip":
        book.add(
            inner,
            told("压缩包里还有压缩包，请先解压", "a zip within a zip; unpack it first"),
        )
        return
    outer = PurePosixPath(source).name
    moment = export_moment(PurePosixPath(name).name) or export_moment(outer)
    yield Member(inner, data, moment)


def _too_large(source: str, book: RejectBook) -> None:
    book.add(
        source,
        told(
            f"文件过大（解压后超过 {LARGEST_FILE >> 20} MB），请按更短的日期分几次下载",
            "too large; download shorter periods",
        ),
    )
