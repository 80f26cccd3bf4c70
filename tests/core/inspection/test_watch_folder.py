"""A watched folder: complete files only, each once, in order, whatever becomes of the folder."""

import errno
import os
import threading
import time

import pytest

from core.inspection.images import sha256_of
from core.inspection.watching import folder_changes, watch_folder
from core.inspection.watching.move_processed import move_processed
from core.inspection.watching.watch_folder import Known
from tests.watching import SETTLE, Watching, put


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


def test_what_a_share_says_of_the_time_of_writing_is_not_believed(tmp_path):
    watching = Watching(tmp_path)

    def write():
        for number in range(6):
            with (tmp_path / "slow.jpg").open("ab") as file:
                file.write(b"half")
            at = time.time() - 86_400 + number
            os.utime(tmp_path / "slow.jpg", (at, at))
            time.sleep(SETTLE / 3)

    writer = threading.Thread(target=write)
    writer.start()
    assert watching.take(1) == [("slow.jpg", b"half" * 6)]
    writer.join()
    assert watching.nothing_more()


@pytest.mark.parametrize("age", [-86_400.0, 0.0, 86_400.0])
def test_a_file_that_does_not_change_is_taken_after_it_settled(tmp_path, age):
    put(tmp_path, "there.jpg", b"there", age)
    began = time.monotonic()
    watching = Watching(tmp_path)
    assert watching.take(1) == [("there.jpg", b"there")]
    assert SETTLE <= time.monotonic() - began < SETTLE + 2.0


def test_names_that_are_not_utf_8_are_seen_shown_apart_known_renamed_and_moved(tmp_path):
    folder, aside = tmp_path / "in", tmp_path / "done"
    folder.mkdir()
    aside.mkdir()
    names = [b"a\xff.jpg", b"a\xfe.jpg", rb"a\xff.jpg", b"\xe9/b\n.jpg"]
    watching = Watching(folder)
    shown = {r"a\xff.jpg", r"a\xfe.jpg", r"a\x5cxff.jpg", "\\xe9/b\n.jpg"}
    for name in names:
        put(folder, os.fsdecode(name), name)
    assert {name for name, _ in watching.take(4)} == shown
    (folder / os.fsdecode(b"a\xff.jpg")).rename(folder / os.fsdecode(b"c\xff.jpg"))
    assert watching.take(1) == [(r"c\xff.jpg", b"a\xff.jpg")]
    file = watching.last
    move_processed(file, aside, sha256_of(b"a\xff.jpg"), rejected=False)
    assert os.listdir(os.fsencode(aside)) == [b"c\xff.jpg"]
    again = Watching(folder, {file.shown: Known(file.mark, "0" * 64)})
    assert len(again.take(3)) == 3
    assert again.nothing_more()


def no_events(*_, **__):
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    yield


def test_without_events_the_folder_is_looked_through_and_that_is_said_once(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_changes, "watch", no_events)
    monkeypatch.setattr(folder_changes, "EVENTS_AGAIN_SECONDS", 0.0)
    watching = Watching(tmp_path)
    for name in ("a.jpg", "deep/b.jpg"):
        put(tmp_path, name, name.encode())
        watching.seconds = 8.0
        assert watching.take(1) == [(name, name.encode())]
    (said,) = watching.said
    assert "looked through every second" in said
    assert "Too many open files" in said
    monkeypatch.undo()
    monkeypatch.setattr(folder_changes, "POLL_SECONDS", 3600.0)
    assert watching.nothing_more()
    put(tmp_path, "c.jpg", b"c")
    watching.seconds = 8.0
    assert watching.take(1) == [("c.jpg", b"c")]


@pytest.mark.parametrize("again", ["renamed", "made again"])
def test_a_folder_that_is_gone_is_said_and_watched_again_when_it_is_back(tmp_path, again):
    folder, away = tmp_path / "in", tmp_path / "away"
    folder.mkdir()
    watching = Watching(folder)
    put(folder, "a.jpg", b"a")
    assert watching.take(1) == [("a.jpg", b"a")]
    folder.rename(away)
    assert watching.nothing_more()
    assert "is gone" in watching.folder.trouble
    assert watching.said == [watching.folder.trouble]
    put(away, "b.jpg", b"b")
    if again == "renamed":
        away.rename(folder)
    else:
        folder.mkdir()
        put(folder, "b.jpg", b"b")
    watching.seconds = 8.0
    assert watching.take(1) == [("b.jpg", b"b")]
    put(folder, "c.jpg", b"c")
    assert watching.take(1) == [("c.jpg", b"c")]
    assert watching.folder.trouble == ""
    assert watching.said[1:] == [f"The folder {folder} is back."]


def test_under_a_share_that_is_not_mounted_nothing_is_taken(tmp_path, monkeypatch):
    mounted = True
    monkeypatch.setattr(os.path, "ismount", lambda _: mounted)
    watching = Watching(tmp_path)
    mounted = False
    put(tmp_path, "a.jpg", b"under the share")
    assert watching.nothing_more()
    assert "is gone" in watching.folder.trouble
    mounted = True
    watching.seconds = 8.0
    assert watching.take(1) == [("a.jpg", b"under the share")]


@pytest.mark.parametrize("seconds", [3600.0, 0.0])
def test_a_file_that_cannot_be_read_is_tried_again_for_a_while(tmp_path, monkeypatch, seconds):
    monkeypatch.setattr(watch_folder, "UNREADABLE_SECONDS", seconds)
    opened, held = type(tmp_path).open, []

    def busy(path, *given):
        held.append(path)
        if len(held) < 3:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return opened(path, *given)

    put(tmp_path, "a.jpg", b"a")
    monkeypatch.setattr(type(tmp_path), "open", busy)
    assert Watching(tmp_path).take(1) == [("a.jpg", b"a" if seconds else b"")]


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
