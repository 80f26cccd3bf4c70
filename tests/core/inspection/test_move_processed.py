"""Moving what was inspected out of a watched folder: never over another, and none is lost."""

import errno
import os

import pytest

from core.inspection.images import sha256_of
from core.inspection.watching.move_processed import REJECTED, move_processed
from tests.watching import Watching, put


def test_an_inspected_file_is_moved_beside_others_and_never_over_them(tmp_path):
    aside = tmp_path / "done"
    aside.mkdir()
    watching = Watching(tmp_path, aside=aside)
    for content in (b"one", b"two", b"one"):
        put(tmp_path, "deep/a.jpg", content)
        ((_, data),) = watching.take(1)
        move_processed(watching.last, aside, sha256_of(data), rejected=False)
        watching.folder.forget(watching.last)
    put(tmp_path, "bad.jpg", b"bad")
    watching.take(1)
    move_processed(watching.last, aside, sha256_of(b"bad"), rejected=True)
    move_processed(watching.last, aside, sha256_of(b"bad"), rejected=True)
    moved = {path.relative_to(aside).as_posix(): path for path in aside.rglob("*.jpg")}
    named = f"deep/a-{sha256_of(b'two')[:12]}.jpg"
    assert {name: path.read_bytes() for name, path in moved.items()} == {
        "deep/a.jpg": b"one",
        named: b"two",
        f"{REJECTED}/bad.jpg": b"bad",
    }
    assert watching.nothing_more()


@pytest.mark.parametrize("taken", [False, True])
def test_a_file_that_was_replaced_before_it_is_moved_goes_back(tmp_path, taken, monkeypatch):
    aside = tmp_path / "done"
    aside.mkdir()
    put(tmp_path, "a.jpg", b"read", age=60)
    watching = Watching(tmp_path, aside=aside)
    watching.take(1)
    put(tmp_path, "a.jpg", b"newer", age=30)
    if taken:
        rename = type(tmp_path).rename

        def and_another(path, target):
            rename(path, target)
            put(tmp_path, "a.jpg", b"newest", age=20)

        monkeypatch.setattr(type(tmp_path), "rename", and_another)
    move_processed(watching.last, aside, sha256_of(b"read"), rejected=False)
    watching.folder.forget(watching.last)
    left = {data for _, data in watching.take(2 if taken else 1)}
    assert left == ({b"newer", b"newest"} if taken else {b"newer"})


def test_a_name_of_full_length_is_moved_beside_another_and_goes_back(tmp_path):
    aside = tmp_path / "done"
    aside.mkdir()
    name = "n" * 251 + ".jpg"
    watching = Watching(tmp_path, aside=aside)
    for content in (b"one", b"two"):
        put(tmp_path, name, content)
        watching.take(1)
        move_processed(watching.last, aside, sha256_of(content), rejected=False)
        watching.folder.forget(watching.last)
    assert sorted(path.read_bytes() for path in aside.iterdir()) == [b"one", b"two"]


def test_what_goes_to_a_folder_that_is_gone_stays(tmp_path):
    watching = Watching(tmp_path)
    path = put(tmp_path, "a.jpg", b"a")
    watching.take(1)
    with pytest.raises(FileNotFoundError):
        move_processed(watching.last, tmp_path / "gone", sha256_of(b"a"), rejected=False)
    assert path.exists()
    path.unlink()
    move_processed(watching.last, tmp_path / "gone", sha256_of(b"a"), rejected=False)
    assert not (tmp_path / "gone").exists()


def test_a_share_without_second_names_gives_a_replaced_file_back(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    aside = tmp_path / "done"
    aside.mkdir()
    put(tmp_path, "a.jpg", b"read", age=60)
    watching = Watching(tmp_path, aside=aside)
    watching.take(1)
    put(tmp_path, "a.jpg", b"newer", age=30)
    move_processed(watching.last, aside, sha256_of(b"read"), rejected=False)
    assert (tmp_path / "a.jpg").read_bytes() == b"newer"
