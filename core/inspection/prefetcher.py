"""Read ahead: a thread goes through an iterable before its items are needed.

    with Ahead(photographs, room=8, name="read") as read:
        while group := read.take(8):     # what is there, at least one; [] at the end
            ...

A group is as large as the work is behind: one item where nothing else waits, all that wait,
up to the limit, under load.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")


class Prefetcher(Generic[Item]):
    """Goes through ``items`` in a thread, at most ``room`` items before they are taken."""

    def __init__(self, items: Iterable[Item], room: int, name: str) -> None:
        self._items = items
        self._room = room
        self._changed = threading.Condition()
        self._ready: deque[Item] = deque()
        self._error: BaseException | None = None
        self._ended = False
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def take(self, most: int) -> list[Item]:
        """Wait for an item; returns all that are there, up to ``most``, and [] at the end.

        An error of ``items`` is raised here, after the items before it were taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._ended or self._stopped)
            taken = [self._ready.popleft() for _ in range(min(most, len(self._ready)))]
            self._changed.notify_all()
            if not taken and self._error is not None:
                raise self._error
            return taken

    def stop(self) -> None:
        """Take no further item; the thread ends as soon as it has its next one."""
        with self._changed:
            self._stopped = True
            self._ready.clear()
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._thread.join()

    def _work(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._items:
                with self._changed:
                    self._changed.wait_for(lambda: len(self._ready) < self._room or self._stopped)
                    if self._stopped:
                        break
                    self._ready.append(item)
                    self._changed.notify_all()
        except BaseException as raised:  # handed on to the thread that takes
            error = raised
        with self._changed:
            self._error, self._ended = error, True
            self._changed.notify_all()
