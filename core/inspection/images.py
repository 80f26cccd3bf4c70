"""Bytes -> Picture, or ImageRejected with a reason a person can act on.

Every photograph, in training and in serving, is decoded here, so both see the same
pixels. The file's content decides its format; its name and extension are never trusted.
Limits follow Pillow's security handbook (docs/handbook/security.rst): an allow-list of
formats, a byte cap before opening, a pixel cap before decoding; and what a file's container
demands is counted before that (``core.inspection.formats.containers``). A photograph that is not
complete is never a picture (``core.inspection.formats.completeness``).
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from core.errors import ImageRejected
from core.inspection.formats.completeness import (
    INCOMPLETE,
    ZEROS,
    check_complete,
    check_netpbm_complete,
    zeros_at_webp_end,
)
from core.inspection.formats.containers import DAMAGED, check_container, check_scans
from core.inspection.formats.gray import gray_of, gray_of_netpbm
from core.inspection.formats.jpeg import JpegLayout
from core.inspection.formats.known_formats import (
    reason_for_known_format,
    reason_for_unidentified,
    reason_for_unread_bmp,
)
from core.inspection.formats.last_rows import filled_from_below
from core.inspection.formats.netpbm import Netpbm, netpbm_header
from core.inspection.formats.tiff_tags import ORIENTATION, as_pillow_reads_it, first_directory

SHORTER_SIDE = 1200
"""Least pixels that a photograph's shorter side keeps when it is decoded at a fraction of its
size: a part that fills a quarter of it still has the 300 of the model's input."""

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "HEIF", "JPEG2000", "PPM")
EXTENSIONS = (
    *("jpg", "jpeg", "png", "bmp", "tif", "tiff", "webp"),
    *("heic", "heif", "jp2", "j2k", "pgm", "ppm"),
)
MAX_BYTES = 40_000_000
MAX_PIXELS = 25_000_000
MIN_SIDE = 64
"""A picture with a shorter side cannot show a defect; nothing is gained by enlarging it."""

MAX_MEMORY = 140_000_000
"""Bytes that decoding one photograph may take, by what its format is known to need."""

_BY_PILLOW = tuple(name for name in FORMATS if name != "PPM")
_NETPBM_FORMAT = "PPM"
_TURNS: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    2: lambda gray: gray[:, ::-1],
    3: lambda gray: gray[::-1, ::-1],
    4: lambda gray: gray[::-1],
    5: lambda gray: gray.T,
    6: lambda gray: gray[::-1].T,
    7: lambda gray: gray[::-1, ::-1].T,
    8: lambda gray: gray.T[::-1],
}
"""EXIF's orientation -> how the picture is turned upright."""
_SWAPPING = (5, 6, 7, 8)

log = logging.getLogger(__name__)

pillow_heif.register_heif_opener(
    thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
)


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a photograph may have at most."""

    bytes: int = MAX_BYTES
    pixels: int = MAX_PIXELS


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


def decode(
    data: bytes, shorter_side: int = SHORTER_SIDE, limits: PictureLimits | None = None
) -> Picture:
    """Decode one photograph; raises ImageRejected and nothing else.

    A large JPEG is decoded at a fraction of its size that keeps ``shorter_side`` pixels. The
    gray levels are the same in every container that keeps the picture without loss
    (``core.inspection.formats.gray``). An incomplete photograph is rejected.
    """
    limits = limits or PictureLimits()
    if not data:
        raise ImageRejected("The file is empty. Copy it again from the camera.")
    if len(data) > limits.bytes:
        raise ImageRejected(
            f"The file has {len(data) / 1e6:.1f} MB; the limit is {limits.bytes / 1e6:.1f} MB. "
            "Save it smaller or as JPEG."
        )
    try:
        if (reason := reason_for_known_format(data)) is not None:
            raise ImageRejected(reason)
        if (header := netpbm_header(data)) is not None:
            return _decode_netpbm(data, header, limits)
        return _decode(data, check_container(data), shorter_side, limits)
    except ImageRejected:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageRejected(_too_large(limits)) from error
    except UnidentifiedImageError as error:
        raise ImageRejected(reason_for_unidentified(data)) from error
    except MemoryError as error:
        raise ImageRejected("The picture needs too much memory. Save it smaller.") from error
    except Exception as error:  # Pillow's decoders raise many types on damaged files
        log.debug("undecodable photograph: %s: %s", type(error).__name__, error)
        raise ImageRejected(reason_for_unread_bmp(data) or DAMAGED) from error


def _too_large(limits: PictureLimits) -> str:
    return f"The picture has more than {limits.pixels / 1e6:g} megapixels. Save it smaller."


def _check_size(width: int, height: int, limits: PictureLimits) -> None:
    if width * height > limits.pixels:
        raise ImageRejected(_too_large(limits))
    if min(width, height) < MIN_SIDE:
        raise ImageRejected(
            f"The picture is {width} x {height} pixels; a part needs at least "
            f"{MIN_SIDE} x {MIN_SIDE}."
        )


def _check_last_rows(gray: NDArray[np.uint8]) -> None:
    share = filled_from_below(gray)
    if share:
        raise ImageRejected(
            f"The last {share:.0%} of the picture's rows are empty: it was not written to its "
            "end. Copy it again from the camera, or take it again."
        )


def _decode_netpbm(data: bytes, header: Netpbm, limits: PictureLimits) -> Picture:
    _check_size(header.width, header.height, limits)
    check_netpbm_complete(data, header)
    gray = gray_of_netpbm(data, header)
    _check_last_rows(gray)
    return Picture(gray, header.width, header.height, _NETPBM_FORMAT)


def _decode(
    data: bytes, layout: JpegLayout | None, shorter_side: int, limits: PictureLimits
) -> Picture:
    with Image.open(io.BytesIO(as_pillow_reads_it(data)), formats=_BY_PILLOW) as image:
        width, height = image.size
        _check_size(width, height, limits)
        # A phone's MPO is a JPEG whose further pictures are previews; elsewhere several
        # pictures mean that nobody can tell which one is the part.
        # Not asked for their number: a TIFF's would have to be counted one by one.
        if image.format != "MPO" and getattr(image, "is_animated", False):
            raise ImageRejected("The file holds several pictures. Save the part's one alone.")
        file_format = "JPEG" if image.format == "MPO" else str(image.format)
        if layout is not None:
            check_scans(layout, width * height)
        if _bytes_needed(image, file_format, layout) > MAX_MEMORY:
            raise ImageRejected(
                "The picture needs too much memory in this format. Save it as an ordinary JPEG, "
                "or smaller."
            )
        check_complete(image, data, layout)
        orientation = _orientation(image, data)
        if layout is not None:
            # JPEG can be decoded straight to gray and, when large, at a fraction of its size.
            image.draft("L", (shorter_side, shorter_side))
        gray = gray_of(image, data)
    # A BMP is written from its lower edge up.
    _check_last_rows(gray[::-1] if file_format == "BMP" else gray)
    if file_format == "WEBP" and zeros_at_webp_end(data) >= ZEROS and gray[-1].std() > 1:
        raise ImageRejected(INCOMPLETE)
    if orientation in _TURNS:
        gray = np.ascontiguousarray(_TURNS[orientation](gray))
        if orientation in _SWAPPING:
            width, height = height, width
    return Picture(gray, width, height, file_format)


def _orientation(image: Image.Image, data: bytes) -> int:
    """EXIF's orientation where it is still to be applied; a HEIC's decoder has done so."""
    if image.format == "TIFF":
        return first_directory(data).get(ORIENTATION, 1)
    orientation = 1 if image.format == "HEIF" else image.getexif().get(ORIENTATION, 1)
    return orientation if isinstance(orientation, int) else 1


def _bytes_needed(image: Image.Image, file_format: str, layout: JpegLayout | None) -> int:
    """Bytes that decoding takes: the pixels, as often as the format's decoder holds them."""
    pixels = image.width * image.height
    if layout is not None:
        # In one pass it is reduced while it is read; in several all coefficients are kept.
        return round(pixels * 2 * layout.coefficients) if layout.scans > 1 else pixels
    if file_format == "WEBP":
        return pixels * 16  # two canvases in the decoder, its result, and the picture
    if file_format == "JPEG2000":
        return pixels * (5 if len(image.getbands()) == 1 else 17)  # 32 bits a value, twice
    if file_format == "HEIF":
        return pixels * (3 if len(image.getbands()) == 1 else 6)
    stored = 1 if image.mode in ("1", "L", "P") else 2 if image.mode.startswith("I;16") else 4
    # A TIFF may be packed as one strip, which is unpacked beside the picture.
    return pixels * ((2 * stored if file_format == "TIFF" else stored) + 1)
