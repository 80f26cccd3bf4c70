"""A photograph of which a part is missing is never a picture."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.errors import ImageRejected
from core.inspection.formats.completeness import INCOMPLETE
from core.inspection.images import decode
from core.synthetic.samples import sample_parts
from tests.bad_files import encoded, part, photograph
from tests.incomplete_files import CONTAINERS, damaged

CUTS = 200
"""For each container, of each kind that it has."""
EMPTY_ROWS = "rows are empty"


@pytest.fixture(scope="module")
def files() -> dict[str, list[bytes]]:
    pictures = [Image.fromarray(part.pixels) for part in sample_parts(4, seed=21)]
    return {name: [save(picture) for picture in pictures] for name, save in CONTAINERS.items()}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CONTAINERS)
def test_no_file_of_which_a_part_is_missing_is_decoded(
    name: str, files: dict[str, list[bytes]]
) -> None:
    chance = random.Random(name)
    for data in files[name]:
        assert decode(data).gray.shape == (300, 300)
    for number in range(CUTS):
        for way, cut in damaged(name, files[name][number % 4], chance):
            reason = reason_for(cut)
            assert reason is not None, f"{way}, number {number}, was decoded"
            assert "incomplete" in reason or EMPTY_ROWS in reason or "several" in reason, way


def reason_for(data: bytes) -> str | None:
    """Why a file is rejected, None when it is a picture."""
    try:
        decode(data)
    except ImageRejected as rejected:
        return rejected.reason
    return None


def test_a_jpeg_is_a_picture_whatever_follows_its_end() -> None:
    data = photograph()
    whole = decode(data).gray
    for tail in (b"\0", bytes(5_000), b"\xff\xda" * 9_000, b"\0\0\0\x18ftypmp42" + bytes(999)):
        assert np.array_equal(decode(data + tail).gray, whole)
    with pytest.raises(ImageRejected, match="incomplete"):
        decode(data[:-2])


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_whole_jpeg_of_every_kind_is_a_picture(mode: str, progressive: bool) -> None:
    picture = part().convert("RGB").convert(mode)
    for subsampling in (0, 1, 2) if mode == "RGB" else (-1,):
        data = encoded(picture, "JPEG", progressive=progressive, subsampling=subsampling)
        assert decode(data).gray.shape == (300, 300)
        with pytest.raises(ImageRejected, match="incomplete"):
            decode(data[: len(data) // 2] + b"\xff\xd9")


def tiff(**changes: tuple[int, ...]) -> bytes:
    """A gray TIFF of six strips with other values of these tags."""
    data = bytearray(encoded(part(), "TIFF", compression="tiff_lzw", strip_size=15_000))
    order = "<H"
    (place,) = struct.unpack_from("<L", data, 4)
    (entries,) = struct.unpack_from(order, data, place)
    for name, values in changes.items():
        tag = {"places": 273, "sizes": 279}[name]
        for at in range(place + 2, place + 2 + 12 * entries, 12):
            if struct.unpack_from("<H", data, at)[0] != tag:
                continue
            _, kind, count, where = struct.unpack_from("<HHLL", data, at)
            letter = "H" if kind == 3 else "L"
            old = struct.unpack_from(f"<{count}{letter}", data, where)
            new = tuple(value if value >= 0 else old[n] for n, value in enumerate(values))
            struct.pack_into("<L", data, at + 4, len(new))
            struct.pack_into(f"<{len(new)}{letter}", data, where, *new)
    return bytes(data)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "changes",
    [
        {"places": (-1,) * 5, "sizes": (-1,) * 5},
        {"places": (-1, -1, -1, 0, -1, -1)},
        {"places": (-1,) * 5 + (10_000_000,)},
        {"sizes": (-1, -1, 0, -1, -1, -1)},
    ],
    ids=["a strip fewer", "a strip nowhere", "a strip beyond the end", "a strip of nothing"],
)
def test_a_tiff_that_lacks_a_strip_is_incomplete(changes: dict[str, tuple[int, ...]]) -> None:
    assert decode(tiff()).gray.shape == (300, 300)
    with pytest.raises(ImageRejected) as rejected:
        decode(tiff(**changes))
    assert rejected.value.reason == INCOMPLETE


def filled(gray: np.ndarray, share: float, level: int | None) -> np.ndarray:
    """The picture with its last rows at a level, or as copies of the last one before them."""
    gray = gray.copy()
    first = round(len(gray) * (1 - share))
    gray[first:] = gray[first - 1] if level is None else level
    return gray


@pytest.mark.parametrize("level", [0, 128, None])
@pytest.mark.parametrize("share", [0.12, 0.5, 0.9])
@pytest.mark.parametrize("name", ["PNG", "BMP", "TIFF, LZW", "JPEG"])
def test_a_whole_file_of_a_half_written_frame_is_rejected(
    name: str, share: float, level: int | None
) -> None:
    gray = filled(np.asarray(part()), share, level)
    if name == "BMP":
        gray = filled(np.asarray(part())[::-1], share, level)[::-1]
    with pytest.raises(ImageRejected, match=EMPTY_ROWS):
        decode(CONTAINERS[name](Image.fromarray(gray)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_half_written_frame_is_found_however_it_is_turned(orientation: int) -> None:
    picture = Image.fromarray(filled(np.asarray(part()), 0.4, 0))
    exif = Image.Exif()
    exif[0x0112] = orientation
    for file_format in ("JPEG", "TIFF", "PNG"):
        with pytest.raises(ImageRejected, match=EMPTY_ROWS):
            decode(encoded(picture, file_format, exif=exif.tobytes()))


def test_what_a_border_or_a_background_is_like_is_no_missing_part() -> None:
    gray = np.asarray(part())
    noise = np.random.default_rng(3).normal(0, 3, (300, 300))
    bordered = np.zeros((400, 400), dtype=np.uint8)
    bordered[50:350, 50:350] = gray
    letterbox = np.zeros((400, 300), dtype=np.uint8)
    letterbox[50:350] = gray
    tilted = Image.fromarray(np.clip(140 + noise, 0, 255).astype(np.uint8))
    ImageDraw.Draw(tilted).polygon([(0, 240), (300, 200), (300, 300), (0, 300)], fill=0)
    pictures = {
        "overexposed": filled(gray, 0.3, 255),
        "another level": filled(gray, 0.3, 90),
        "narrow border": filled(gray, 0.01, 0),
        "border": bordered,
        "letterbox": letterbox,
        "dark beyond a table": np.asarray(tilted),
        "one level": np.full((300, 300), 128, dtype=np.uint8),
        "stripes": np.tile(gray[150], (300, 1)),
    }
    for level in (0, 128):
        drawn = Image.new("L", (300, 300), level)
        ImageDraw.Draw(drawn).ellipse((60, 30, 240, 210), fill=200)
        pictures[f"a part on {level}"] = np.asarray(drawn)
    for name, picture in pictures.items():
        for file_format in ("PNG", "JPEG", "WEBP"):
            decoded = decode(encoded(Image.fromarray(picture), file_format)).gray
            assert decoded.shape == picture.shape, (name, file_format)


def test_a_background_continued_by_its_last_row_is_whole():
    gray = np.pad(np.asarray(part()), ((0, 200), (80, 20)), mode="edge")
    assert decode(CONTAINERS["PNG"](Image.fromarray(gray))).gray.shape == (500, 400)
