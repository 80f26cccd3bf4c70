"""Bytes -> PartImage, or ImageRejected with a reason a person can act on.

Every photograph, in training and in serving, is decoded here, so both see the same
pixels. The file's content decides its format; its name and extension are never trusted.
Limits follow Pillow's security handbook (docs/handbook/security.rst): an allow-list of
formats, a byte cap before opening, a pixel cap before decoding.
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

SIDE = 300
"""Rows and columns of the model's input, pixels."""

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
EXTENSIONS = ("jpg", "jpeg", "png", "bmp", "tif", "tiff", "webp")
MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 25_000_000
MIN_SIDE = 64
"""A picture with a shorter side cannot show a defect; nothing is gained by enlarging it."""

_ORIENTATION = 0x0112
_SWAPPING_ORIENTATIONS = (5, 6, 7, 8)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PartImage:
    """A decoded photograph: upright, gray, at the model's size."""

    pixels: NDArray[np.uint8]
    """(300, 300) unless asked otherwise: the whole picture; borders fill what is not square."""
    width: int
    height: int
    """Size of the photograph as a person sees it, pixels."""
    format: str


def sha256_of(data: bytes) -> str:
    """The photograph's identity: hexadecimal sha256 of its bytes."""
    return hashlib.sha256(data).hexdigest()


def decode(data: bytes, side: int = SIDE) -> PartImage:
    """Decode one photograph; raises ImageRejected and nothing else.

    Another ``side`` than the model's gives the same view with more or fewer pixels, for people.
    """
    if not data:
        raise ImageRejected("The file is empty. Copy it again from the camera.")
    if len(data) > MAX_BYTES:
        raise ImageRejected(
            f"The file has {len(data) / 1e6:.1f} MB; the limit is {MAX_BYTES / 1e6:.1f} MB. "
            "Save it smaller or as JPEG."
        )
    try:
        return _decode(data, side)
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
        log.info("undecodable photograph: %s: %s", type(error).__name__, error)
        raise ImageRejected(
            "The file is damaged or incomplete. Copy it again from the camera."
        ) from error


def _too_large() -> str:
    return f"The picture has more than {MAX_PIXELS // 1_000_000} megapixels. Save it smaller."


def _decode(data: bytes, side: int) -> PartImage:
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
        if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
            raise ImageRejected("The file holds several pictures. Save the part's one alone.")
        file_format = "JPEG" if image.format == "MPO" else str(image.format)
        orientation = image.getexif().get(_ORIENTATION, 1)
        # JPEG can be decoded straight to gray and, when large, at a fraction of its size.
        image.draft("L", (side, side))
        gray = _upright(_gray(image), orientation)
    if orientation in _SWAPPING_ORIENTATIONS:
        width, height = height, width
    return PartImage(np.asarray(squared(gray, side), dtype=np.uint8), width, height, file_format)


def _upright(gray: Image.Image, orientation: int) -> Image.Image:
    if orientation in range(2, 9):
        gray.getexif()[_ORIENTATION] = orientation
        return ImageOps.exif_transpose(gray)
    return gray


def _gray(image: Image.Image) -> Image.Image:
    if image.mode == "L":
        image.load()
        return image.copy()
    if image.mode.startswith("I;16"):
        sixteen = np.asarray(image, dtype=np.uint16)
        return Image.fromarray((sixteen >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ImageRejected("The picture has 32 bits a pixel. Save it with 8 or 16 bits.")
    if image.has_transparency_data:
        opaque = Image.new("RGBA", image.size, "white")
        opaque.alpha_composite(image.convert("RGBA"))
        return opaque.convert("L")
    return image.convert("L")


def squared(gray: Image.Image, side: int = SIDE) -> Image.Image:
    """The whole picture at side x side; what is not square is filled with its border's gray."""
    width, height = gray.size
    if width == height == side:
        return gray
    scale = side / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = gray.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
    if size == (side, side):
        return resized
    pixels = np.asarray(resized)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    canvas = Image.new("L", (side, side), int(np.median(border)))
    canvas.paste(resized, ((side - size[0]) // 2, (side - size[1]) // 2))
    return canvas
