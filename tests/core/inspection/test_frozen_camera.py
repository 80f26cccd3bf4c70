"""A camera that delivers one picture again and again is reported, until it delivers another."""

from __future__ import annotations

from core.inspection.watching.frozen_camera import FROZEN, Repeats


def test_a_frozen_camera_is_reported_once_and_withdrawn() -> None:
    repeats = Repeats()
    said = [repeats.add(f"{number}.jpg", "same") for number in range(FROZEN + 3)]
    assert [bool(text) for text in said] == [number == FROZEN - 1 for number in range(FROZEN + 3)]
    assert "frozen" in repeats.said
    assert f"{FROZEN - 1}.jpg" in repeats.said
    assert "other pictures again" in repeats.add("other.jpg", "other")
    assert repeats.said == ""
    assert repeats.add("another.jpg", "another") == ""


def test_one_file_that_comes_again_or_copies_now_and_then_are_no_frozen_camera() -> None:
    repeats = Repeats()
    for _ in range(3 * FROZEN):
        assert repeats.add("part.jpg", "same") == ""
    for number in range(3 * FROZEN):
        assert repeats.add(f"{number}.jpg", "other" if number % FROZEN == 0 else "same") == ""
