"""The same picture in every container, mode and bit depth gives the same gray levels."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from core.errors import ImageRejected
from core.inspection.images import decode
from core.synthetic.samples import sample_parts
from tests.bad_files import chunk, encoded, part, png_of

GRAY = np.asarray(part())
COLOUR = Image.merge("RGB", [part(5), part(6), part(7)])
LUMA = np.asarray(COLOUR.convert("L"))
LOSSLESS: dict[str, dict[str, object]] = {
    "PNG": {},
    "BMP": {},
    "TIFF": {},
    "WEBP": {"lossless": True},
    "JPEG2000": {},
    "HEIF": {"quality": -1, "chroma": 444, "matrix_coefficients": 0},
    "PPM": {},
}
PACKED = [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "zstd"]


def tiff(values: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def extra(tag: int, value: int) -> dict[str, object]:
    """A further tag of a TIFF with one number."""
    return {"extratags": [(tag, 3, 1, value, True)]}


def png(values: np.ndarray, *, colour_type: int = 0, significant: bytes = b"") -> bytes:
    """A 16-bit PNG, with sBIT where given."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    height, width = values.shape[:2]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0))
    bits = chunk(b"sBIT", significant) if significant else b""
    pixels = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + bits + pixels + chunk(b"IEND", b"")


def pgm(values: np.ndarray, highest: int, comment: bytes = b"") -> bytes:
    kind = ">u2" if highest > 255 else "u1"
    magic = b"P6" if values.ndim == 3 else b"P5"
    size = b"%d %d\n%d\n" % (values.shape[1], values.shape[0], highest)
    return magic + b"\n" + comment + size + values.astype(kind).tobytes()


@pytest.mark.parametrize("file_format", LOSSLESS)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_containers_without_loss(file_format: str, mode: str) -> None:
    picture, expected = (part(), GRAY) if mode == "L" else (COLOUR, LUMA)
    gray = decode(encoded(picture, file_format, **LOSSLESS[file_format])).gray
    assert np.array_equal(gray, expected)


@pytest.mark.parametrize("compression", PACKED)
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK", "P", "1", "I;16"])
def test_tiff_modes_and_compressions(compression: str | None, mode: str) -> None:
    if mode == "I;16":
        picture, expected = Image.fromarray(GRAY.astype(np.uint16) * 257), GRAY
    elif mode in ("L", "1"):
        picture = part().convert(mode)
        expected = np.asarray(picture.convert("L"))
    else:
        picture = COLOUR.quantize(256) if mode == "P" else COLOUR.convert(mode)
        expected = np.asarray(picture.convert("RGB").convert("L"))
    assert np.array_equal(decode(encoded(picture, "TIFF", compression=compression)).gray, expected)


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("order", ["<", ">"])
def test_more_than_8_bits_in_16(bits: int, order: str) -> None:
    bright = np.clip(GRAY.astype(np.uint16), 0, 255)
    bright = bright.copy()
    bright[0, 0] = 255
    values = (bright << (bits - 8)) | (bright >> (16 - bits) if bits < 16 else bright)
    highest = (1 << bits) - 1
    files = {
        "TIFF by range": tiff(values, byteorder=order),
        "TIFF, LZW-like": tiff(values, byteorder=order, rowsperstrip=20),
        "TIFF MaxSampleValue": tiff(values // 2, byteorder=order, **extra(281, highest)),
        "PNG by range": png(values),
        "PNG sBIT": png(values // 2 | 1, significant=bytes([bits])),
        "PGM": pgm(values, highest),
        "PGM with a comment": pgm(values, highest, b"# camera 7\n"),
        "PPM": pgm(np.dstack([values] * 3), highest),
    }
    for name, data in files.items():
        halved = name in ("TIFF MaxSampleValue", "PNG sBIT")
        expected = bright >> 1 if halved else bright
        assert np.array_equal(decode(data).gray, expected), name


def test_sbit_of_values_that_fill_the_upper_bits() -> None:
    upper = GRAY.astype(np.uint16) << 8
    assert np.array_equal(decode(png(upper, significant=b"\x0c")).gray, GRAY)
    dark = (GRAY >> 5).astype(np.uint16) << 8
    assert np.array_equal(decode(png(dark, significant=b"\x0c")).gray, GRAY >> 5)


@pytest.mark.parametrize("highest", [1, 100, 200, 255, 1_000, 3_000, 50_000])
def test_the_highest_value_of_a_pgm_is_white(highest: int) -> None:
    values = np.round(GRAY / 255 * highest).astype(np.uint16)
    gray = decode(pgm(values, highest)).gray.astype(float)
    assert np.abs(gray - values / highest * 255).max() <= 0.5 + 1e-9


def test_12_bits_packed_in_a_tiff() -> None:
    values = (GRAY.astype(np.uint16) << 4).reshape(-1, 2)
    first, second = values[:, 0], values[:, 1]
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=1)
    entries = [(256, 300), (257, 300), (258, 12), (259, 1), (262, 1), (273, 200), (277, 1)]
    entries += [(278, 300), (279, 300 * 450)]
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHLL", tag, 4, 1, value) for tag, value in entries)
    data = (b"II*\0\x08\0\0\0" + directory).ljust(200, b"\0") + packed.astype(np.uint8).tobytes()
    assert np.array_equal(decode(data).gray, GRAY)


@pytest.mark.parametrize("order", ["<", ">"])
def test_white_may_be_zero(order: str) -> None:
    sixteen = GRAY.astype(np.uint16) * 257
    twelve = 4_095 - (GRAY.astype(np.uint16) << 4)
    for values in (255 - GRAY, 65_535 - sixteen, twelve):
        data = tiff(values, byteorder=order, photometric="miniswhite")
        assert np.array_equal(decode(data).gray, GRAY), values.dtype
    data = tiff((1 - GRAY / 255).astype(np.float32), byteorder=order, photometric="miniswhite")
    assert np.abs(decode(data).gray.astype(int) - GRAY).max() <= 1


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("white", [1.0, 255.0, 65_535.0])
def test_floating_point_by_its_range(order: str, white: float) -> None:
    values = (GRAY / 255 * white).astype(np.float32)
    assert np.array_equal(decode(tiff(values, byteorder=order)).gray, GRAY)
    for wrong in (np.nan, -0.5, 1e9):
        with pytest.raises(ImageRejected, match="between 0 and 1"):
            decode(tiff(np.where(GRAY[0, 0] == GRAY, np.float32(wrong), values)))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tile", [None, (64, 64)])
@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_planes_tiles_and_byte_order(
    order: str, tile: tuple[int, int] | None, planes: str, kind: type
) -> None:
    values = np.asarray(COLOUR).astype(kind) * (257 if kind is np.uint16 else 1)
    if planes == "separate":
        values = np.moveaxis(values, 2, 0)
    if kind is np.uint16 and planes == "separate":
        twelve = values >> 4
        data = tiff(twelve, byteorder=order, tile=tile, planarconfig=planes, photometric="rgb")
        assert np.array_equal(decode(data).gray, LUMA)
    data = tiff(values, byteorder=order, tile=tile, planarconfig=planes, photometric="rgb")
    assert np.array_equal(decode(data).gray, LUMA)


def test_alpha_that_is_not_used() -> None:
    for file_format in ("PNG", "TIFF", "WEBP"):
        options = {"lossless": True, "exact": True} if file_format == "WEBP" else {}
        for alpha in (0, 255):
            picture = COLOUR.copy()
            picture.putalpha(alpha)
            assert np.array_equal(decode(encoded(picture, file_format, **options)).gray, LUMA)
    for alpha in (0, 255):
        picture = part()
        picture.putalpha(alpha)
        assert np.array_equal(decode(encoded(picture, "PNG")).gray, GRAY)


def test_alpha_that_is_used_lies_on_white() -> None:
    picture = part()
    alpha = Image.new("L", picture.size, 255)
    alpha.paste(0, (0, 0, 100, 300))
    picture.putalpha(alpha)
    gray = decode(encoded(picture, "PNG")).gray
    assert (gray[:, :100] == 255).all()
    assert np.array_equal(gray[:, 100:], GRAY[:, 100:])


def test_lab_is_nearly_the_same() -> None:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.profileToProfile(COLOUR, srgb, lab, outputMode="LAB")
    gray = decode(encoded(picture, "TIFF")).gray
    assert np.abs(gray.astype(int) - LUMA).mean() < 1.5


def test_an_interlaced_png() -> None:
    rows = b"\0" + GRAY[0].tobytes()
    assert decode(png_of(300, 300, rows * 300)).gray.shape == (300, 300)
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)]
    raw = b""
    for left, top, across, down in [*passes, (0, 1, 1, 2)]:
        raw += b"".join(b"\0" + row.tobytes() for row in GRAY[top::down, left::across])
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 300, 300, 8, 0, 0, 0, 1))
    for packed, whole in ((raw, True), (raw[:-1], False)):
        data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(packed))
        data += chunk(b"IEND", b"")
        if whole:
            assert np.array_equal(decode(data).gray, GRAY)
        else:
            with pytest.raises(ImageRejected, match="incomplete"):
                decode(data)


UNDO: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda gray: gray,
    2: np.fliplr,
    3: lambda gray: np.rot90(gray, 2),
    4: np.flipud,
    5: lambda gray: gray.T,
    6: lambda gray: np.rot90(gray, 1),
    7: lambda gray: np.rot90(gray, 2).T,
    8: lambda gray: np.rot90(gray, -1),
}
"""Orientation -> how a camera stores an upright picture with it."""


@pytest.mark.parametrize("orientation", UNDO)
@pytest.mark.parametrize("file_format", ["TIFF", "TIFF, LZW", "PNG", "WEBP", "HEIF"])
def test_orientation_is_applied_once_in_every_container(file_format: str, orientation: int) -> None:
    upright = GRAY[40:260]
    stored = Image.fromarray(np.ascontiguousarray(UNDO[orientation](upright)))
    name, _, packing = file_format.partition(", ")
    options = dict(LOSSLESS[name])
    if packing:
        options["compression"] = "tiff_lzw"
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode(encoded(stored, name, exif=exif.tobytes(), **options))
    assert (picture.width, picture.height) == (300, 220)
    assert np.array_equal(picture.gray, upright)


@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
def test_colours_of_fewer_bits_in_16_are_not_taken_for_darkness(kind: str) -> None:
    values = np.asarray(COLOUR).astype(np.uint16) << 4
    data = tiff(values, photometric="rgb") if kind == "TIFF" else png(values, colour_type=2)
    with pytest.raises(ImageRejected, match="16 bits"):
        decode(data)


def test_every_rendered_part_is_a_picture() -> None:
    for rendered in sample_parts(20, seed=4):
        data = encoded(Image.fromarray(rendered.pixels), "PNG")
        assert np.array_equal(decode(data).gray, rendered.pixels)
