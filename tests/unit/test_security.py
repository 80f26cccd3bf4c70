"""Constructs, settings and versions that would let somebody in, looked for in every file."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import db
from core.errors import NotAllowed, SettingsError
from core.people import Person
from core.settings import Settings, read_settings
from core.sign_in import check_sign_in
from tests.conftest import ROOT

FOLDERS = ("core", "db", "pages")
SOURCES = [
    ROOT / "streamlit_app.py",
    *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))),
]
CALLS = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
ATTRIBUTES = {
    ("os", "system"),
    ("os", "popen"),
    ("st", "html"),
    ("yaml", "load"),
    ("components", "html"),
    ("components", "iframe"),
    ("tempfile", "mktemp"),
}
MODULES = {"pickle", "cPickle", "dill", "shelve", "marshal", "joblib", "subprocess", "telnetlib"}
SQL = {"execute", "exec_driver_sql", "text", "executescript"}
# Made of names in this program alone; neither can take a parameter.
SQL_OF_CONSTANTS = {
    ("session.py", "cursor.execute(f'PRAGMA {pragma}')"),
    ("session.py", "connection.execute(f\"SET lock_timeout = '{WAIT_SECONDS}s'\")"),
}


def forbidden(tree: ast.AST, file: str) -> Iterator[str]:
    """What must not be in a program that opens other people's files."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [name.name for name in node.names]
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            yield from (name for name in names if name.split(".")[0] in MODULES)
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in CALLS:
            yield node.func.id
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            called = (node.func.value.id, node.func.attr)
            if called in ATTRIBUTES:
                yield ".".join(called)
            if called == ("torch", "load") and not _says(node, "weights_only", True):
                yield "torch.load without weights_only"
        for keyword in ("unsafe_allow_html", "allow_pickle", "shell"):
            named = any(item.arg == keyword for item in node.keywords)
            if named and not _says(node, keyword, False):
                yield keyword
        made = _is_sql(node) and not _is_constant(node.args[0])
        if made and (file, ast.unparse(node)) not in SQL_OF_CONSTANTS:
            yield f"SQL by string: {ast.unparse(node)}"


def _says(node: ast.Call, keyword: str, value: bool) -> bool:
    return any(
        item.arg == keyword and isinstance(item.value, ast.Constant) and item.value.value is value
        for item in node.keywords
    )


def _is_sql(node: ast.Call) -> bool:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if isinstance(function, ast.Attribute) and ast.unparse(function.value) in ("op", "st", "left"):
        return False  # migrations write schema of this program; st.text is no SQL
    return name in SQL and bool(node.args)


def _is_constant(node: ast.AST) -> bool:
    """A text that is written out, or an object of SQLAlchemy; no text that is put together."""
    if isinstance(node, ast.JoinedStr):
        return False
    if isinstance(node, ast.BinOp):
        return not any(
            isinstance(part, ast.Constant | ast.JoinedStr) and not isinstance(part, ast.Name)
            for part in ast.walk(node)
        )
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr not in ("format", "join")
    return True


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_forbidden_constructs_are_nowhere(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert list(forbidden(tree, path.name)) == []


@pytest.mark.parametrize(
    "line",
    [
        "eval(name)",
        "exec(code)",
        "import pickle",
        "from subprocess import run",
        "os.system('ls')",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "st.markdown(name, unsafe_allow_html=True)",
        "st.markdown(name, unsafe_allow_html=flag)",
        "np.load(path, allow_pickle=True)",
        "st.html(name)",
        "connection.execute(text(f'DELETE FROM {table}'))",
        "connection.execute(text('SELECT ' + name))",
        "connection.exec_driver_sql('SELECT %s' % name)",
        "connection.exec_driver_sql('SELECT {}'.format(name))",
    ],
)
def test_each_forbidden_construct_is_found(line: str) -> None:
    assert list(forbidden(ast.parse(line), "x.py"))


@pytest.mark.parametrize(
    "line",
    [
        "torch.load(path, weights_only=True)",
        "connection.execute(text('SELECT :a'), {'a': name})",
        "network.eval()",
        "st.text(f'{name}')",
        "connection.execute(select(table).where(table.c.id == number))",
    ],
)
def test_what_is_safe_is_not_found(line: str) -> None:
    assert list(forbidden(ast.parse(line), "x.py")) == []


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
ANYBODY = {"last_disposition", "release", "is_second_review", "open_count", "waiting", "signed_in"}


def acts() -> dict[str, Callable[..., object]]:
    """Every public function of db that acts for a person."""
    found = {}
    for name in db.__all__:
        item = getattr(db, name)
        if inspect.isfunction(item) and "person" in inspect.signature(item).parameters:
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
    engine = db.connect(f"sqlite:///{tmp_path / 'qc.db'}")
    try:
        with pytest.raises(NotAllowed), db.writing(engine) as connection:
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


# The first version without a known fault that would matter here, and the fault.
FLOORS = {
    "torch": ("2.6.0", "CVE-2025-32434: code in a weights file despite weights_only"),
    "pillow": ("12.2.0", "decompression bombs and out-of-bounds writes of 2026"),
    "streamlit": ("1.61.0", "path and request forgery (1.54), origin checks (1.60)"),
    "authlib": ("1.6.5", "CVE-2025-59420, CVE-2025-61920: critical headers, unbounded tokens"),
    "httpx": ("0.23.0", "CVE-2021-41945: addresses that are read wrongly"),
    "onnx": ("1.17.0", "CVE-2024-5187: paths that leave the folder of a downloaded model"),
    "sqlalchemy": ("1.4.0", "SQL by order_by and group_by"),
    "pydantic": ("2.4.0", "CVE-2024-3772: e-mail addresses that take minutes"),
}


def test_no_pinned_version_has_a_fault_that_is_known_here() -> None:
    """What can be said without a network; .ci/audit asks a service for the rest."""
    pins = dict(
        line.split("==")
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    )
    for name, (floor, fault) in FLOORS.items():
        assert _version(pins[name]) >= _version(floor), f"{name} {pins[name]}: {fault}"
        assert importlib.metadata.version(name).split("+")[0] == pins[name]


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
