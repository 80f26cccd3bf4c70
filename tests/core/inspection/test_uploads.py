"""Uploads into the spool: archives, limits, names, and what is left after a failure."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from core.errors import UploadRefused
from core.inspection import spool
from core.inspection.images import MAX_BYTES
from core.inspection.uploads import Limits, Received, receive
from tests.fakes import Upload

LIMITS = Limits(files=50, megabytes=100)


def archive(
    members: list[tuple[str, bytes]], name: str = "shift.zip", method: int = zipfile.ZIP_DEFLATED
) -> Upload:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as target:
        for member, data in members:
            target.writestr(member, data)
    return Upload(name, buffer.getvalue())


def outcome(received: Received) -> list[tuple[str, str]]:
    """Name and the start of the reason of each file."""
    return [(file.name, file.reason) for file in received.files]


def stored(received: Received) -> dict[str, bytes]:
    return {
        file.name: (received.folder / file.stored_as).read_bytes()
        for file in received.files
        if file.stored_as
    }


def on_disk(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()] if root.exists() else []


def test_files_and_archives_are_kept_byte_for_byte(tmp_path: Path) -> None:
    large = os.urandom(700_000)
    uploads = [
        Upload("a.jpg", b"one"),
        archive([("b.jpg", large), ("deep/er/c.png", b"three")]),
        Upload("empty.jpg", b""),
    ]
    received = receive(uploads, tmp_path, LIMITS)
    assert stored(received) == {
        "a.jpg": b"one",
        "shift.zip/b.jpg": large,
        "shift.zip/deep/er/c.png": b"three",
        "empty.jpg": b"",
    }


def test_an_archive_is_known_by_its_content(tmp_path: Path) -> None:
    received = receive(
        [archive([("a.jpg", b"one")], name="part.jpg"), Upload("not.zip", b"plain")],
        tmp_path,
        LIMITS,
    )
    assert stored(received) == {"part.jpg/a.jpg": b"one", "not.zip": b"plain"}


@pytest.mark.parametrize(
    "name",
    [
        "../../outside.jpg",
        "/etc/outside.jpg",
        "C:\\outside.jpg",
        "a\x00b.jpg",
        "n" * 4096,
        "=cmd|x",
    ],
)
def test_a_name_is_a_label_and_never_a_path(tmp_path: Path, name: str) -> None:
    root = tmp_path / "spool"
    received = receive([Upload(name, b"one"), archive([(name, b"two")])], root, LIMITS)
    assert [file.stored_as for file in received.files] == ["000001", "000002"]
    assert {path.parent for path in on_disk(tmp_path)} == {received.folder}
    sealed = spool.seal(received.folder, received.files, root, "1-x")
    assert next(iter(spool.photographs(sealed))).name == name


@pytest.mark.parametrize(
    "name",
    [
        "folder/",
        ".DS_Store",
        "a/.hidden/b.jpg",
        "__MACOSX/a.jpg",
        "x/Thumbs.db",
        "desktop.ini",
        "x/@eaDir/a.jpg",
        "$RECYCLE.BIN\\a.jpg",
        "a.jpg.filepart",
        "a.ok",
    ],
)
def test_clutter_is_passed_over(tmp_path: Path, name: str) -> None:
    uploads = [archive([(name, b""), ("a.jpg", b"one")])]
    if not name.endswith("/"):
        uploads.append(Upload(name, b"clutter"))
    assert stored(receive(uploads, tmp_path, LIMITS)) == {"shift.zip/a.jpg": b"one"}


def encrypted() -> Upload:
    """An archive whose member says that it is encrypted, in both of its headers."""
    data = bytearray(archive([("a.jpg", b"secret")]).getvalue())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return Upload("locked.zip", bytes(data))


def bad_checksum() -> Upload:
    data = bytearray(
        archive([("a.jpg", b"one" * 99), ("b.jpg", b"two")], method=zipfile.ZIP_STORED).getvalue()
    )
    data[data.index(b"oneone")] ^= 1
    return Upload("shift.zip", bytes(data))


@pytest.mark.parametrize(
    ("upload", "reasons"),
    [
        (encrypted(), [("locked.zip", "password")]),
        (
            Upload("cut.zip", archive([("a.jpg", b"one" * 99)]).getvalue()[:60]),
            [("cut", "damaged")],
        ),
        (archive([]), [("shift.zip", "no photographs")]),
        (archive([(".hidden", b"x")]), [("shift.zip", "no photographs")]),
        (bad_checksum(), [("shift.zip/a.jpg", "damaged inside"), ("shift.zip/b.jpg", "")]),
        (
            archive([("a.jpg", b"one"), ("in.jpg", archive([("b.jpg", b"two")]).getvalue())]),
            [("shift.zip/a.jpg", ""), ("shift.zip/in.jpg", "inside an archive")],
        ),
        (
            archive([("a.jpg", b"one")], method=zipfile.ZIP_LZMA),
            [("shift.zip/a.jpg", "unusual way")],
        ),
        (Upload("big.jpg", b"x" * (MAX_BYTES + 1)), [("big.jpg", "MB. Save it smaller")]),
        (
            archive([("big.jpg", bytes(MAX_BYTES + 1)), ("b.jpg", b"two")]),
            [("shift.zip/big.jpg", "MB. Save it smaller"), ("shift.zip/b.jpg", "")],
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_alone(
    tmp_path: Path, upload: Upload, reasons: list[tuple[str, str]]
) -> None:
    good = Upload("good.jpg", b"good")
    upload.seek(0)
    received = receive([upload, good], tmp_path, LIMITS)
    for (name, reason), (expected, part) in zip(outcome(received)[:-1], reasons, strict=True):
        assert name.startswith(expected)
        assert part in reason
        assert bool(part) == bool(reason)
    assert stored(received)["good.jpg"] == b"good"
    assert len(on_disk(tmp_path)) == sum(1 for _, reason in outcome(received) if not reason)


def test_bombs_are_measured_while_they_are_unpacked(tmp_path: Path) -> None:
    many = archive([(f"{number}.jpg", bytes(MAX_BYTES)) for number in range(4)])
    assert len(many.getvalue()) < 200_000
    crowd = archive([(f"{number}.jpg", b"") for number in range(51)], name="crowd.zip")
    received = receive([many, crowd, Upload("a.jpg", b"one")], tmp_path, LIMITS)
    assert [(name, bool(reason)) for name, reason in outcome(received)] == [
        ("shift.zip", True),
        ("crowd.zip", True),
        ("a.jpg", False),
    ]
    assert "100 MB" in received.files[0].reason
    assert "50 files" in received.files[1].reason
    assert len(on_disk(tmp_path)) == 1


def test_bombs_together_end_the_upload(tmp_path: Path) -> None:
    bomb = archive([(f"{number}.jpg", bytes(MAX_BYTES)) for number in range(4)]).getvalue()
    with pytest.raises(UploadRefused, match="far more"):
        receive((Upload(f"{number}.zip", bomb) for number in range(9)), tmp_path, LIMITS)
    assert list(tmp_path.iterdir()) == []


def test_sizes_in_headers_are_not_believed(tmp_path: Path) -> None:
    """The member says it has 10 bytes and unpacks to 20 MB."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(bytes(20_000_000)) + packed.flush()
    sizes = struct.pack("<LLL", zlib.crc32(bytes(10)), len(body), 10)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes
    local += struct.pack("<HH", 1, 0) + b"a" + body
    central = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sizes
    central += struct.pack("<HHHHHLL", 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(central), len(local), 0)
    received = receive([Upload("lie.zip", local + central + end)], tmp_path, LIMITS)
    assert sum(path.stat().st_size for path in on_disk(tmp_path)) <= 10
    assert len(received.files) == 1


def test_an_endless_table_of_contents_is_not_read(tmp_path: Path) -> None:
    upload = archive([(f"{number:0200}.jpg", b"") for number in range(8_000)])
    received = receive([upload, Upload("a.jpg", b"one")], tmp_path, LIMITS)
    assert "too many files" in received.files[0].reason
    assert received.files[1].reason == ""


@pytest.mark.parametrize(
    ("uploads", "message"),
    [
        ([Upload(f"{number}.jpg", b"x") for number in range(51)], "more than 50 files"),
        ([Upload(f"{number}.jpg", bytes(MAX_BYTES)) for number in range(4)], "more than 100 MB"),
        ([], "no photograph"),
        ([Upload(".DS_Store", b"x")], "no photograph"),
    ],
)
def test_an_upload_over_a_limit_leaves_nothing(
    tmp_path: Path, uploads: list[Upload], message: str
) -> None:
    with pytest.raises(UploadRefused, match=message):
        receive(uploads, tmp_path, LIMITS)
    assert list(tmp_path.iterdir()) == []


def test_a_spool_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UploadRefused, match="SPOOL_FOLDER"):
        receive([Upload("a.jpg", b"x")], tmp_path / "file", LIMITS)


def sealed(root: Path) -> spool.Spool:
    uploads = [Upload("a.jpg", b"one"), archive([]), Upload("b.jpg", b"two")]
    received = receive(uploads, root, LIMITS)
    return spool.seal(received.folder, received.files, root, "7-x")


def test_a_spool_is_found_again_with_everything_in_order(tmp_path: Path) -> None:
    made = sealed(tmp_path)
    found = spool.find_spool(tmp_path, "7-x")
    assert found == made
    photographs = list(spool.photographs(found))
    assert [(item.name, item.data) for item in photographs] == [
        ("a.jpg", b"one"),
        ("shift.zip", b""),
        ("b.jpg", b"two"),
    ]
    assert [bool(item.fault) for item in photographs] == [False, True, False]


def test_a_spool_stops_when_it_is_told(tmp_path: Path) -> None:
    answers = iter([True, False])
    assert len(list(spool.photographs(sealed(tmp_path), lambda: next(answers)))) == 1


def test_a_spooled_photograph_that_changed_is_not_inspected(tmp_path: Path) -> None:
    made = sealed(tmp_path)
    (made.folder / "000003").write_bytes(b"other")
    photographs = spool.photographs(made)
    assert next(photographs).name == "a.jpg"
    next(photographs)
    with pytest.raises(UploadRefused, match="Upload the photographs again"):
        next(photographs)
    (made.folder / "000001").unlink()
    with pytest.raises(UploadRefused, match="no longer on disk"):
        next(spool.photographs(made))


@pytest.mark.parametrize("content", [None, "", "{", "[{}]", json.dumps([{"name": "a"}])])
def test_a_folder_without_its_manifest_is_no_spool(tmp_path: Path, content: str | None) -> None:
    (tmp_path / "7-x").mkdir()
    if content is not None:
        (tmp_path / "7-x" / spool.MANIFEST).write_text(content)
    assert spool.find_spool(tmp_path, "7-x") is None


def test_sweeping_keeps_what_is_wanted(tmp_path: Path) -> None:
    made = sealed(tmp_path)
    fresh, leftover = tmp_path / "incoming-fresh", tmp_path / "incoming-old"
    other = tmp_path / "somebody else's"
    for folder in (fresh, leftover, other):
        folder.mkdir()
    os.utime(leftover, (0, 0))
    spool.sweep(tmp_path, keep=lambda name: name == "7-x")
    assert {path.name for path in tmp_path.iterdir()} == {"7-x", fresh.name, other.name}
    spool.sweep(tmp_path, keep=lambda name: False)
    assert not made.folder.exists()
    spool.sweep(tmp_path / "nowhere", keep=lambda name: False)
