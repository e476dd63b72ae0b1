"""One cell of an export to one exact value; nothing here passes through a binary float.

A blank is empty, ``\\N``, ``-`` or ``--``. Counts and money read a blank as 0, ids and dates refuse
it. Every refusal is a ``CellError`` that says in Chinese, then in English, what to do.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

BLANKS = frozenset({"", "\\N", "-", "--", "—", "——", "null", "NULL"})
DAMAGED = "\ufffd"  # what a decoder leaves where bytes made no sense

LARGEST_COUNT = 10**12
LARGEST_FEN = 10**14
LEAST_BID_FEN, LARGEST_BID_FEN = 5, 9999
EXACT_DIGITS = 15  # what a spreadsheet keeps of a number

_FEN = Decimal(100)
_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d*)?|[+-]?\.\d+", re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d*)?[eE][+-]?\d+", re.ASCII)
_ID = re.compile(r"\d{1,40}", re.ASCII)
_ID_WITH_POINT = re.compile(r"(\d{1,15})\.0+", re.ASCII)
_QUOTED_ID = re.compile(r'="(\d+)"', re.ASCII)
_DATE = re.compile(
    r"(\d{4})(?:(-)|(/)|(\.)|(年))(\d{1,2})(?:(?(2)-)(?(3)/)(?(4)\.)(?(5)月))(\d{1,2})(?(5)日?)"
    r"(?:[ T]+[\d:.]+)?",
    re.ASCII,
)
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_PERIOD = re.compile(r"\d[\s日]*(?:至|到|~|～|—|--|\bto\b)\s*\d")


class CellError(ValueError):
    """A cell that cannot be taken; ``str()`` is the sentence shown to the specialist."""


def told(chinese: str, english: str) -> str:
    """A reason as it is shown everywhere: Chinese first, then English."""
    return f"{chinese} ({english})"


def _refuse(chinese: str, english: str) -> CellError:
    return CellError(told(chinese, english))


def is_blank(text: str) -> bool:
    """Whether the cell says nothing."""
    return text.strip() in BLANKS


def parse_number(text: str) -> Decimal | None:
    """An exact decimal, None for a blank; thousands commas, ¥ and 元 are understood."""
    if DAMAGED in text:
        raise _refuse("单元格的字节已损坏，请重新下载", "damaged bytes; download the file again")
    cell = unicodedata.normalize("NFKC", text).strip()
    if cell in BLANKS:
        return None
    bare = cell.removeprefix("¥").removesuffix("元").strip()
    if _NUMBER.fullmatch(bare):
        return Decimal(bare.replace(",", ""))
    if _SCIENTIFIC.fullmatch(bare):
        raise _refuse(
            "被表格软件改成科学计数，数字已不完整，请用原始文件",
            "a spreadsheet cut the digits; use the original file",
        )
    raise _refuse("不是数字，请用原始导出文件", "not a number; use the original export")


def _not_negative(number: Decimal) -> Decimal:
    if number < 0:
        raise _refuse("不能是负数，请重新下载该报表", "negative; download the report again")
    return number


def parse_count(text: str) -> int:
    """A whole number ≥ 0; a blank is 0."""
    number = _not_negative(parse_number(text) or Decimal(0))
    if number != number.to_integral_value():
        raise _refuse("次数应为整数，请重新下载该报表", "a count must be whole; download again")
    if number > LARGEST_COUNT:
        raise _refuse("数值大得不可能，请重新下载该报表", "impossibly large; download again")
    return int(number)


def parse_money(text: str) -> int:
    """Yuan to fen ≥ 0; a blank is 0, more than two decimals are rounded half to even."""
    number = _not_negative(parse_number(text) or Decimal(0))
    if number * _FEN > LARGEST_FEN:
        raise _refuse("金额大得不可能，请重新下载该报表", "impossibly large; download again")
    return int((number * _FEN).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def parse_bid(text: str) -> int | None:
    """A bid in yuan to fen, exact; None for a blank (the word has no bid of its own)."""
    number = parse_number(text)
    if number is None:
        return None
    fen = number * _FEN
    if fen != fen.to_integral_value():
        raise _refuse("出价最多两位小数，请核对", "a bid has at most two decimals; check it")
    if not LEAST_BID_FEN <= fen <= LARGEST_BID_FEN:
        raise _refuse(
            "出价须在 0.05 至 99.99 元之间，请核对", "a bid lies within 0.05-99.99 yuan; check it"
        )
    return int(fen)


def parse_id(text: str) -> str:
    """A platform id, every digit kept; an id that a spreadsheet has cut is refused."""
    cell = text.strip().lstrip("'").strip()
    if _ID.fullmatch(cell):
        return cell
    if match := _QUOTED_ID.fullmatch(cell) or _ID_WITH_POINT.fullmatch(cell):
        return match[1]
    if cell in BLANKS:
        raise _refuse("缺少ID，无法对应到词", "the id is missing")
    if _SCIENTIFIC.fullmatch(cell) or re.fullmatch(r"[0-9.,]+|#+", cell):
        raise _refuse(
            "ID已被表格软件损坏，末尾数字丢失；请用未经Excel另存的原始文件",
            "the id was damaged by a spreadsheet; use the file as downloaded",
        )
    raise _refuse("不是ID，请用原始导出文件", "not an id; use the original export")


def parse_optional_id(text: str) -> str:
    """As ``parse_id``, but a blank is the empty string."""
    return "" if is_blank(text) else parse_id(text)


def parse_date(text: str) -> date:
    """2026-07-31, 2024/10/5, 20240101 (also 2026年7月31日, and a time of day is dropped)."""
    cell = text.strip()
    if cell in BLANKS:
        raise _refuse("缺少日期", "the date is missing")
    if match := _COMPACT_DATE.fullmatch(cell):
        year, month, day = match.groups()
    elif match := _DATE.fullmatch(cell):
        year, month, day = match[1], match[6], match[7]
    elif _PERIOD.search(cell):
        raise _refuse(
            "这是一段时间的合计；下载时请选择按天（分日）拆分",
            "the sum of a period; choose the daily split when downloading",
        )
    else:
        raise _refuse("日期无法识别，应如 2026-07-31", "unreadable date; write it like 2026-07-31")
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise _refuse("没有这一天，请核对", "no such day; check it") from None
    if not 2003 <= found.year <= 2100:
        raise _refuse("年份不可能，请核对", "impossible year; check it")
    return found


def parse_rate(text: str) -> Decimal | None:
    """``2.17%`` and ``0.0217`` are both 0.0217, to the digit shown; None for a blank."""
    cell = unicodedata.normalize("NFKC", text).strip()
    if not cell.endswith("%"):
        return parse_number(cell)
    number = parse_number(cell.removesuffix("%"))
    return None if number is None else number.scaleb(-2)


def parse_score(text: str) -> float | None:
    """A rank or a quality score, None for a blank; a plain measure, so a float is enough."""
    number = parse_number(text)
    return None if number is None else float(_not_negative(number))
