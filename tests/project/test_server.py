"""The app's server as it is configured: what it refuses by itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.browser.app_server import AppServer, served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    with served(tmp_path_factory.mktemp("server")) as running:
        yield running


def answer(server: AppServer, path: str, method: str = "GET", **headers: str) -> int:
    """The status of the answer."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    data = b"x" if method in ("PUT", "POST") else None
    request = Request(f"{server.url}{path}", data=data, headers=given, method=method)  # noqa: S310
    try:
        with urlopen(request, timeout=10) as response:  # noqa: S310
            return int(response.status)
    except HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_upload_without_the_token_is_refused(server: AppServer, method: str) -> None:
    path = "/_stcore/upload_file/some-session/some-file"
    assert answer(server, path, method) == 403
    assert answer(server, path, method, X_Xsrftoken="2|made|up|1") == 403
    assert answer(server, path, method, Cookie="_streamlit_xsrf=a", X_Xsrftoken="b") == 403


@pytest.mark.parametrize(("origin", "status"), [("https://evil.example", 403), (None, 101)])
def test_other_sites_may_not_talk_to_it(server: AppServer, origin: str | None, status: int) -> None:
    lines = [
        "GET /_stcore/stream HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Origin: {origin or server.url}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ]
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        answered = connection.recv(200).decode()
    assert answered.startswith(f"HTTP/1.1 {status} ")


@pytest.mark.parametrize(
    "path",
    [
        "/app/static/../core/settings.py",
        "/media/../../.streamlit/secrets.toml",
        "/_stcore/../.env",
        "/component/../../core/settings.py",
        "/%2e%2e/%2e%2e/etc/passwd",
    ],
)
def test_no_file_of_the_program_is_served(server: AppServer, path: str) -> None:
    request = Request(f"{server.url}{path}")  # noqa: S310
    try:
        with urlopen(request, timeout=10) as response:  # noqa: S310
            body = response.read()
    except HTTPError as error:
        with error:
            body = error.read()
    assert b"DATABASE_URL" not in body
    assert b"root:" not in body


def test_nothing_of_it_is_in_the_log_as_an_error(server: AppServer, tmp_path: Path) -> None:
    assert "Traceback" not in server.log()
