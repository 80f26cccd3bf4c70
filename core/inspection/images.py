"""Bytes -> Picture, or ImageRejected with a reason a person can act on.

Every photograph, in training and in serving, is decoded here, so both see the same
pixels. The file's content decides its format; its name and extension are never trusted.
Limits follow Pillow's security handbook (docs/handbook/security.rst): an allow-list of
formats, a byte cap before opening, a pixel cap before decoding; and what a file's container
demands is counted before that (``core.inspection.containers``).
"""

from __future__ import annotations

import hashlib
import io
import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import ImageRejected
from core.inspection.containers import check_container, check_scans, scans

SHORTER_SIDE = 1200
"""Least pixels that a photograph's shorter side keeps when it is decoded at a fraction of its
size: a part that fills a quarter of it still has the 300 of the model's input."""

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
EXTENSIONS = ("jpg", "jpeg", "png", "bmp", "tif", "tiff", "webp")
MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 25_000_000
MIN_SIDE = 64
"""A picture with a shorter side cannot show a defect; nothing is gained by enlarging it."""

MAX_MEMORY = 140_000_000
"""Bytes that decoding one photograph may take, by what its format is known to need."""

_AT_ONCE = 1_000_000
"""Pixels of which the gray is made at a time."""
_ORIENTATION = 0x0112
_SWAPPING_ORIENTATIONS = (5, 6, 7, 8)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded photograph: upright and gray."""

    gray: NDArray[np.uint8]
    """(rows, columns): the photograph, or a whole fraction of a large one."""
    width: int
    height: int
    """Size of the photograph as a person sees it, pixels."""
    format: str


def sha256_of(data: bytes) -> str:
    """The photograph's identity: hexadecimal sha256 of its bytes."""
    return hashlib.sha256(data).hexdigest()


def decode(data: bytes, shorter_side: int = SHORTER_SIDE) -> Picture:
    """Decode one photograph; raises ImageRejected and nothing else.

    A large JPEG is decoded at a fraction of its size that keeps ``shorter_side`` pixels.
    """
    if not data:
        raise ImageRejected("The file is empty. Copy it again from the camera.")
    if len(data) > MAX_BYTES:
        raise ImageRejected(
            f"The file has {len(data) / 1e6:.1f} MB; the limit is {MAX_BYTES / 1e6:.1f} MB. "
            "Save it smaller or as JPEG."
        )
    try:
        check_container(data)
        return _decode(data, shorter_side)
    except ImageRejected:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageRejected(_too_large()) from error
    except UnidentifiedImageError as error:
        raise ImageRejected(
            "This is not a photograph in a known format. Use JPEG, PNG, BMP, TIFF or WebP."
        ) from error
    except MemoryError as error:
        raise ImageRejected("The picture needs too much memory. Save it smaller.") from error
    except Exception as error:  # Pillow's decoders raise many types on damaged files
        log.debug("undecodable photograph: %s: %s", type(error).__name__, error)
        raise ImageRejected(
            "The file is damaged or incomplete. Copy it again from the camera."
        ) from error


def _too_large() -> str:
    return f"The picture has more than {MAX_PIXELS // 1_000_000} megapixels. Save it smaller."


def _decode(data: bytes, shorter_side: int) -> Picture:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise ImageRejected(_too_large())
        if min(width, height) < MIN_SIDE:
            raise ImageRejected(
                f"The picture is {width} x {height} pixels; a part needs at least "
                f"{MIN_SIDE} x {MIN_SIDE}."
            )
        # A phone's MPO is a JPEG whose further pictures are previews; elsewhere several
        # pictures mean that nobody can tell which one is the part.
        # Not asked for their number: a TIFF's would have to be counted one by one.
        if image.format != "MPO" and getattr(image, "is_animated", False):
            raise ImageRejected("The file holds several pictures. Save the part's one alone.")
        file_format = "JPEG" if image.format == "MPO" else str(image.format)
        if file_format == "JPEG":
            check_scans(data, width * height)
        if _bytes_needed(image, file_format, data) > MAX_MEMORY:
            raise ImageRejected(
                "The picture needs too much memory in this format. Save it as an ordinary JPEG, "
                "or smaller."
            )
        orientation = image.getexif().get(_ORIENTATION, 1)
        # JPEG can be decoded straight to gray and, when large, at a fraction of its size.
        image.draft("L", (shorter_side, shorter_side))
        gray = _upright(_gray(image), orientation)
    if orientation in _SWAPPING_ORIENTATIONS:
        width, height = height, width
    return Picture(np.asarray(gray, dtype=np.uint8), width, height, file_format)


def _upright(gray: Image.Image, orientation: int) -> Image.Image:
    if orientation in range(2, 9):
        gray.getexif()[_ORIENTATION] = orientation
        return ImageOps.exif_transpose(gray)
    return gray


def _bytes_needed(image: Image.Image, file_format: str, data: bytes) -> int:
    """Bytes that decoding takes: the pixels, as often as the format's decoder holds them."""
    pixels = image.width * image.height
    if file_format == "JPEG":
        # In one pass it is reduced while it is read; in several all coefficients are kept.
        return pixels * (2 * len(image.getbands()) if scans(data) > 1 else 1)
    if file_format == "WEBP":
        return pixels * 16  # two canvases in the decoder, its result, and the picture
    stored = 1 if image.mode in ("1", "L", "P") else 2 if image.mode.startswith("I;16") else 4
    # A TIFF may be packed as one strip, which is unpacked beside the picture.
    return pixels * ((2 * stored if file_format == "TIFF" else stored) + 1)


def _gray(image: Image.Image) -> Image.Image:
    """The picture in gray, made of some rows at a time: all at once takes four times as much."""
    if image.mode in ("I", "F"):
        raise ImageRejected("The picture has 32 bits a pixel. Save it with 8 or 16 bits.")
    image.load()
    if image.mode == "L":
        return image.copy()
    rows = max(1, _AT_ONCE // image.width)
    if image.height <= rows:
        return _gray_of(image)
    gray = Image.new("L", image.size)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(image.height, top + rows)))
        gray.paste(_gray_of(strip), (0, top))
    return gray


def _gray_of(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        sixteen = np.asarray(image, dtype=np.uint16)
        return Image.fromarray((sixteen >> 8).astype(np.uint8))
    if image.has_transparency_data:
        opaque = Image.new("RGBA", image.size, "white")
        opaque.alpha_composite(image.convert("RGBA"))
        return opaque.convert("L")
    return image.convert("L")
