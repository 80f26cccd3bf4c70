"""Files of formats that are known and not read: what each is called, from its first bytes."""

from __future__ import annotations

import re
import struct

from core.inspection.formats.containers import DAMAGED
from core.inspection.formats.tiff_tags import TIFF_STARTS, first_directory, tags_are_whole

_DNG_VERSION, _NEW_SUBFILE_TYPE, _SUB_DIRECTORIES = 50706, 254, 330
_WIDTH = 256
_BMP_HEADER = 54
_LAST_BMP_COMPRESSION = 3
_PHOTOGRAPHS = (
    *(b"\xff\xd8", b"\x89PNG", b"BM", b"RIFF", b"P5", b"P6"),
    *(b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51", *TIFF_STARTS),
)
_USE = "Save it as JPEG, PNG or TIFF."
_STARTS = {
    b"GIF87a": "a GIF file",
    b"GIF89a": "a GIF file",
    b"%PDF": "a PDF file",
    b"%!PS": "a PostScript file",
    b"8BPS": "a Photoshop file",
    b"\x00\x00\x01\x00": "an icon file",
    b"FUJIFILMCCD-RAW": "a raw photograph (RAF)",
    b"IIU\x00": "a raw photograph (RW2)",
    b"IIRO": "a raw photograph (ORF)",
    b"IIRS": "a raw photograph (ORF)",
    b"MMOR": "a raw photograph (ORF)",
    b"v/1\x01": "an OpenEXR file",
    b"\xff\x0a": "a JPEG XL file",
    b"\x00\x00\x00\x0cJXL ": "a JPEG XL file",
    b"PK\x03\x04": "a ZIP archive",
    b"PK\x05\x06": "a ZIP archive",
    b"\x1f\x8b": "a compressed archive",
    b"Rar!": "an archive",
    b"7z\xbc\xaf": "an archive",
    b"SIMPLE  =": "a FITS file",
    b"\x1aE\xdf\xa3": "a film",
    b"P1": "a bitmap in the format PBM",
    b"P2": "a PGM file written as text",
    b"P3": "a PPM file written as text",
    b"P4": "a bitmap in the format PBM",
    b"P7": "a PAM file",
}
_BRANDS = {
    b"avif": "an AVIF file",
    b"avis": "an AVIF file",
    b"crx ": "a raw photograph (CR3)",
    b"qt  ": "a film",
    b"isom": "a film",
    b"iso2": "a film",
    b"mp41": "a film",
    b"mp42": "a film",
    b"M4V ": "a film",
}
_TEXT = re.compile(rb"(?:\xef\xbb\xbf)?\s*<", re.DOTALL)
_LOOKED_AT = 1_000
"""First bytes of a text that are searched for what it is."""


def reason_for_known_format(data: bytes) -> str | None:
    """Why a file of a known format is not read, or None for what is not known or is read."""
    name = _name(data)
    return None if name is None else f"This is {name}. {_USE}"


def reason_for_unread_bmp(data: bytes) -> str | None:
    """Why a BMP that holds another format's data is not read; None for any other file."""
    if not data.startswith(b"BM") or len(data) < _BMP_HEADER:
        return None
    (compression,) = struct.unpack_from("<L", data, 30)
    if compression <= _LAST_BMP_COMPRESSION:
        return None
    inside = {4: "a JPEG inside", 5: "a PNG inside"}.get(compression, f"compression {compression}")
    return f"This is a BMP file with {inside}, which is not read. {_USE}"


def reason_for_unidentified(data: bytes) -> str:
    """Why a file that no decoder recognizes is not read."""
    if tags_are_whole(data) and _WIDTH in first_directory(data):
        return "This kind of TIFF file is not read. Save it with 8 or 16 bits, or as PNG or JPEG."
    if data.startswith(_PHOTOGRAPHS) or data[4:8] == b"ftyp":
        return DAMAGED
    return (
        "This is not a photograph in a known format. Use JPEG, PNG, BMP, TIFF, WebP, HEIC, "
        "JPEG 2000 or PGM."
    )


def _name(data: bytes) -> str | None:
    for start, name in _STARTS.items():
        if data.startswith(start):
            return name
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12])
    if data.startswith(TIFF_STARTS):
        return _raw_name(data)
    if _TEXT.match(data):
        text = data[:_LOOKED_AT].lower()
        if b"<svg" in text:
            return "an SVG drawing"
        if b"<html" in text or b"<!doctype html" in text:
            return "a web page"
    return None


def _raw_name(data: bytes) -> str | None:
    if data[8:10] == b"CR":
        return "a raw photograph (CR2)"
    directory = first_directory(data)
    if _DNG_VERSION in directory:
        return "a raw photograph (DNG)"
    # Nikon's and Sony's begin with a preview; the photograph lies in a directory below.
    if _SUB_DIRECTORIES in directory and directory.get(_NEW_SUBFILE_TYPE, 0) & 1:
        return "a raw photograph (NEF, ARW or alike)"
    return None
