"""Names in ZIP archives, as the programs write them that people have."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from core.inspection.uploads import Limits, receive
from tests.fakes import Upload


def archive(raw: bytes, flags: int = 0, extra: bytes = b"") -> Upload:
    """One stored file under these bytes as its name."""
    data, length = b"photograph", len(raw)
    fixed = struct.pack("<HHHHLLL", flags, 0, 0, 33, zlib.crc32(data), len(data), len(data))
    names = struct.pack("<HH", length, len(extra))
    local = b"PK\x03\x04" + struct.pack("<H", 20) + fixed + names + raw + extra + data
    central = b"PK\x01\x02" + struct.pack("<HH", 20, 20) + fixed + names
    central += struct.pack("<HHHLL", 0, 0, 0, 0, 0) + raw + extra
    end = struct.pack("<HHHHLLH", 0, 0, 1, 1, len(central), len(local), 0)
    return Upload("a.zip", local + central + b"PK\x05\x06" + end)


def unicode_path(raw: bytes, name: str, checksum: int | None = None) -> bytes:
    """Info-ZIP's extra field, after another one."""
    crc = zlib.crc32(raw) if checksum is None else checksum
    data = b"\x01" + struct.pack("<L", crc) + name.encode()
    return struct.pack("<HHL", 0x5455, 4, 0) + struct.pack("<HH", 0x7075, len(data)) + data


def names(upload: Upload, root: Path) -> list[str]:
    received = receive([upload], root, Limits(9, 9))
    assert all(file.stored_as for file in received.files)
    return [file.name for file in received.files]


@pytest.mark.parametrize(
    ("name", "encoding", "flags"),
    [
        ("part 7.jpg", "ascii", 0),
        ("Prüfung/Größe.jpg", "cp437", 0),
        ("pièce à côté.jpg", "cp437", 0),
        ("cañón.jpg", "cp437", 0),
        ("Prüfung/Größe.jpg", "utf-8", 0),
        ("铸件/零件 7.jpg", "utf-8", 0),
        ("铸件/零件 7.jpg", "utf-8", 0x800),
        ("铸件/零件 7.jpg", "gbk", 0),
        ("鑄件.jpg", "gbk", 0),
        ("缺陷 镕.jpg", "gbk", 0),
        ("🔥.jpg", "utf-8", 0),
    ],
)
def test_a_name_comes_out_as_it_was_written(
    tmp_path: Path, name: str, encoding: str, flags: int
) -> None:
    assert names(archive(name.encode(encoding), flags), tmp_path) == [f"a.zip/{name}"]


def test_the_unicode_path_holds_where_it_belongs_to_the_name(tmp_path: Path) -> None:
    raw = b"Gu?.jpg"
    assert names(archive(raw, 0, unicode_path(raw, "Guß.jpg")), tmp_path) == ["a.zip/Guß.jpg"]
    stale = unicode_path(raw, "other.jpg", checksum=1)
    assert names(archive(raw, 0, stale), tmp_path) == ["a.zip/Gu?.jpg"]


def test_backslashes_are_folders(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in ("shift\\", "shift\\part 7.jpg", "shift\\.hidden\\a.jpg"):
            target.writestr(name, b"photograph")
    upload = Upload("a.zip", buffer.getvalue())
    assert names(upload, tmp_path) == ["a.zip/shift/part 7.jpg"]
