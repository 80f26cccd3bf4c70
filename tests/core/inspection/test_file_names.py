"""Names of files: what is passed over, and what is shown of a name that is not UTF-8."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

import pytest

from core.inspection.file_names import LONGEST_PART, passed_over, printable, with_addition


@pytest.mark.parametrize(
    "name",
    [
        "@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg",
        "#recycle/a.jpg",
        "$RECYCLE.BIN/$R1.jpg",
        "System Volume Information/a.jpg",
        "deep/__MACOSX/a.jpg",
        "deep/Thumbs.db",
        "desktop.ini",
        ".hidden.jpg",
        ".folder/a.jpg",
        "a.jpg.LOCK",
        "a.ok",
        "a.tmp",
        "a.temp",
        "a.jpg.part",
        "a.partial",
        "a.crdownload",
        "a.jpg.filepart",
    ],
)
def test_what_is_no_photograph_is_passed_over(name: str) -> None:
    assert passed_over(name)


@pytest.mark.parametrize(
    "name", ["a.jpg", "../a.jpg", "./a", "eaDir/a.jpg", "part.ok/a.jpg", "ok", "#7.jpg", "", "/"]
)
def test_what_may_be_a_photograph_is_not(name: str) -> None:
    assert not passed_over(name)


def test_distinct_names_are_shown_distinct_and_can_be_written_everywhere() -> None:
    pieces = ("\\", "x", "ff", "5c", "\udcff", "\udc5c", "\ud83d", "u", "d83d")
    names = {
        "".join(chosen) for count in range(5) for chosen in itertools.product(pieces, repeat=count)
    }
    shown = {printable(name) for name in names}
    assert len(shown) == len(names)
    for name in shown:
        assert json.loads(json.dumps(name).encode("utf-8")) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"Pr\xfcfung \xff.jpg", r"Pr\xfcfung \xff.jpg"),
        ("Prüfung 🔥\n.jpg".encode(), "Prüfung 🔥\n.jpg"),
        (rb"a\b\xff.jpg", r"a\b\x5cxff.jpg"),
    ],
)
def test_bytes_that_are_not_utf_8_are_shown_escaped(name: bytes, shown: str) -> None:
    assert printable(os.fsdecode(name)) == shown


@pytest.mark.parametrize("stem", ["a", "n" * 251, "ü" * 125, "\udcff" * 251])
@pytest.mark.parametrize("suffix", [".jpg", "." + "s" * 250, ""])
def test_a_name_with_an_addition_is_never_too_long(tmp_path: Path, stem: str, suffix: str) -> None:
    path = with_addition(tmp_path / f"{stem}{suffix}", "-0123456789ab")
    name = os.fsencode(path.name)
    assert len(name) <= LONGEST_PART
    assert b"-0123456789ab" in name
    assert path.parent == tmp_path
