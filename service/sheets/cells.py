"""What every workbook is written with: text that stays text, a header, an archive without the time."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from xml.etree.ElementTree import tostring
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.packaging.core import DocumentProperties
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.xml.constants import ARC_CORE

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_575  # a worksheet holds 2**20, the first is the header

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_HEADER_FONT = Font(bold=True, color="FFFFFF")
_HEADER_FILL = PatternFill("solid", start_color="1F4E78")
_CENTERED = Alignment(horizontal="center")


def printable(text: str) -> str:
    """``text`` without the control characters that a workbook cannot hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", text)


def put_text(cell: Cell, text: str) -> None:
    """Text, also where it looks like a number or, as ``=1+1``, like a formula."""
    if text:  # else an empty cell: some programs refuse an empty text
        cell.value = printable(text)
        cell.data_type = "s"
    cell.number_format = "@"


def put_header(cell: Cell, text: str) -> None:
    """A column's name."""
    cell.value = text
    cell.font, cell.fill, cell.alignment = _HEADER_FONT, _HEADER_FILL, _CENTERED


def content_of(book: Workbook, title: str) -> bytes:
    """The workbook as a file whose bytes follow from its cells alone, whatever the clock says."""
    written, undated = BytesIO(), BytesIO()
    book.save(written)
    with ZipFile(written) as source, ZipFile(undated, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            member = ZipInfo(name, date_time=_EPOCH)
            member.compress_type = ZIP_DEFLATED
            member.external_attr = 0o600 << 16
            target.writestr(member, _properties(title) if name == ARC_CORE else source.read(name))
    return undated.getvalue()


def _properties(title: str) -> bytes:
    moment = datetime(*_EPOCH)
    properties = DocumentProperties(creator="kaiche", title=title, created=moment, modified=moment)
    content: bytes = tostring(properties.to_tree(), encoding="utf-8")
    return content
