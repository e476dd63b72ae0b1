"""Texts as small integers, so that a million rows of ids and names fit in little memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

CodeArray = npt.NDArray[np.int32]


class Strings:
    """Every distinct text of an import once; code 0 is the empty text."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {"": 0}
        self._texts: list[str] = [""]

    def code(self, text: str) -> int:
        """The number of a text; a new text gets the next one."""
        code = self._codes.setdefault(text, len(self._texts))
        if code == len(self._texts):
            self._texts.append(text)
        return code

    def text(self, code: int) -> str:
        """The text of a number."""
        return self._texts[code]

    def in_order(self) -> tuple[list[str], CodeArray]:
        """The texts sorted, and the place of every code among them.

        Codes depend on the order in which files were read; places do not. The empty text is 0.
        """
        order = sorted(range(len(self._texts)), key=self._texts.__getitem__)
        places = np.empty(len(order), dtype=np.int32)
        places[order] = np.arange(len(order), dtype=np.int32)
        return [self._texts[code] for code in order], places
