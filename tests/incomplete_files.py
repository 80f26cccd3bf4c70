"""Photographs in every container, and what a broken copy or transfer makes of each file.

Every way of damage lies within the picture's data, so that none of the files shows all of it.
"""

from __future__ import annotations

import io
import random
import re
import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import Image

from tests.bad_files import chunk, encoded

CONTAINERS: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG": lambda part: encoded(part, "JPEG"),
    "JPEG, colour": lambda part: encoded(part.convert("RGB"), "JPEG", quality=90),
    "JPEG, progressive": lambda part: encoded(part.convert("RGB"), "JPEG", progressive=True),
    "JPEG, restarts": lambda part: encoded(part, "JPEG", restart_marker_rows=1),
    "PNG": lambda part: encoded(part, "PNG", compress_level=1),
    "BMP": lambda part: encoded(part, "BMP"),
    "TIFF": lambda part: encoded(part, "TIFF"),
    "TIFF, LZW": lambda part: encoded(part, "TIFF", compression="tiff_lzw", strip_size=9_000),
    "TIFF, Deflate": lambda part: encoded(part, "TIFF", compression="tiff_adobe_deflate"),
    "TIFF, PackBits": lambda part: encoded(part, "TIFF", compression="packbits"),
    "TIFF, JPEG": lambda part: encoded(part, "TIFF", compression="jpeg", strip_size=9_600),
    "WebP": lambda part: encoded(part, "WEBP"),
    "WebP, lossless": lambda part: encoded(part, "WEBP", lossless=True, method=0),
    "HEIC": lambda part: encoded(part, "HEIF"),
    "JPEG 2000": lambda part: encoded(part, "JPEG2000"),
    "JPEG 2000 codestream": lambda part: encoded(part, "JPEG2000", no_jp2=True),
    "PGM": lambda part: encoded(part, "PPM"),
    "PPM": lambda part: encoded(part.convert("RGB"), "PPM"),
}
"""Name -> how a photograph is saved in it."""

RAW = ("BMP", "TIFF", "PGM", "PPM")
"""Containers of bare levels: zeros in them are black."""
LEAST_ZEROED_ROWS = 0.03
"""Share of a picture of bare levels that is missing where zeros stand for it."""
LEAST_ZEROED_BYTES = 64
"""Zeros that stand for missing data of a codec; some end in a few of their own."""
_PIXELS_BEGIN = {
    "JPEG": b"\xff\xda",
    "PNG": b"IDAT",
    "WebP": b"VP8",
    "HEIC": b"mdat",
    "JPEG 2000": b"\xff\x93",
}


def damaged(name: str, data: bytes, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Way of damage -> a file of this container with it, at a place drawn by chance."""
    yield "cut", data[: chance.randrange(1, _end(name, data))]
    yield "zeros", zeroed(name, data, chance)
    if (closed := _closed(name, data, chance)) is not None:
        yield "cut and closed", closed
    if name == "JPEG, progressive":
        yield "scan lost", without_a_scan(data, chance)
    if name == "JPEG, restarts":
        yield "restarts lost", without_restarts(data, chance)


def zeroed(name: str, data: bytes, chance: random.Random) -> bytes:
    """The file with zeros from a place within the picture to its end."""
    if name.startswith("TIFF"):
        start, end = _strips(data)
    else:
        start, end = _begin(name, data), _end(name, data)
        end += 0 if name.startswith(("JPEG", "PNG")) else 1
    least = (end - start) * LEAST_ZEROED_ROWS if name in RAW else LEAST_ZEROED_BYTES
    # With nothing written at all it is a picture of a single level, which is no broken copy.
    place = chance.randrange(start + 16, end - int(least))
    # What lies behind the pixels, such as an end marker, is there.
    return data[:place] + bytes(end - place) + data[end:]


def without_a_scan(data: bytes, chance: random.Random) -> bytes:
    """A progressive JPEG that lacks one or more of its last scans, or one between them."""
    scans = [found.start() for found in re.finditer(b"\xff\xda", data)] + [len(data) - 2]
    lost = chance.randrange(1, len(scans) - 1)
    until = chance.choice((lost + 1, len(scans) - 1))
    return data[: scans[lost]] + data[scans[until] :]


def without_restarts(data: bytes, chance: random.Random) -> bytes:
    """A JPEG that lacks what lies between two of its restart markers."""
    marks = [found.start() for found in re.finditer(b"\xff[\xd0-\xd7]", data)]
    first = chance.randrange(len(marks) - 1)
    last = chance.randrange(first + 1, min(len(marks), first + 8))
    return data[: marks[first]] + data[marks[last] :]


def _begin(name: str, data: bytes) -> int:
    kind = name.removesuffix(" codestream").partition(",")[0]
    if kind in _PIXELS_BEGIN:
        return data.index(_PIXELS_BEGIN[kind]) + 12
    return 60


def _end(name: str, data: bytes) -> int:
    if name.startswith("JPEG"):
        return len(data) - 2
    # The checksums of a PNG's pixels, and its last chunk, are none of the picture.
    return len(data) - 20 if name == "PNG" else len(data) - 1


def _strips(data: bytes) -> tuple[int, int]:
    """Where a TIFF's pixels begin and end."""
    with Image.open(io.BytesIO(data)) as image:
        tags = image.tag_v2  # type: ignore[attr-defined]
        return tags[273][0], tags[273][-1] + tags[279][-1]


def _closed(name: str, data: bytes, chance: random.Random) -> bytes | None:
    place = chance.randrange(_begin(name, data), _end(name, data))
    if name.startswith("JPEG"):
        return data[:place].rstrip(b"\xff") + b"\xff\xd9"
    if name == "PNG":
        return _closed_png(data, chance)
    if name.startswith("WebP"):
        # Less than a whole word more than the last one's end is nothing that the decoder misses.
        place = chance.randrange(_begin(name, data), len(data) - LEAST_ZEROED_BYTES) & ~1
        cut = bytearray(data[:place])
        struct.pack_into("<L", cut, 4, place - 8)
        struct.pack_into("<L", cut, data.index(b"VP8") + 4, place - data.index(b"VP8") - 8)
        return bytes(cut)
    return None


def _closed_png(data: bytes, chance: random.Random) -> bytes:
    """Half of the time cut within the packed rows, else with too few rows packed well."""
    start = data.index(b"IDAT")
    (size,) = struct.unpack_from(">L", data, start - 4)
    packed = data[start + 4 : start + 4 + size]
    if chance.random() < 0.5:
        packed = packed[: chance.randrange(1, len(packed) - 8)]
    else:
        rows = zlib.decompress(packed)
        packed = zlib.compress(rows[: chance.randrange(1, len(rows) - 1)])
    return data[: start - 4] + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
