"""Intake of one photograph: what is accepted, what it becomes, what is rejected and why."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import ImageRejected
from core.inspection import images
from core.inspection.frame import SIDE
from core.inspection.images import MAX_BYTES, PictureLimits, decode
from tests.model_input import model_input


def picture(size=(300, 300), mode="L", seed=0):
    """A smooth picture with a bright spot left of and above the middle."""
    rng = np.random.default_rng(seed)
    width, height = size
    y, x = np.mgrid[:height, :width]
    spot = np.exp(-((x / width - 0.3) ** 2 + (y / height - 0.2) ** 2) * 60)
    gray = 60 + 150 * spot + rng.normal(0, 2, (height, width))
    return Image.fromarray(np.clip(gray, 0, 255).astype(np.uint8)).convert(mode)


def encoded(image, file_format, **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "file_format", ["JPEG", "PNG", "BMP", "TIFF", "WEBP", "HEIF", "JPEG2000", "PPM"]
)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_every_listed_format_is_decoded(file_format, mode):
    image = picture(mode=mode)
    part = decode(encoded(image, file_format))
    assert part.format == file_format
    assert (part.width, part.height) == (300, 300)
    assert model_input(part).shape == (SIDE, SIDE)
    assert model_input(part).dtype == np.uint8
    assert np.abs(model_input(part).astype(int) - np.asarray(image.convert("L"))).mean() < 3


def test_a_picture_at_the_models_size_is_not_touched():
    image = picture()
    assert np.array_equal(decode(encoded(image, "PNG")).gray, np.asarray(image))


@pytest.mark.parametrize("mode", ["CMYK", "P", "1", "LA", "RGBA"])
def test_other_colour_modes_become_gray(mode):
    file_format = "JPEG" if mode == "CMYK" else "PNG"
    part = decode(encoded(picture(mode="RGB").convert(mode), file_format))
    assert model_input(part).shape == (SIDE, SIDE)
    assert model_input(part)[60, 90] > model_input(part)[250, 250]


def test_sixteen_bits_keep_their_brightness():
    sixteen = Image.fromarray(np.asarray(picture()).astype(np.uint16) * 257)
    for file_format in ("PNG", "TIFF"):
        part = decode(encoded(sixteen, file_format))
        assert np.array_equal(model_input(part), np.asarray(picture()))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation):
    upright = picture((400, 200))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    part = decode(encoded(stored, "JPEG", exif=exif.tobytes(), quality=95))
    assert (part.width, part.height) == (400, 200)
    plain = model_input(decode(encoded(upright, "JPEG", quality=95)))
    assert np.abs(model_input(part).astype(int) - plain).mean() < 2


@given(width=st.integers(64, 1500), height=st.integers(64, 1500))
@settings(max_examples=30, deadline=None)
def test_the_whole_picture_stays_in_view_whatever_its_shape(width, height):
    # A dark frame round a bright picture must be seen on all four sides.
    pixels = np.full((height, width), 200, dtype=np.uint8)
    margin = max(4, round(0.06 * min(width, height)))
    pixels[margin:-margin, margin:-margin] = 40
    part = decode(encoded(Image.fromarray(pixels), "PNG"))
    assert model_input(part).shape == (SIDE, SIDE)
    dark = np.argwhere(model_input(part) < 120)
    rows, columns = dark.max(0) - dark.min(0) + 1
    longest = max(width, height)
    assert rows == pytest.approx(SIDE * (height - 2 * margin) / longest, abs=4)
    assert columns == pytest.approx(SIDE * (width - 2 * margin) / longest, abs=4)


def test_a_large_jpeg_looks_like_a_small_one():
    large = model_input(decode(encoded(picture((3000, 3000)), "JPEG", quality=95)))
    small = model_input(decode(encoded(picture((3000, 3000)).resize((300, 300)), "PNG")))
    assert np.abs(large.astype(int) - small).mean() < 3


def png_header(width, height):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99))


REJECTED = {
    "empty": (b"", "empty"),
    "text": (b"not a photograph", "known format"),
    "gif": (encoded(picture(), "GIF"), "a GIF file"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
    "too many bytes": (b"\xff" * (MAX_BYTES + 1), "MB"),
    "too many pixels": (png_header(20_000, 20_000), "megapixels"),
    "just too many pixels": (png_header(5_001, 5_000), "megapixels"),
    "too small": (encoded(picture((63, 300)), "PNG"), "63 x 300"),
    "32 bits": (
        encoded(Image.fromarray(np.full((300, 300), 99, dtype=np.int32)), "TIFF"),
        "32 bits",
    ),
    "floating point beyond white": (
        encoded(Image.fromarray(np.full((300, 300), 1e6, dtype=np.float32)), "TIFF"),
        "between 0 and 1",
    ),
    "several pictures": (
        encoded(picture(), "TIFF", save_all=True, append_images=[picture(seed=1)]),
        "several pictures",
    ),
    "animation": (
        encoded(picture(), "WEBP", save_all=True, append_images=[picture(seed=1)]),
        "several pictures",
    ),
}


@pytest.mark.parametrize("name", REJECTED)
def test_rejected_with_a_reason_to_act_on(name):
    data, word = REJECTED[name]
    with pytest.raises(ImageRejected, match=word) as rejected:
        decode(data)
    assert rejected.value.reason.endswith(".")


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(
    "file_format", ["JPEG", "PNG", "BMP", "TIFF", "WEBP", "HEIF", "JPEG2000", "PPM"]
)
def test_a_truncated_file_is_rejected(file_format, share):
    data = encoded(picture(mode="RGB"), file_format)
    with pytest.raises(ImageRejected):
        decode(data[: int(len(data) * share)])


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_files_give_a_picture_or_a_rejection_and_nothing_else(data):
    file_format = data.draw(st.sampled_from(images.FORMATS))
    damaged = bytearray(encoded(picture((96, 80)), file_format))
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ImageRejected):
        assert model_input(decode(bytes(damaged))).shape == (SIDE, SIDE)


def test_the_photograph_is_kept_at_its_size_or_a_whole_fraction_of_it():
    image = picture((700, 900))
    assert np.array_equal(decode(encoded(image, "PNG")).gray, np.asarray(image))
    large = encoded(picture((4000, 3000)), "JPEG")
    assert decode(large).gray.shape == (1500, 2000)
    assert decode(large, shorter_side=3000).gray.shape == (3000, 4000)
    assert (decode(large).width, decode(large).height) == (4000, 3000)


def test_the_limits_are_the_callers():
    data = encoded(picture((200, 100)), "PNG")
    assert decode(data, limits=PictureLimits(bytes=len(data), pixels=20_000)).width == 200
    with pytest.raises(ImageRejected, match="MB"):
        decode(data, limits=PictureLimits(bytes=len(data) - 1))
    with pytest.raises(ImageRejected, match="megapixels"):
        decode(data, limits=PictureLimits(pixels=19_999))


@pytest.fixture(scope="module")
def camera_jpeg():
    """24 megapixels."""
    return encoded(picture((300, 200), mode="RGB").resize((6000, 4000)), "JPEG", quality=90)


def segment(marker, body):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def test_what_is_not_of_the_picture_is_no_scan_of_it(camera_jpeg):
    preview = encoded(picture((160, 120), mode="RGB"), "JPEG", progressive=True)
    exif = segment(0xE1, b"Exif\0\0" + preview + preview)
    film = b"\0\0\0\x18ftypmp42" + b"\xff\xda" * 100_000
    # Counted as scans, these would be more pixels than a photograph may have.
    assert (camera_jpeg[:2] + exif + camera_jpeg[2:]).count(b"\xff\xda") > 20
    plain = decode(camera_jpeg)
    assert (plain.width, plain.height, plain.gray.shape) == (6000, 4000, (2000, 3000))
    for data in (camera_jpeg[:2] + exif + camera_jpeg[2:], camera_jpeg + film):
        assert np.array_equal(decode(data).gray, plain.gray)


def test_a_photograph_of_25_megabytes_is_not_too_large():
    data = encoded(picture(), "JPEG") + bytes(25_000_000)
    assert decode(data).gray.shape == (300, 300)


def tiff_with(*tags):
    """A TIFF's directory with these tags: number and value."""
    entries = b"".join(struct.pack("<HHLL", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4_000)


def bmp_with(compression):
    data = bytearray(encoded(picture(), "BMP"))
    struct.pack_into("<L", data, 30, compression)
    return bytes(data)


NAMED = {
    "GIF": encoded(picture(), "GIF"),
    "PDF": encoded(picture(), "PDF"),
    "PostScript": b"%!PS-Adobe-3.0",
    "AVIF": encoded(picture(), "AVIF"),
    "SVG": b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>",
    "web page": b"<!DOCTYPE html><html></html>",
    "DNG": tiff_with((254, 1), (256, 300), (257, 300), (50706, 1)),
    "NEF": tiff_with((254, 1), (256, 160), (257, 120), (330, 99)),
    "CR2": b"II*\0\x10\0\0\0CR\x02\0" + bytes(99),
    "CR3": b"\0\0\0\x18ftypcrx " + bytes(99),
    "JPEG XL": b"\xff\x0a" + bytes(99),
    "film": b"\0\0\0\x18ftypmp42" + bytes(99),
    "ZIP": b"PK\x03\x04" + bytes(99),
    "PGM file written as text": b"P2\n2 2\n255\n1 2 3 4\n",
    "BMP file with a JPEG inside": bmp_with(4),
    "BMP file with a PNG inside": bmp_with(5),
    "kind of TIFF": tiff_with((256, 300), (257, 300), (258, 11), (262, 1), (273, 99), (279, 9)),
    "kind of JPEG": encoded(picture(), "JPEG").replace(b"\xff\xc0", b"\xff\xc9"),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_known_format_that_is_not_read_is_named(name):
    with pytest.raises(ImageRejected) as rejected:
        decode(NAMED[name])
    assert name in rejected.value.reason
    assert "Save it" in rejected.value.reason
    assert "known format" not in rejected.value.reason
    assert "damaged" not in rejected.value.reason
