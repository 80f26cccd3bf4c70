"""Whether all of a photograph is there. Decoders fill in what is missing, and say nothing.

Each container is asked in its own way: a JPEG for libjpeg's warnings and its scans, a PNG for
the length of its rows, a TIFF for its strips, a HEIC for the slices of its picture, a WebP for
zeros at its end. What no container can tell, a picture's last rows do (``filled_from_below``).
"""

from __future__ import annotations

import struct
import zlib
from math import ceil

from PIL import Image, TiffImagePlugin

from core.errors import ImageRejected
from core.inspection.formats.containers import PNG_START
from core.inspection.formats.heic import heic_is_whole
from core.inspection.formats.jpeg import START, JpegLayout, jpeg_is_whole, jpeg_layout
from core.inspection.formats.netpbm import Netpbm

INCOMPLETE = "The file is incomplete. Copy it again from the camera."

ZEROS = 16
"""As many zeros at the end of compressed data are missing data: a codec ends with fewer."""

_JPEG_2000_END = b"\xff\xd9"
_EMPTY_PACKETS = 60
"""A packet of nothing is a zero, and a flat picture ends in some."""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""PNG's colour type -> values a pixel."""
_INTERLACED = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
_INTERLACED_LAST = (0, 1, 1, 2)
_INFLATED_AT_ONCE = 1 << 20

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SAMPLES = 256, 257, 258, 259, 277
_STRIPS, _STRIP_SIZES, _ROWS, _PLANAR = 273, 279, 278, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_SIZES, _JPEG_TABLES = 322, 323, 324, 325, 347
_UNCOMPRESSED, _JPEG = 1, 7
_SEPARATE = 2


def check_complete(image: Image.Image, data: bytes, layout: JpegLayout | None) -> None:
    """Raise ImageRejected where the opened photograph's file lacks data of its pixels.

    ``layout`` is a JPEG's, else None.
    """
    if layout is not None:
        whole = layout.ended and layout.every_scan and jpeg_is_whole(data)
    elif image.format == "PNG":
        whole = _png_is_whole(data)
    elif isinstance(image, TiffImagePlugin.TiffImageFile):
        whole = _tiff_is_whole(image.tag_v2, data)
    elif image.format == "HEIF":
        whole = heic_is_whole(data)
    elif image.format == "JPEG2000":
        whole = not data.removesuffix(_JPEG_2000_END).endswith(bytes(_EMPTY_PACKETS))
    elif image.format == "WEBP":
        blocks = image.width * image.height // 256
        whole = zeros_at_webp_end(data) <= ZEROS + blocks // 8
    else:
        whole = True
    if not whole:
        raise ImageRejected(INCOMPLETE)


def check_netpbm_complete(data: bytes, header: Netpbm) -> None:
    """Raise ImageRejected where a PGM or PPM has fewer values than it says."""
    if len(data) < header.start + header.size:
        raise ImageRejected(INCOMPLETE)


def zeros_at_webp_end(data: bytes) -> int:
    """Zeros that a WebP's picture ends in.

    One of a single level has some of its own: up to one for 8 of its blocks of 16 x 16.
    """
    place = 12
    while place + 8 <= len(data):
        kind, size = struct.unpack_from("<4sL", data, place)
        if kind in (b"VP8 ", b"VP8L"):
            payload = data[place + 8 : place + 8 + size]
            return len(payload) - len(payload.rstrip(b"\0"))
        place += 8 + size + size % 2
    return 0


def _png_is_whole(data: bytes) -> bool:
    if len(data) < 29:
        return False
    width, height, bits, colours, _, _, interlaced = struct.unpack_from(">LLBBBBB", data, 16)
    pixel = bits * _CHANNELS.get(colours, 1)
    missing = 0
    for left, top, across, down in (
        (*_INTERLACED, _INTERLACED_LAST) if interlaced else ((0, 0, 1, 1),)
    ):
        columns, rows = ceil((width - left) / across), ceil((height - top) / down)
        if columns > 0 and rows > 0:
            missing += rows * (1 + ceil(columns * pixel / 8))
    inflater = zlib.decompressobj()
    place = len(PNG_START)
    try:
        while missing > 0 and place + 8 <= len(data) and not inflater.eof:
            size, kind = struct.unpack_from(">L4s", data, place)
            packed = data[place + 8 : place + 8 + size] if kind == b"IDAT" else b""
            if packed and data[place + 8 + size : place + 12 + size] != _checksum(kind, packed):
                return False
            while missing > 0 and packed:
                missing -= len(inflater.decompress(packed, _INFLATED_AT_ONCE))
                packed = inflater.unconsumed_tail
            place += 12 + size
        while missing > 0 and (rest := inflater.decompress(b"", _INFLATED_AT_ONCE)):
            missing -= len(rest)
    except zlib.error:
        return False
    return missing <= 0


def _checksum(kind: bytes, packed: bytes) -> bytes:
    return zlib.crc32(packed, zlib.crc32(kind)).to_bytes(4)


def _tiff_is_whole(tags: TiffImagePlugin.ImageFileDirectory_v2, data: bytes) -> bool:
    width, height = int(tags[_WIDTH]), int(tags[_HEIGHT])
    samples = int(tags.get(_SAMPLES, 1))
    bits = sum(tags.get(_BITS, (1,) * samples))
    planes = samples if tags.get(_PLANAR) == _SEPARATE else 1
    if _TILES in tags:
        across, down = int(tags[_TILE_WIDTH]), int(tags[_TILE_HEIGHT])
        pieces = ceil(width / across) * ceil(height / down)
        places, sizes = tags[_TILES], tags.get(_TILE_SIZES, ())
    else:
        across, down = width, min(int(tags.get(_ROWS, height)) or height, height)
        pieces = ceil(height / down)
        places, sizes = tags.get(_STRIPS, ()), tags.get(_STRIP_SIZES, ())
    if len(places) < pieces * planes or len(sizes) not in (0, len(places)):
        return False
    compression = tags.get(_COMPRESSION, _UNCOMPRESSED)
    for number in range(pieces * planes):
        rows = down
        if _TILES not in tags:
            rows = min(down, height - number % pieces * down)
        needed = ceil(across * bits / planes / 8) * rows if compression == _UNCOMPRESSED else 1
        size = sizes[number] if sizes else needed
        if not places[number] or size < needed or places[number] + size > len(data):
            return False
        if compression != _UNCOMPRESSED and not _piece_is_whole(
            data[places[number] : places[number] + size], compression, tags
        ):
            return False
    return True


def _piece_is_whole(
    piece: bytes, compression: int, tags: TiffImagePlugin.ImageFileDirectory_v2
) -> bool:
    if compression != _JPEG:
        return not piece.endswith(bytes(ZEROS))
    tables = bytes(tags.get(_JPEG_TABLES, b""))
    if not piece.startswith(START):
        return False
    picture = tables[:-2] + piece[2:] if tables else piece
    return jpeg_layout(picture).ended and jpeg_is_whole(picture)
