"""The gray levels of an opened photograph: the same ones in whatever container it comes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, TiffImagePlugin

from core.errors import ImageRejected
from core.inspection.formats.bit_depth import sixteen_bit_depth
from core.inspection.formats.netpbm import Netpbm, netpbm_values
from core.inspection.formats.tiff_planes import gray_of_planes, has_16_bit_planes
from core.inspection.formats.tiff_tags import PHOTOMETRIC, WHITE_IS_ZERO, first_directory

AT_ONCE = 1_000_000
"""Pixels of which the gray is made at a time; all at once takes four times as much memory."""

_BITS = 258
_PNG_BITS = 24
_HIGHEST_OF_14_BITS = 63
"""Of the upper 8 of 16 bits."""
_LUMA = np.array([19_595, 38_470, 7_471], dtype=np.uint32)
"""Rec. 601's weights of red, green and blue in 65536ths, as Pillow has them."""


def gray_of(image: Image.Image, data: bytes) -> NDArray[np.uint8]:
    """The picture in gray, as (rows, columns); raises ImageRejected where that has no meaning.

    ``data`` is its file, before anything of it was changed for Pillow.
    16-bit values are reduced by the camera's depth (``core.inspection.formats.bit_depth``),
    floating point from 0 to 1, to 255 or to 65535 by its range, and alpha that hides everything
    or nothing is not looked at; other alpha lies on white.
    """
    if image.mode == "I":
        raise ImageRejected(
            "The picture has 32 bits a pixel or signed values. Save it with 8 or 16 bits."
        )
    if isinstance(image, TiffImagePlugin.TiffImageFile) and has_16_bit_planes(image):
        return gray_of_planes(image, data)
    image.load()
    if image.mode == "L":
        return np.array(image, dtype=np.uint8)
    if image.mode.startswith("I;16"):
        return _gray_of_16(image, data)
    if image.mode == "F":
        return _gray_of_float(image, data)
    gray = _gray_of_colours(image)
    if _has_16_bits(image, data) and gray.max() <= _HIGHEST_OF_14_BITS:
        raise ImageRejected(
            "The colours have 16 bits, of which the camera used fewer. Save it in gray or with "
            "8 bits."
        )
    return gray


def gray_of_netpbm(data: bytes, header: Netpbm) -> NDArray[np.uint8]:
    """A PGM's or PPM's gray levels, by the value that its header names as white."""
    gray = np.empty((header.height, header.width), dtype=np.uint8)
    values = netpbm_values(data, header)
    white = header.highest
    # A whole number of bits is reduced as in every other container.
    surplus = white.bit_length() - 8 if white > 255 and not white & (white + 1) else 0
    rows = max(1, AT_ONCE // header.width)
    for top in range(0, header.height, rows):
        part = np.minimum(values[top : top + rows].astype(np.uint32), white)
        eight = part >> surplus if surplus else (part * 255 + white // 2) // white
        level = (eight @ _LUMA + 0x8000) >> 16 if header.colours == 3 else eight[:, :, 0]
        gray[top : top + rows] = level
    return gray


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    rows = max(1, AT_ONCE // image.width)
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(image.height, top + rows)))


def _white_is_zero(data: bytes) -> bool:
    return first_directory(data).get(PHOTOMETRIC) == WHITE_IS_ZERO


def _gray_of_16(image: Image.Image, data: bytes) -> NDArray[np.uint8]:
    highest, used = 0, 0
    for _, strip in _strips(image):
        values = np.asarray(strip, dtype=np.uint16)
        highest = max(highest, int(values.max()))
        used |= int(np.bitwise_or.reduce(values, axis=None))
    depth = sixteen_bit_depth(image, data, highest, used)
    turned = _white_is_zero(data)
    gray = np.empty((image.height, image.width), dtype=np.uint8)
    for top, strip in _strips(image):
        values = np.minimum(np.asarray(strip, dtype=np.uint16) >> (depth - 8), 255)
        gray[top : top + strip.height] = 255 - values if turned else values
    return gray


def _gray_of_float(image: Image.Image, data: bytes) -> NDArray[np.uint8]:
    lowest, highest = 0.0, 0.0
    for _, strip in _strips(image):
        values = np.asarray(strip, dtype=np.float32)
        lowest, highest = min(lowest, float(values.min())), max(highest, float(values.max()))
        if not np.isfinite(values).all():
            highest = np.inf
    white = next((white for white in (1.0, 255.0, 65_535.0) if highest <= white), None)
    if white is None or lowest < 0:
        raise ImageRejected(
            "The picture's numbers do not lie between 0 and 1, 255 or 65535. Save it with 8 or "
            "16 bits."
        )
    turned = _white_is_zero(data)
    gray = np.empty((image.height, image.width), dtype=np.uint8)
    for top, strip in _strips(image):
        values = np.asarray(strip, dtype=np.float32) / np.float32(white)
        values = 1 - values if turned else values
        gray[top : top + strip.height] = np.rint(values * 255)
    return gray


def _gray_of_colours(image: Image.Image) -> NDArray[np.uint8]:
    seen_through = image.has_transparency_data and _some_alpha(image)
    gray = np.empty((image.height, image.width), dtype=np.uint8)
    to_srgb = _lab_to_srgb() if image.mode == "LAB" else None
    for top, strip in _strips(image):
        if seen_through:
            opaque = Image.new("RGBA", strip.size, "white")
            opaque.alpha_composite(strip.convert("RGBA"))
            strip = opaque
        elif to_srgb is not None:
            strip = ImageCms.applyTransform(strip, to_srgb) or strip
        elif image.has_transparency_data:
            strip = _without_alpha(strip)
        gray[top : top + strip.height] = np.asarray(strip.convert("L"), dtype=np.uint8)
    return gray


def _some_alpha(image: Image.Image) -> bool:
    """True where alpha hides something, but not everything."""
    lowest, highest = 255, 0
    for _, strip in _strips(image):
        alpha = np.asarray(strip.convert("RGBA").getchannel("A"))
        lowest, highest = min(lowest, int(alpha.min())), max(highest, int(alpha.max()))
    return lowest < 255 and highest > 0


def _without_alpha(strip: Image.Image) -> Image.Image:
    if strip.mode == "RGBa":
        # Nothing of a colour that alpha was multiplied into is left where it is 0.
        return strip.convert("RGBA").convert("RGB")
    if strip.mode in ("LA", "La"):
        return strip.getchannel("L")
    return strip.convert("RGBA").convert("RGB")


def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB")


def _has_16_bits(image: Image.Image, data: bytes) -> bool:
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        bits = image.tag_v2.get(_BITS, (8,))
        return bool(bits) and bits[0] == 16
    return image.format == "PNG" and data[_PNG_BITS : _PNG_BITS + 1] == b"\x10"
