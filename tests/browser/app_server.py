"""The app as a person runs it, on a free port, with its own database and spool."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.conftest import ROOT

SECONDS_TO_START = 60
WAIT_MS = 60_000
"""Far more than anything takes; a test never waits for time, only for what it looks for."""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """Where the browser is; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def launch(playwright: Playwright, *more: str) -> Browser:
    """Debian's Chromium without a window and without background traffic."""
    return playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS, *more])


@dataclass
class AppServer:
    """A running app; ``folder`` holds its database, its spool and its log."""

    folder: Path
    port: int = 0
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.folder / 'qc.db'}"

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.port = self.port or free_port()
        environment = os.environ | {
            "DATABASE_URL": self.database_url,
            "SPOOL_FOLDER": str(self.spool),
            "STATION": "station 1",
            **self.settings,
        }
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
        command += ["--server.headless=true", "--server.address=127.0.0.1"]
        command += [f"--server.port={self.port}"]
        with (self.folder / "app.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                with urlopen(f"{self.url}/_stcore/health", timeout=5):  # noqa: S310
                    return
            except (URLError, ConnectionError, TimeoutError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.end()
                    raise RuntimeError(f"the app did not start: {self.log()}") from None
                time.sleep(0.1)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End this process, by default politely."""
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.process = None

    def log(self) -> str:
        """What the app wrote so far."""
        return (self.folder / "app.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[AppServer]:
    """The app in a fresh folder, ended afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    server = AppServer(folder, settings=settings)
    server.start()
    try:
        yield server
    finally:
        server.end()


@contextmanager
def visited(height: int = 900) -> Iterator[tuple[AppServer, Page]]:
    """An app that has just started and an empty page 1440 pixels wide, for commands."""
    expect.set_options(timeout=WAIT_MS)
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder) / "app") as server,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1440, "height": height})
        page.set_default_timeout(WAIT_MS)
        yield server, page
        browser.close()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
