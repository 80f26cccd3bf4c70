"""The app behind nginx as the plant server runs it: under a name, encrypted, by websocket."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import HTTPErrorProcessor, build_opener

import pytest
from playwright.sync_api import Playwright, expect

from services.inspection.uploads import SAMPLES
from tests.browser.app_server import AppServer, free_port, launch, served
from tests.conftest import NGINX, ROOT

HOST = "quality.plant.example"

pytestmark = [pytest.mark.browser, pytest.mark.nginx]


class Unredirected(HTTPErrorProcessor):
    """Hands a redirection back instead of following it."""

    def http_response(self, request, response):
        return response


def configuration(folder: Path, app: AppServer, plain: int, encrypted: int) -> Path:
    """deploy/nginx.conf with this test's ports, certificate and app in the places marked."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", f"/CN={HOST}", "-keyout", str(folder / "key"), "-out", str(folder / "crt")]
    subprocess.run(command, check=True, capture_output=True)
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for place, mine in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{encrypted} ssl;"),
        ("/etc/ssl/quality.crt", str(folder / "crt")),
        ("/etc/ssl/quality.key", str(folder / "key")),
        ("http://127.0.0.1:8501", app.url),
    ):
        assert place in text, place
        text = text.replace(place, mine)
    temporary = "".join(
        f"{kind}_temp_path {folder / kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"pid {folder / 'pid'};\nerror_log {folder / 'error.log'};\ndaemon off;\n"
        "events {}\n"
        f"http {{\naccess_log off;\n{temporary}{text}}}\n",
        encoding="utf-8",
    )
    return whole


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Ports of nginx in front of the app: plain, and encrypted."""
    plain, encrypted = free_port(), free_port()
    with served(tmp_path / "app", STREAMLIT_BROWSER_SERVER_ADDRESS=HOST) as app:
        command = [str(NGINX), "-c", str(configuration(tmp_path, app, plain, encrypted))]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        nginx = subprocess.Popen(command)
        deadline = time.monotonic() + 20
        while not _answers(encrypted):
            assert time.monotonic() < deadline, "nginx did not start"
            time.sleep(0.05)
        yield plain, encrypted
        nginx.terminate()
        nginx.wait(10)
        assert "Traceback" not in app.log()


def test_sample_parts_are_inspected_through_the_proxy(
    proxied: tuple[int, int], playwright: Playwright
) -> None:
    plain, encrypted = proxied
    sent_on(f"http://127.0.0.1:{plain}/review")
    inspect_samples(playwright, f"https://{HOST}:{encrypted}")


def inspect_samples(playwright: Playwright, url: str) -> None:
    browser = launch(playwright, f"--host-resolver-rules=MAP {HOST} 127.0.0.1")
    page = browser.new_context(ignore_https_errors=True).new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(url)
    page.get_by_role("button", name="Try it with").click()
    expect(page.get_by_alt_text("Heatmap of")).to_have_count(SAMPLES)
    assert sockets
    assert all(socket.startswith("wss://") for socket in sockets)
    browser.close()


def sent_on(url: str) -> None:
    """Who comes unencrypted is sent to the encrypted address."""
    answer = build_opener(Unredirected).open(url, timeout=10)
    assert answer.status == 301
    assert answer.headers["Location"].startswith("https://")
