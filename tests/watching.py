"""A watched folder whose files are taken one by one, as by a service."""

import os
import threading
import time

from core.inspection.images import sha256_of
from core.inspection.watching.watch_folder import WatchedFolder

SETTLE = 0.3


class Watching:
    """A watched folder, and what it told."""

    def __init__(self, folder, known=(), settle=SETTLE, aside=None):
        self.stop = threading.Event()
        self.said = []
        self.folder = WatchedFolder(folder, dict(known), settle, self.stop, aside, self.said.append)
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
