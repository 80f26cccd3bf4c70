"""Constructs, settings and versions that would let somebody in, looked for in every file."""

from __future__ import annotations

import ast
import inspect
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

import db
from core.errors import NotAllowed, SettingsError
from core.people import Person
from core.settings import Settings, read_settings
from core.sign_in import check_sign_in
from db.session import connect, writing
from tests.conftest import ROOT

SOURCES = [
    path
    for folder in ("core", "db", "services", "cli", "pages")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
UNSAFE = {
    "unsafe_allow_html": re.compile(r"\bunsafe_allow_html\b"),
    "allow_pickle": re.compile(r"\ballow_pickle=(?!False)"),
    "HTML of this program's own making": re.compile(r"\b(st\.html|components\.(html|iframe))\("),
}
"""What ruff and bandit do not look for."""


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_calls_are_nowhere(name: str) -> None:
    for path in SOURCES:
        assert not UNSAFE[name].search(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize(
    "line",
    [
        "st.markdown(name, unsafe_allow_html=flag)",
        "np.load(path, allow_pickle=True)",
        "st.html(name)",
    ],
)
def test_each_unsafe_call_is_found(line: str) -> None:
    assert any(pattern.search(line) for pattern in UNSAFE.values())


def test_the_server_is_configured_to_be_safe() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["enableXsrfProtection"] is True
    assert config["server"].get("enableCORS", True) is True
    assert config["server"].get("enableStaticServing", False) is False
    assert config["server"]["maxUploadSize"] <= 500
    assert config["client"]["showErrorDetails"] == "none"
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8")
    assert "secrets.toml" in ignored
    assert ".env" in ignored


# Reading, and giving back what one holds: everybody may.
ANYBODY = {"release", "is_second_review", "open_count", "waiting", "signed_in"}


def acts() -> dict[str, Callable[..., object]]:
    """Every public function of db that acts for a person."""
    found = {}
    for module in pkgutil.walk_packages(db.__path__, "db."):
        if ".migrations" in module.name:
            continue
        for name, item in inspect.getmembers(import_module(module.name), inspect.isfunction):
            acts_itself = item.__module__ == module.name and not name.startswith("_")
            if acts_itself and "person" in inspect.signature(item).parameters:
                found[name] = item
    return found


def test_every_act_asks_for_the_role_itself() -> None:
    assert len(acts()) > 10
    for name, function in acts().items():
        tree = ast.parse(inspect.getsource(function))
        asks = any(
            isinstance(node, ast.Call) and ast.unparse(node.func) == "require"
            for node in ast.walk(tree)
        )
        assert asks != (name in ANYBODY), name


@pytest.mark.parametrize("name", sorted(acts().keys() - ANYBODY))
def test_a_viewer_is_refused_below_the_pages(name: str, tmp_path: Path) -> None:
    from core.people import Role

    viewer = Person("Eve", "eve@plant.example", True, Role.VIEWER)
    function = acts()[name]
    given = {
        parameter.name: viewer if parameter.name == "person" else None
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is inspect.Parameter.empty and parameter.name != "connection"
    }
    if "inspection_id" in given:
        given["inspection_id"] = 1
    engine = connect(f"sqlite:///{tmp_path / 'qc.db'}")
    try:
        with pytest.raises(NotAllowed), writing(engine) as connection:
            function(connection, **given)
    finally:
        engine.dispose()


COMPLETE = {
    "redirect_uri": "https://quality.plant.example/oauth2callback",
    "cookie_secret": "c" * 64,
    "client_id": "quality",
    "client_secret": "very secret",
    "server_metadata_url": "https://id.plant.example/.well-known/openid-configuration",
}


def test_a_complete_sign_in_is_accepted() -> None:
    check_sign_in(COMPLETE)
    check_sign_in(COMPLETE | {"redirect_uri": "http://localhost:8501/oauth2callback"})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"client_secret": ""}, "lacks client_secret"),
        ({"cookie_secret": None, "client_id": " "}, "lacks cookie_secret, client_id"),
        ({"cookie_secret": "short secret"}, "fewer than 32"),
        ({"redirect_uri": "http://quality.plant.example/x"}, "not an https"),
        ({"server_metadata_url": "http://id.plant.example/x"}, "not an https"),
    ],
)
def test_an_incomplete_or_weak_sign_in_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as refused:
        check_sign_in(COMPLETE | changes)
    assert "very secret" not in str(refused.value)
    assert "short secret" not in str(refused.value)


def test_secrets_are_in_no_text_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "postgresql://ann:hunter2@db.plant.example/qc"  # noqa: S105
    settings = Settings(database_url=secret)
    assert "hunter2" not in f"{settings!r} {settings}"
    monkeypatch.setenv("MAX_UPLOAD_FILES", "hunter2")
    with pytest.raises(SettingsError) as wrong:
        read_settings({"database_url": secret})
    assert "hunter2" not in f"{wrong.value} {wrong.value.__cause__}"


@pytest.mark.slow
def test_secrets_are_in_no_log_and_no_message(tmp_path: Path) -> None:
    """The command line with everything logged, at a server that does not answer."""
    for command in (
        ["doctor"],
        ["backup", str(tmp_path / "b.db")],
        ["inspect", str(ROOT / "tests")],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "core", *command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env={
                "PATH": os.environ["PATH"],
                "LOG_LEVEL": "DEBUG",
                "SPOOL_FOLDER": str(tmp_path / "spool"),
                "DATABASE_URL": "postgresql://ann:hunter2@127.0.0.1:1/qc",
            },
        )
        assert done.returncode == 1
        said = done.stdout + done.stderr
        assert "does not answer" in " ".join(said.split())
        assert "hunter2" not in said
        assert "Traceback" not in said
