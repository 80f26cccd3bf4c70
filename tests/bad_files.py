"""Files that a camera never made: damaged, disguised, gigantic, or named to do harm.

All of them are generated, the same every time. :data:`NAMES` are names of files that are
photographs; :func:`bad_files` gives files by what is wrong with them; :func:`mutants` gives
damaged copies of valid photographs.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial

import numpy as np
from PIL import Image

from core.inspection.images import MAX_BYTES
from core.synthetic.samples import encode_jpeg, sample_parts

HUGE = 5_000
"""Side of a picture that is just small enough: 25 megapixels."""

NAMES = {
    "parent folders": "../../../etc/outside.jpg",
    "from the root": "/etc/outside.jpg",
    "a drive": "C:\\Windows\\outside.jpg",
    "NUL": "part\x00.jpg",
    "newline": "part\n7.jpg",
    "carriage return": "part\r\n7.jpg",
    "4,096 characters": "n" * 4_092 + ".jpg",
    "right to left": "part\u202egpj.exe",
    "right-to-left script": "\u0642\u0637\u0639\u0629 7.jpg",
    "emoji": "part \U0001f469\u200d\U0001f3ed \U0001f525.jpg",
    "combining marks": "z\u0351\u0343\u035b\u033a" * 40 + ".jpg",
    "half a character": "part \ud83d.jpg",
    "formula": "=cmd|'/C calc'!A0.jpg",
    "formula with plus": "+1+1.jpg",
    "formula with at": "@SUM(A1).jpg",
    "Markdown": "**part** [7](http://x.example) ![x](http://x.example/y.png).jpg",
    "HTML": "<img src=x onerror=alert(1)><script>alert(1)</script>.jpg",
    "SQL": "part'); DROP TABLE inspection; --.jpg",
    "shell": "$(touch outside) `touch outside`; rm -rf x.jpg",
    "nothing but blanks": " \t ",
    "no name": "",
    "format string": "%s%n{0}{part.__class__}.jpg",
}


def part(seed: int = 5, side: int = 300) -> Image.Image:
    """A rendered casting."""
    with Image.open(io.BytesIO(photograph(seed))) as image:
        return image.convert("L").resize((side, side))


@cache
def photograph(seed: int = 5) -> bytes:
    """A rendered casting as a JPEG."""
    return encode_jpeg(next(iter(sample_parts(1, seed))))


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    """The picture's file."""
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def bad_files() -> dict[str, Callable[[], bytes]]:
    """What is wrong with each file -> how to make it; some of them are photographs all the same."""
    made: dict[str, Callable[[], bytes]] = {
        "empty": lambda: b"",
        "1 byte": lambda: b"\xff",
        "NULs": lambda: bytes(100_000),
        "noise": lambda: random.Random(1).randbytes(100_000),
        "a JPEG's first bytes and noise": lambda: (
            photograph()[:20] + random.Random(2).randbytes(50_000)
        ),
        "text": lambda: b"photograph of part 7\n" * 99,
        "too many bytes": lambda: bytes(MAX_BYTES + 1),
        "GIF": lambda: encoded(part(), "GIF"),
        "animated GIF": lambda: encoded(
            part(), "GIF", save_all=True, append_images=[part(n) for n in range(3)]
        ),
        "EPS": lambda: encoded(part(), "EPS"),
        "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n",
        "PDF": lambda: encoded(part(), "PDF"),
        "SVG": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "SVG of entities": lambda: (
            b"<!DOCTYPE s [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><svg>&b;</svg>"
        ),
        "HTML": lambda: b"<!DOCTYPE html><script>alert(1)</script>",
        "PHP in a JPEG's comment": lambda: encoded(
            part(), "JPEG", comment=b"<?php system($_GET['x']); ?>"
        ),
        "program": lambda: b"\x7fELF" + bytes(5_000),
        "several pictures in a TIFF": lambda: encoded(
            part(), "TIFF", save_all=True, append_images=[part(6)]
        ),
        "MPO": lambda: encoded(part(), "MPO", save_all=True, append_images=[part(6)]),
        "animated PNG": lambda: encoded(part(), "PNG", save_all=True, append_images=[part(6)]),
        "animated WebP": lambda: encoded(part(), "WEBP", save_all=True, append_images=[part(6)]),
        "1 x 1": lambda: encoded(part(side=1), "PNG"),
        "3 x 4,000": lambda: encoded(part().resize((3, 4_000)), "PNG"),
        "64 x 65,000": lambda: encoded(part().resize((64, 65_000)), "PNG"),
        "20,000 x 20,000 zeros": partial(zeros, 20_000),
        "25 megapixels of zeros": partial(zeros, HUGE),
        "header of 2**31 x 2**31": lambda: png_of(2**31 - 1, 2**31 - 1, b""),
        "no size": lambda: png_of(0, 0, b""),
        "PNG without pixels": lambda: png_of(300, 300, b""),
        "PNG that unpacks to more than its pixels": lambda: png_of(300, 300, bytes(80_000_000)),
        "bad checksum": bad_checksum,
        "PNG text of 60 MB": lambda: png_with(b"zTXt", b"a\0\0" + zlib.compress(bytes(60_000_000))),
        "PNG profile of 60 MB": lambda: png_with(
            b"iCCP", b"a\0\0" + zlib.compress(bytes(60_000_000))
        ),
        "PNG of 690,000 texts": lambda: png_with(b"tEXt", b"a\0b", 690_000),
        "PNG of 830,000 empty chunks": lambda: png_with(b"abCd", b"", 830_000),
        "16 bits": lambda: encoded(sixteen_bits(300), "PNG"),
        "16 bits, 25 megapixels": lambda: encoded(sixteen_bits(HUGE), "PNG"),
        "32 bits": lambda: encoded(part().convert("I"), "TIFF"),
        "floating point": lambda: encoded(part().convert("F"), "TIFF"),
        "CMYK": lambda: encoded(part().convert("RGB").convert("CMYK"), "JPEG"),
        "CMYK, 25 megapixels": lambda: encoded(flat("CMYK"), "TIFF", compression="tiff_lzw"),
        "Lab": lambda: encoded(part().convert("RGB").convert("LAB"), "TIFF"),
        "palette and alpha": lambda: encoded(
            part().convert("P"), "PNG", transparency=bytes(range(256))
        ),
        "alpha, 25 megapixels": lambda: encoded(flat("RGBA"), "PNG"),
        "gray and alpha, 25 megapixels": lambda: encoded(flat("LA"), "PNG"),
        "palette and alpha, 25 megapixels": lambda: encoded(
            flat("P"), "PNG", transparency=bytes(range(256))
        ),
        "two colours": lambda: encoded(part().convert("1"), "PNG"),
        "colour, 25 megapixels, WebP": lambda: encoded(flat("RGB"), "WEBP", method=0),
        "progressive, 25 megapixels": lambda: encoded(
            flat("RGB"), "JPEG", progressive=True, subsampling=0
        ),
        "JPEG of a thousand scans": many_scans,
        "JPEG of two million comments": lambda: (
            photograph()[:2] + b"\xff\xfe\0\2" * 2_000_000 + photograph()[2:]
        ),
        "JPEG of nine million fill bytes": lambda: (
            photograph()[:2] + b"\xff" * 9_000_000 + photograph()[2:]
        ),
        "JPEG of nine million stray bytes": lambda: (
            photograph()[:2] + bytes(9_000_000) + photograph()[2:]
        ),
        "JPEG of four million starts": lambda: b"\xff\xd8" * 4_000_000 + photograph(),
        "JPEG of 2,000 claims on its Exif": exif_claims,
        "JPEG without its end": lambda: photograph()[:-2],
        "JPEG twice": lambda: photograph() * 2,
        "TIFF whose directory is itself": lambda: b"II*\x00\x08\0\0\0\0\0\x08\0\0\0" + bytes(50),
        "TIFF of 65,000 tags": lambda: tiff_of([(256, 4, 1, 300)] * 65_000),
        "TIFF of 300,000 strips": lambda: strips(300_000),
        "TIFF of 300,000 directories": directories,
        "TIFF of 100 tags that are each the whole file": lambda: tiff_of(
            [(1_000 + number, 7, 9_000_000, 8) for number in range(100)], bytes(9_000_000)
        ),
        "Big TIFF of strips": lambda: (
            b"II+\0\x08\0\0\0" + struct.pack("<QQHHQQ", 16, 1, 273, 16, 2**40, 48) + bytes(99)
        ),
        "BMP with a negative height": negative_height,
        "ZIP": lambda: zipped([("part.jpg", photograph())]),
        "a photograph and a ZIP in one file": lambda: (
            photograph() + zipped([("part.jpg", photograph(6))])
        ),
        "gzip": lambda: zlib.compress(bytes(1_000_000), wbits=31),
    }
    for share in (10, 50, 90, 99):
        made[f"JPEG cut at {share} %"] = partial(cut, photograph, share)
        made[f"PNG cut at {share} %"] = partial(cut, lambda: encoded(part(), "PNG"), share)
    for orientation in range(10):
        made[f"EXIF orientation {orientation}"] = partial(turned, orientation)
    made["EXIF that points at itself"] = lambda: encoded(
        part(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\1\0\x69\x87\4\0\1\0\0\0\x08\0\0\0\x08\0\0\0"
    )
    return made


def mutants(count: int, seed: int = 9) -> Iterator[bytes]:
    """``count`` damaged photographs: bits flipped, pieces cut, doubled or taken from another."""
    chance = random.Random(seed)
    small = part(side=160)
    valid = [
        photograph(),
        encoded(small, "PNG"),
        encoded(small, "BMP"),
        encoded(small, "TIFF", compression="tiff_lzw"),
        encoded(small, "WEBP", lossless=True),
        encoded(small.convert("RGB"), "JPEG", progressive=True),
    ]
    for number in range(count):
        data = bytearray(valid[number % len(valid)])
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(data)) if chance.random() < 0.5 else chance.randrange(200)
            place = min(place, len(data) - 1)
            how = chance.randrange(5)
            if how == 0:
                data[place] ^= 1 << chance.randrange(8)
            elif how == 1:
                data[place] = chance.choice((0, 0x7F, 0x80, 0xFF))
            elif how == 2 and len(data) > 100:
                del data[place : place + chance.randint(1, 64)]
            elif how == 3:
                data[place:place] = data[place : place + chance.randint(1, 64)]
            else:
                other = chance.choice(valid)
                start = chance.randrange(len(other))
                data[place : place + 64] = other[start : start + 64]
        yield bytes(data)


def archives() -> dict[str, bytes]:
    """ZIP archives by what is wrong with them."""
    good = photograph(11)
    inner = zipped([("inner.jpg", photograph(12))])
    return {
        "outside.zip": zipped([("../../outside.jpg", good), ("/etc/outside2.jpg", photograph(13))]),
        "nested.zip": zipped([("in.zip", inner), ("good.jpg", photograph(14))]),
        "bomb.zip": zipped([(f"{number}.jpg", bytes(9_000_000)) for number in range(40)]),
        "crowd.zip": zipped([(f"{number}.jpg", b"") for number in range(3_000)]),
        "names.zip": zipped(
            [(name, photograph(100 + n)) for n, name in enumerate(zip_names(), start=1)]
        ),
        "cut.zip": zipped([("a.jpg", good)])[:-30],
        "empty.zip": zipped([]),
    }


def zip_names() -> list[str]:
    """The names that an archive can hold as they are."""
    return [name for name in NAMES.values() if name.strip() and not {"\x00", "\ud83d"} & set(name)]


def zipped(members: list[tuple[str, bytes]]) -> bytes:
    """A ZIP archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in members:
            target.writestr(name, data)
    return buffer.getvalue()


def cut(make: Callable[[], bytes], share: int) -> bytes:
    """The first ``share`` percent of a file."""
    data = make()
    return data[: len(data) * share // 100]


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, rows: bytes) -> bytes:
    """A gray PNG that says it has this size and holds these rows, filter bytes included."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(rows, 1)) if rows else b""
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def zeros(side: int) -> bytes:
    """A black PNG, packed row by row so that making it takes no memory either."""
    packer = zlib.compressobj(1)
    row = bytes(side + 1)
    rows = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def png_with(kind: bytes, data: bytes, times: int = 1) -> bytes:
    """A PNG of a part with further chunks behind its header."""
    png = encoded(part(), "PNG")
    return png[:33] + chunk(kind, data) * times + png[33:]


def bad_checksum() -> bytes:
    """A PNG whose pixels do not match their checksum."""
    data = bytearray(encoded(part(), "PNG"))
    data[data.index(b"IDAT") + 40] ^= 1
    return bytes(data)


def sixteen_bits(side: int) -> Image.Image:
    """A picture with 16 bits a pixel."""
    return Image.fromarray(np.full((side, side), 40_000, dtype=np.uint16))


def flat(mode: str) -> Image.Image:
    """A picture of one colour, as large as is allowed."""
    return Image.new(mode, (HUGE, HUGE), 99)


def many_scans() -> bytes:
    """A progressive JPEG of 25 megapixels whose last scan comes a thousand times."""
    data = encoded(flat("L"), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * 1_000 + data[-2:]


def tiff_of(tags: list[tuple[int, int, int, int]], rest: bytes = b"", further: int = 0) -> bytes:
    """A TIFF of one directory with these tags: number, type, count, value or place."""
    entries = b"".join(struct.pack("<HHLL", *tag) for tag in tags)
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<L", further)
    return b"II*\0\x08\0\0\0" + directory + rest


def strips(count: int) -> bytes:
    """A TIFF whose every row is a strip, 64 pixels wide."""
    tags = [(256, 4, 1, 64), (257, 4, 1, count), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    after = 8 + 2 + 12 * (len(tags) + 4) + 4
    tags += [(273, 4, count, after), (277, 3, 1, 1), (278, 4, 1, 1), (279, 4, count, after)]
    return tiff_of(tags, struct.pack("<L", 8) * count)


def directories() -> bytes:
    """A TIFF of a part, with 300,000 further directories that are hardly pictures."""
    data = bytearray(encoded(part(side=100), "TIFF"))
    (first,) = struct.unpack_from("<L", data, 4)
    (tags,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<L", data, first + 2 + 12 * tags, len(data))
    for number in range(300_000):
        entries = struct.pack("<HHHLLHHLL", 2, 256, 4, 1, 64, 257, 4, 1, 64)
        following = len(data) + len(entries) + 4 if number < 299_999 else 0
        data += entries + struct.pack("<L", following)
    return bytes(data)


def exif_claims() -> bytes:
    """A JPEG with two thousand tags in its Exif that all claim the same 60 kB."""
    tags = [(1_000 + number, 7, 60_000, 8) for number in range(2_000)]
    claims = (b"Exif\0\0" + tiff_of(tags, bytes(65_000)))[:65_530]
    return photograph()[:2] + b"\xff\xe1" + struct.pack(">H", 65_532) + claims + photograph()[2:]


def negative_height() -> bytes:
    """A BMP whose rows come from the top, as if it had fewer than none."""
    data = bytearray(encoded(part(), "BMP"))
    data[22:26] = struct.pack("<i", -300)
    return bytes(data)


def turned(orientation: int) -> bytes:
    """A JPEG that says which side is up; 0 and 9 say nothing that exists."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(part().resize((400, 200)), "JPEG", exif=exif.tobytes())
