"""What a JPEG's markers say: its scans, and whether every part of the picture is there.

Markers are followed from one to the next, so those of a preview inside an application segment
and those behind the end of the picture (a motion photograph's film) do not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import simplejpeg

START = b"\xff\xd8"
MAX_SEGMENTS = 1_000
"""Of a JPEG's first picture; 255 parts of a colour profile are the most that are usual."""
MAX_STRAY_BYTES = 1_000
"""Between two segments; libjpeg skips any number of them."""
MAX_SCANS = 500
"""A usual progressive JPEG has about ten."""

_END, _SCAN = 0xD9, 0xDA
_WITHOUT_LENGTH = {0x00, 0x01, *range(0xD0, 0xD9), 0xFF}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_USUAL_FRAMES = {0xC0, 0xC1, 0xC2}
"""Baseline, extended and progressive, all with Huffman's codes."""
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_LOST_SCAN = 16
_ALL = 64
"""Coefficients of a block."""
_LOST = ("Corrupt JPEG data", "Premature end")
"""How libjpeg's warnings begin where picture data are lost; its others are harmless."""


@dataclass(slots=True)
class JpegLayout:
    """What the markers of a JPEG's first picture say."""

    segments: int = 0
    scans: int = 0
    ended: bool = False
    """True when its end marker was found."""
    usual: bool = True
    """False for lossless and arithmetic coding."""
    bits: int = 8
    coefficients: float = 3.0
    """Coefficients a pixel: fewer than the components where the colours are coarser."""
    missing: dict[int, list[int]] = field(default_factory=dict)
    """Component -> for each coefficient the low bits that no scan has given; -1 is none at all."""

    @property
    def every_scan(self) -> bool:
        """True when the scans together give each component all bits of all coefficients."""
        return bool(self.missing) and not any(any(low) for low in self.missing.values())


def jpeg_layout(data: bytes) -> JpegLayout:
    """Follow the markers of a JPEG, as far as they lead; no more than its scans' limit."""
    found = JpegLayout()
    place = 2
    while found.segments <= MAX_SEGMENTS and found.scans <= MAX_SCANS:
        if data[place : place + 1] != b"\xff":
            place = data.find(b"\xff", place, place + MAX_STRAY_BYTES)
            if place < 0:
                return found
        marker = data[place + 1] if place + 1 < len(data) else None
        if marker is None or marker == _END:
            found.ended = marker == _END
            return found
        found.segments += 1
        if marker in _WITHOUT_LENGTH:
            place += 1
            continue
        size = int.from_bytes(data[place + 2 : place + 4])
        body = data[place + 4 : place + 2 + size]
        place += 2 + size
        if marker in _FRAMES:
            _note_frame(found, marker, body)
        elif marker == _SCAN:
            found.scans += 1
            _note_scan(found, body)
            following = _AFTER_SCAN.search(data, place)
            if following is None:
                return found
            place = following.start()
    return found


def _note_frame(found: JpegLayout, marker: int, body: bytes) -> None:
    found.usual = found.usual and marker in _USUAL_FRAMES
    if len(body) >= 6:
        found.bits = body[0]
        sizes = [(factors >> 4) * (factors & 15) for factors in body[7 : 6 + 3 * body[5] : 3]]
        found.coefficients = sum(sizes) / max(sizes) if any(sizes) else float(body[5])
        found.missing = {component: [-1] * _ALL for component in body[6 : 6 + 3 * body[5] : 3]}


def _note_scan(found: JpegLayout, body: bytes) -> None:
    count = body[0] if body else 0
    if len(body) < 4 + 2 * count:
        return
    first, last, bits = body[1 + 2 * count : 4 + 2 * count]
    refined, given = bits >> 4, bits & 15
    for component in body[1 : 1 + 2 * count : 2]:
        low = found.missing.get(component, [])
        for number in range(first, min(last + 1, len(low))):
            # A scan that refines another one needs it.
            low[number] = given if refined in (0, low[number]) else _LOST_SCAN


def jpeg_is_whole(data: bytes) -> bool:
    """True when libjpeg finds all data of the picture; it would fill in what is missing.

    It is asked at an eighth of the size: all data are read all the same.
    """
    colours = "GRAY"
    try:
        if simplejpeg.decode_jpeg_header(data)[2] == "CMYK":
            colours = "CMYK"
        simplejpeg.decode_jpeg(data, colours, min_height=1, min_width=1, min_factor=8, strict=True)
    except ValueError as warning:
        return not str(warning).startswith(_LOST)
    return True
