"""PGM and PPM files in binary, as industrial cameras write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_HEADER = re.compile(
    rb"P([56])" + rb"(?:\s|#[^\n]*\n)+(\d{1,9})" * 3 + rb"(?:[ \t]*#[^\n]*\n|\s)", re.DOTALL
)
_LONGEST_HEADER = 4_096


@dataclass(frozen=True, slots=True)
class Netpbm:
    """The header of a PGM or PPM."""

    width: int
    height: int
    highest: int
    """The value that stands for white."""
    colours: int
    start: int
    """Place of the first value."""

    @property
    def size(self) -> int:
        """Bytes of all values."""
        wide = 2 if self.highest > 255 else 1
        return self.width * self.height * self.colours * wide


def netpbm_header(data: bytes) -> Netpbm | None:
    """The header, or None for another kind of file."""
    found = _HEADER.match(data[:_LONGEST_HEADER])
    if found is None:
        return None
    kind, width, height, highest = (int(number) for number in found.groups())
    if not 0 < highest < 65_536:
        return None
    return Netpbm(width, height, highest, 1 if kind == 5 else 3, found.end())


def netpbm_values(data: bytes, header: Netpbm) -> NDArray[np.uint8 | np.uint16]:
    """The values as (rows, columns, colours); ``data`` must hold all of them."""
    kind: str = ">u2" if header.highest > 255 else "u1"
    values = np.frombuffer(
        data, kind, header.width * header.height * header.colours, offset=header.start
    )
    return values.reshape(header.height, header.width, header.colours)
