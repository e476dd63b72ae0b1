"""One block of rows under scrutiny: which rows stand, and the parsed values of their columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.reports.cells import DAMAGED, CellError, is_blank, told
from connectors.reports.columns import Layout, is_column_name, spelled
from connectors.reports.rejects import RejectBook
from connectors.reports.sheets import Block, TextArray
from connectors.reports.vocabulary import is_total

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


class BlockScan:
    """Rows of one block. ``alive`` (n,) turns False for rows passed over or refused.

    A column is parsed once per distinct text; a row is refused for its first bad cell only.
    """

    def __init__(self, block: Block, layout: Layout, source: str, book: RejectBook) -> None:
        self._block = block
        self._layout = layout
        self._source = source
        self._book = book
        self._factors: dict[int, tuple[npt.NDArray[np.intp], TextArray]] = {}
        self.alive: BoolArray = np.ones(len(block.full), dtype=np.bool_)

    @property
    def rows(self) -> IntArray:
        """(n,) spreadsheet row numbers."""
        return self._block.first_row + np.arange(len(self.alive), dtype=np.int64)

    def has(self, column: str) -> bool:
        """Whether the table has the column."""
        return self._layout.has(column)

    def distinct(self, column: str) -> tuple[npt.NDArray[np.intp], TextArray]:
        """Codes (n,) into the distinct texts of a column."""
        return self._distinct_at(self._layout.positions[column])

    def _distinct_at(self, position: int) -> tuple[npt.NDArray[np.intp], TextArray]:
        if position not in self._factors:
            codes, texts = pd.factorize(self._block.cells[position])
            self._factors[position] = (codes, np.asarray(texts, dtype=object))
        return self._factors[position]

    def text(self, column: str, index: int) -> str:
        """One cell as the file has it."""
        return str(self._block.cells[self._layout.positions[column]][index])

    def where(self, column: str, test: Callable[[str], bool]) -> BoolArray:
        """(n,) where the text of a column passes a test."""
        return self._where_at(self._layout.positions[column], test)

    def _where_at(self, position: int, test: Callable[[str], bool]) -> BoolArray:
        codes, texts = self._distinct_at(position)
        passed = np.fromiter((test(text) for text in texts), dtype=np.bool_, count=len(texts))
        return passed[codes]

    def values(
        self, column: str, parser: Callable[[str], Any], *, dtype: type[np.generic]
    ) -> npt.NDArray[Any]:
        """(n,) parsed values; rows whose cell is refused die and hold 0."""
        codes, texts = self.distinct(column)
        parsed = np.zeros(len(texts), dtype=dtype)
        reasons: dict[int, str] = {}
        for code, text in enumerate(texts):
            try:
                parsed[code] = parser(text)
            except CellError as error:
                reasons[code] = str(error)
        if reasons:
            bad = np.isin(codes, list(reasons)) & self.alive
            for index in np.flatnonzero(bad):
                self._note(int(index), column, reasons[int(codes[index])])
            self.alive &= ~bad
        return parsed[codes]

    def refuse(self, bad: BoolArray, column: str, reason: Callable[[int], str], cause: str) -> None:
        """Let rows die for a reason that needs several cells."""
        bad = bad & self.alive
        for index in np.flatnonzero(bad):
            self._note(int(index), column, reason(int(index)), cause)
        self.alive &= ~bad

    def _note(self, index: int, column: str | None, reason: str, cause: str | None = None) -> None:
        self._book.add(
            self._source,
            reason,
            row=self._block.first_row + index,
            column=None if column is None else self._layout.spelling(column),
            value=None if column is None else self.text(column, index),
            cause=cause,
        )

    def pass_over_frame(self, identity: str) -> bool:
        """Pass over totals, blank lines and repeated headers, refuse rows of a wrong width.

        ``identity`` is the column that names the row's word. Returns True where another table
        begins: what follows belongs to other columns and was refused.
        """
        self.alive &= ~self._totals(identity)
        self.alive &= ~self._blank_lines()
        cut = self._headers(identity)
        odd = ~self._block.full & self.alive
        reason = told(
            f"这一行的单元格数与表头不符（应为 {self._layout.width} 格），可能文件被截断或被改动，"
            "请重新下载",
            f"not {self._layout.width} cells as in the header: cut or edited; download again",
        )
        for index in np.flatnonzero(odd):
            self._note(int(index), None, reason)
        self.alive &= ~odd
        self._refuse_damaged_names()
        return cut

    def _totals(self, identity: str) -> BoolArray:
        nameless = self.where(identity, lambda text: is_blank(text) or is_total(text))
        if not nameless.any():
            return nameless
        told_total = self._where_at(0, is_total)
        for column in self._layout.positions:
            if column == "date" or column.endswith(("_id", "_name")) or column == "word":
                told_total |= self.where(column, is_total)
        return nameless & told_total

    def _blank_lines(self) -> BoolArray:
        blank = self.alive.copy()
        for position in self._block.cells:
            if not blank.any():
                break
            blank &= self._where_at(position, lambda text: not text.strip() or text == "\x1e")
        return blank

    def _headers(self, identity: str) -> bool:
        heading = self.where(identity, is_column_name)
        if "date" in self._layout.positions:
            heading |= self.where("date", is_column_name)
        for index in np.flatnonzero(heading & self.alive):
            same = all(
                spelled(str(cells[index])) == spelled(self._layout.header[position])
                for position, cells in self._block.cells.items()
            )
            self._note(int(index), None, _REPEATED_HEADER if same else _OTHER_HEADER)
            self.alive[index] = False
            if not same:
                self.alive[index:] = False
                return True
        return False

    def _refuse_damaged_names(self) -> None:
        for column in self._layout.positions:
            if column.endswith("_name") or column in ("word", "kind"):
                damaged = self.where(column, lambda text: DAMAGED in text)
                self.refuse(damaged, column, lambda _: _DAMAGED_TEXT, _DAMAGED_TEXT)


_REPEATED_HEADER = told(
    "中间又出现一次表头，像是几份导出拼在一起；此行已跳过，请放入各份原始文件",
    "the header again: merged exports? skipped; better put the original files here",
)
_OTHER_HEADER = told(
    "从这一行起是另一张表，此行及以后未读取；请把两张表分成两个文件",
    "another table begins; nothing from here on was read: split the file in two",
)
_DAMAGED_TEXT = told("文字的字节已损坏，请重新下载", "damaged bytes; download the file again")
