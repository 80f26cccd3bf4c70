"""A watched folder: complete files only, each once, in order; and moving them out of it."""

import os
import threading
import time

import pytest

from core.inspection.images import sha256_of
from core.inspection.move_processed import REJECTED, move_processed
from core.inspection.watch_folder import Known, WatchedFolder

SETTLE = 0.3


class Watching:
    """A watched folder whose files are taken one by one, as by a service."""

    def __init__(self, folder, known=(), settle=SETTLE, aside=None):
        self.stop = threading.Event()
        self.folder = WatchedFolder(folder, dict(known), settle, self.stop, aside)
        self.seconds = 60.0

    def take(self, count):
        """The next files as (name, bytes); fewer where no more come in time."""
        ends = time.monotonic() + self.seconds
        taken = []
        photographs = self.folder.photographs(lambda: time.monotonic() < ends)
        for photograph in photographs:
            taken.append((photograph.name, photograph.data))
            self.last = self.folder.next_done(sha256_of(photograph.data))
            if len(taken) == count:
                break
        photographs.close()
        return taken

    def nothing_more(self):
        self.seconds = 3 * SETTLE
        return self.take(1) == []


def put(folder, name, data=b"x", age=10.0):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    at = time.time() - age
    os.utime(path, (at, at))
    return path


def test_files_that_wait_come_in_the_order_they_were_written(tmp_path):
    for age, name in ((5, "z.jpg"), (9, "b.jpg"), (7, "deep/a.jpg"), (9, "a.jpg")):
        put(tmp_path, name, name.encode(), age)
    for name in (".hidden.jpg", ".folder/a.jpg", "labels.csv", "c.jpg.part", "d.tmp"):
        put(tmp_path, name)
    watching = Watching(tmp_path)
    names = [name for name, _ in watching.take(4)]
    assert set(names[:2]) == {"a.jpg", "b.jpg"}
    assert names[2:] == ["deep/a.jpg", "z.jpg"]
    assert watching.nothing_more()


def test_a_file_is_taken_when_it_is_completely_written(tmp_path):
    watching = Watching(tmp_path)

    def write():
        with (tmp_path / "slow.jpg").open("wb") as file:
            for _ in range(6):
                file.write(b"half")
                file.flush()
                time.sleep(SETTLE / 3)

    writer = threading.Thread(target=write)
    writer.start()
    assert watching.take(1) == [("slow.jpg", b"half" * 6)]
    writer.join()
    assert watching.nothing_more()


def test_a_file_that_is_renamed_into_its_name_is_taken_at_once(tmp_path):
    watching = Watching(tmp_path, settle=3000.0)
    (put(tmp_path, "new.jpg.part", b"new", age=6000.0)).rename(tmp_path / "new.jpg")
    assert watching.take(1) == [("new.jpg", b"new")]


def test_another_file_under_the_same_name_is_inspected_and_the_same_one_is_not(tmp_path):
    put(tmp_path, "part.jpg", b"first", age=60)
    watching = Watching(tmp_path)
    assert watching.take(1) == [("part.jpg", b"first")]
    put(tmp_path, "part.jpg", b"first", age=50)
    assert watching.nothing_more()
    watching.seconds = 60.0
    put(tmp_path, "part.jpg", b"other", age=40)
    assert watching.take(1) == [("part.jpg", b"other")]


def test_what_was_inspected_before_a_restart_is_known(tmp_path):
    put(tmp_path, "old.jpg", b"old")
    first = Watching(tmp_path)
    first.take(1)
    known = {first.last.name: Known(first.last.mark, sha256_of(b"old"))}
    put(tmp_path, "new.jpg", b"new")
    again = Watching(tmp_path, known)
    assert again.take(1) == [("new.jpg", b"new")]
    assert again.nothing_more()


def test_what_got_no_outcome_waits_again_before_all_others(tmp_path):
    for number in range(4):
        put(tmp_path, f"{number}.jpg", f"{number}".encode(), age=60 - number)
    watching = Watching(tmp_path)
    photographs = watching.folder.photographs(lambda: True)
    assert [next(photographs).name for _ in range(3)] == ["0.jpg", "1.jpg", "2.jpg"]
    photographs.close()
    watching.folder.next_done("0" * 64)
    watching.folder.give_back()
    assert watching.folder.waiting == 3
    assert [name for name, _ in watching.take(3)] == ["1.jpg", "2.jpg", "3.jpg"]


def test_an_inspected_file_is_moved_beside_others_and_never_over_them(tmp_path):
    aside = tmp_path / "done"
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
