"""16-bit colours of an uncompressed TIFF with a plane for each, which Pillow takes for 8 bits."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PIL import TiffImagePlugin

from core.inspection.formats.bit_depth import smallest_depth

_BITS, _COMPRESSION, _SAMPLES, _PLANAR = 258, 259, 277, 284
_STRIPS, _ROWS, _TILE_WIDTH, _TILE_HEIGHT, _TILES = 273, 278, 322, 323, 324
_UNCOMPRESSED, _SEPARATE = 1, 2
_COLOURS = 3
_WHITE = 65_535


def has_16_bit_planes(image: TiffImagePlugin.TiffImageFile) -> bool:
    """True for an opened TIFF of the kind that is read here."""
    tags = image.tag_v2
    return bool(
        tags.get(_COMPRESSION, _UNCOMPRESSED) == _UNCOMPRESSED
        and tags.get(_PLANAR) == _SEPARATE
        and tags.get(_SAMPLES, 1) in (_COLOURS, _COLOURS + 1)
        and tags.get(_BITS, (8,))[0] == 16
    )


def gray_of_planes(image: TiffImagePlugin.TiffImageFile, data: bytes) -> NDArray[np.uint8]:
    """Gray levels, as stored; alpha that hides something, but not all, lies on white."""
    pieces = list(_pieces(image))
    order = "<u2" if data.startswith(b"II") else ">u2"
    highest, alphas = 0, (_WHITE, 0)
    for piece in pieces:
        values = _values(data, piece, order)
        highest = max(highest, *(int(plane.max()) for plane in values[:_COLOURS]))
        for plane in values[_COLOURS:]:
            alphas = min(alphas[0], int(plane.min())), max(alphas[1], int(plane.max()))
    surplus = smallest_depth(highest) - 8
    gray = np.empty((image.height, image.width), dtype=np.uint8)
    for piece in pieces:
        values = _values(data, piece, order)
        red, green, blue = (plane.astype(np.uint32) >> surplus for plane in values[:_COLOURS])
        level = (red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16
        if alphas[0] < _WHITE and alphas[1] > 0 and len(values) > _COLOURS:
            share = values[_COLOURS] / _WHITE
            level = np.rint(level * share + 255 * (1 - share)).astype(np.uint32)
        top, left = piece[0], piece[1]
        shown = gray[top : top + level.shape[0], left : left + level.shape[1]]
        shown[:] = level[: shown.shape[0], : shown.shape[1]]
    return gray


def _pieces(
    image: TiffImagePlugin.TiffImageFile,
) -> Iterator[tuple[int, int, int, int, list[int]]]:
    """Top, left, rows and columns of each strip or tile, and the place of each of its planes."""
    tags = image.tag_v2
    tiled = _TILES in tags
    rows = tags[_TILE_HEIGHT] if tiled else min(tags.get(_ROWS, image.height), image.height)
    columns = tags[_TILE_WIDTH] if tiled else image.width
    places = tags[_TILES] if tiled else tags[_STRIPS]
    across, down = ceil(image.width / columns), ceil(image.height / rows)
    for number in range(across * down):
        top, left = number // across * rows, number % across * columns
        shown = rows if tiled else min(rows, image.height - top)
        planes = list(places[number :: across * down])
        yield top, left, shown, columns, planes[: tags[_SAMPLES]]


def _values(
    data: bytes, piece: tuple[int, int, int, int, list[int]], order: str
) -> list[NDArray[np.uint16]]:
    _, _, rows, columns, places = piece
    return [
        np.frombuffer(data, order, rows * columns, offset=place).reshape(rows, columns)
        for place in places
    ]
