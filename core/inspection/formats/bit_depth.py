"""How many bits of a 16-bit value a camera has used, and the 8 most significant of them.

Where the file says so (BitsPerSample, MaxSampleValue, sBIT) that holds. Where nothing says so
it is the smallest of 10, 12, 14 and 16 bits that holds the picture's highest value: a 16-bit
picture that is darker than a sixteenth of white everywhere is therefore taken for one of 12.
"""

from __future__ import annotations

import struct

from PIL import Image, TiffImagePlugin

DEPTHS = (10, 12, 14, 16)
_BITS, _HIGHEST = 258, 281
_PNG_FIRST_CHUNK = 8
_CHUNKS_LOOKED_AT = 100
_SCALED_TO_16 = ("JPEG2000",)
"""Formats whose decoder spreads any depth over all 16 bits."""


def sixteen_bit_depth(image: Image.Image, data: bytes, highest: int, used: int) -> int:
    """Bits that a 16-bit picture uses.

    ``highest`` is its highest value, ``used`` has every bit that any of its values has.
    """
    if image.format in _SCALED_TO_16:
        return 16
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        bits = _first(image.tag_v2.get(_BITS, 16))
        if bits < 16:
            return bits
        highest = max(highest, min(_first(image.tag_v2.get(_HIGHEST, 0)), 65_535))
    elif image.format == "PNG":
        declared = significant_bits(data)
        if declared is not None:
            # By the standard such values fill the upper bits; many cameras' fill the lower.
            lower = used & ((1 << (16 - declared)) - 1)
            return declared if highest < 1 << declared and (lower or not highest) else 16
    return smallest_depth(highest)


def smallest_depth(highest: int) -> int:
    """The smallest usual depth that holds the value."""
    return next((depth for depth in DEPTHS if highest < 1 << depth), 16)


def significant_bits(png: bytes) -> int | None:
    """What a PNG's sBIT says of its first channel, or None where it has none."""
    place = _PNG_FIRST_CHUNK
    for _ in range(_CHUNKS_LOOKED_AT):
        kind = png[place + 4 : place + 8]
        if kind == b"sBIT" and len(png) > place + 8:
            return png[place + 8] if 8 <= png[place + 8] <= 16 else None
        if kind in (b"IDAT", b""):
            return None
        (size,) = struct.unpack(">L", png[place : place + 4])
        place += 12 + size
    return None


def _first(value: object) -> int:
    number = value[0] if isinstance(value, tuple) and value else value
    return int(number) if isinstance(number, int | float) else 0
