"""A watched folder that files drop into while its service is killed and started again.

    python -m tools.soak.watched --files 1000 --kills 20 --json tools/soak/results/watched.json
    python -m tools.soak.watched --hostile --move

Files come by rename and in two halves with a pause between; some have the bytes of another,
some are replaced under the same name. ``python -m core watch`` is ended with SIGKILL at random
moments and started again, at last with Ctrl-C. Then every photograph that was dropped must have
one verdict, none may have been read half-written, and the command must have ended by itself.
What is not so is counted, and then the exit code is 1. With ``--move`` inspected files are moved.
With ``--hostile`` names are not UTF-8, as long as can be, or made to be taken for something else,
files are written in three pieces with times of writing up to a day off, and the folder is renamed
away and back while the service runs.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Engine, func, select

from core.inspection.file_names import printable
from core.synthetic.samples import encode_jpeg, sample_parts
from db.inspections.rows import stored_name
from db.schema import batch, batch_part, inspection, rejection
from db.session import connect, reading
from tests.conftest import ROOT
from tools.soak.machine import write_result

STATION = "soak"
SECONDS = 120
WRONG = (
    *("missed", "repeated", "read_half_written", "listed_twice", "misnamed", "lost_on_disk"),
    *("left_over", "ended_badly"),
)
SEEN = ("files", "inspected", "kills", "kills_amid_work", "renamed_away")
DAY = 86_400.0
HOSTILE = (
    b"\xff\xfe %d.jpg",
    b"Pr\xfcfung %d.jpg",
    b"\xe9/\xe8 %d.jpg",
    rb"\xff\xfe %d.jpg",
    b"\xff" * 240 + b"%d.jpg",
    b"l" * 240 + b"%d.jpg",
    "\U0001f469\u200d\U0001f3ed %d \u202egpj.jpg".encode(),
    b"new\nline\r%d.jpg",
    b"\"quoted\" 'twice' `%d`.jpg",
    b"-rf %d.jpg",
    b"--help=%d.jpg",
    b"=cmd|'C calc'!A%d.jpg",
    b"[bold] [b] {0} %%s $(touch x) %d.jpg",
    b" blank %d .jpg",
    b"C:\\shift\\%d.jpg",
    b"without extension %d",
)


class Dropped:
    """Drops files in a thread; ``expected`` are the sha256 of what must be inspected."""

    def __init__(
        self,
        folder: Path,
        files: int,
        seconds: float,
        seed: int,
        stored: Callable[[], set[str]],
        hostile: bool,
    ) -> None:
        # Leads into the folder also while it has another name.
        self.folder = Path(f"/proc/self/fd/{os.open(folder, os.O_RDONLY)}")
        self._stored = stored
        self._hostile = hostile
        self.expected: set[str] = set()
        self.names: set[str] = set()
        """As they must be stored."""
        self.written_over: set[str] = set()
        """What was perhaps not moved yet when another photograph took its name."""
        self._chance = random.Random(seed)
        self._photographs = [encode_jpeg(part) for part in sample_parts(12, seed)]
        self._pause = seconds / files
        self.thread = threading.Thread(target=self._drop, args=(files,))
        self.thread.start()

    def _drop(self, files: int) -> None:
        data = b""
        inspected: dict[str, str] = {}
        for number in range(files):
            same = number % 50 == 7
            if not same:
                data = self._photographs[number % 12] + f"{number}".encode()
            name = f"part {number:05}.jpg"
            if self._hostile:
                name = os.fsdecode(HOSTILE[number % len(HOSTILE)] % number)
            if number % 50 == 23:
                # Another photograph under the name of one that was inspected.
                stored = self._stored()
                names = [known for known, sha in inspected.items() if sha in stored]
                name = names[-1] if names else name
                self.written_over |= {inspected[name]} if names else set()
            self._write(name, data)
            self.names.add(stored_name(printable(name)))
            inspected[name] = sha256(data).hexdigest()
            self.expected.add(inspected[name])
            time.sleep(self._pause * 2 * self._chance.random())

    def _write(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        if self._hostile:
            at = time.time() + DAY * self._chance.uniform(-1, 1)
            with path.open("wb") as file:
                for begins in range(0, len(data), third := len(data) // 3 + 1):
                    file.write(data[begins : begins + third])
                    file.flush()
                    os.utime(path, (at, at + begins))
                    time.sleep(0.02)
            return
        if self._chance.random() < 0.5:
            part = path.with_name(f"{name}.part")
            part.write_bytes(data)
            part.replace(path)
            return
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
            file.flush()
            time.sleep(0.02)
            file.write(data[len(data) // 2 :])


def start(url: str, folder: Path, aside: Path | None, log: Path) -> subprocess.Popen[bytes]:
    """The command as a person starts it."""
    command = [sys.executable, "-m", "core", "watch", str(folder), "--station", STATION]
    command += ["--database-url", url, "--settle", "0.3"]
    command += ["--move-to", str(aside)] if aside else []
    with log.open("ab") as output:
        return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)


def run(
    engine: Engine, url: str, scratch: Path, files: int, kills: int, move: bool, hostile: bool
) -> Counter[str]:
    """Drop, kill, start again, and count what was seen and what is :data:`WRONG`."""
    folder, aside = scratch / "in", scratch / "done" if move else None
    folder.mkdir()
    chance = random.Random(kills)
    dropped = Dropped(folder, files, 2.5 * kills, files, lambda: _stored(engine), hostile)
    seen: Counter[str] = Counter(files=files)
    for _ in range(kills):
        process = start(url, folder, aside, scratch / "log")
        time.sleep(1.2 + 2.8 * chance.random())
        if hostile:
            _rename_away(folder, chance.random())
            seen["renamed_away"] += 1
            time.sleep(2.0 * chance.random())
        process.kill()
        process.wait()
        seen["kills"] += 1
        with reading(engine) as connection:
            found = connection.scalar(select(func.count()).select_from(inspection)) or 0
        seen["kills_amid_work"] += 0 < found < files
    process = start(url, folder, aside, scratch / "log")
    dropped.thread.join()
    # One file that only the last process can inspect: once it is stored, that process is running.
    last = encode_jpeg(next(iter(sample_parts(1, seed=files)))) + b"last"
    if hostile:
        _rename_away(folder, 2.0)
        seen["renamed_away"] += 1
    (folder / "last.jpg").write_bytes(last)
    dropped.names.add("last.jpg")
    dropped.expected.add(sha256(last).hexdigest())
    deadline = time.monotonic() + SECONDS
    while (missing := dropped.expected - _stored(engine)) and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(2.0)  # What would be inspected twice would be by now.
    process.send_signal(signal.SIGINT)
    try:
        seen["ended_badly"] = process.wait(30) != 0
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        seen["ended_badly"] = 1
    seen["missed"] = len(missing)
    return seen + _counted(engine, dropped, folder, aside)


def _rename_away(folder: Path, seconds: float) -> None:
    away = folder.with_name("away")
    folder.rename(away)
    time.sleep(seconds)
    away.rename(folder)


def _stored(engine: Engine) -> set[str]:
    with reading(engine) as connection:
        return set(connection.scalars(select(inspection.c.photograph_sha256)))


def _counted(engine: Engine, dropped: Dropped, folder: Path, aside: Path | None) -> Counter[str]:
    part, item = batch_part.c, inspection.c
    with reading(engine) as connection:
        rows = list(connection.scalars(select(item.photograph_sha256)))
        halves = connection.scalar(select(func.count()).select_from(rejection)) or 0
        twice = select(part.file, part.inspection_id).group_by(part.file, part.inspection_id)
        listed = connection.execute(twice.having(func.count() > 1)).all()
        names = set(connection.scalars(select(part.file)))
        unfinished = connection.scalar(select(func.count()).where(batch.c.finished_at.is_(None)))
    left = {path for path in folder.rglob("*") if path.is_file()} if aside else set()
    kept = {
        sha256(path.read_bytes()).hexdigest()
        for root in (folder, *([aside] if aside else []))
        for path in root.rglob("*")
        if path.is_file()
    }
    lost = len(dropped.expected - dropped.written_over - kept)
    return Counter(
        inspected=len(rows),
        repeated=len(rows) - len(set(rows) & dropped.expected),
        read_half_written=halves,
        listed_twice=len(listed),
        misnamed=len(dropped.names ^ names),
        lost_on_disk=lost,
        left_over=len(left) + (unfinished or 0),
    )


def main() -> None:
    """Run once and write what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--move", action="store_true")
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--database-url")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        url = chosen.database_url or f"sqlite:///{scratch}/qc.db"
        engine = connect(url)
        seen = run(
            engine, url, Path(scratch), chosen.files, chosen.kills, chosen.move, chosen.hostile
        )
        found = {
            "database": engine.dialect.name,
            "inspected_files_are": "moved" if chosen.move else "left",
            "names_are": "hostile" if chosen.hostile else "plain",
            **{name: seen[name] for name in SEEN},
            **{name: int(seen[name]) for name in WRONG},
        }
        engine.dispose()
    write_result(found, chosen.json)
    sys.exit(any(seen[name] for name in WRONG))


if __name__ == "__main__":
    main()
