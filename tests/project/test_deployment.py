"""What is deployed: requirements without torch that suffice, and an image of files that exist."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

FILES = ("requirements.txt", "requirements-train.txt", "requirements-dev.txt")
TRAINING = {"torch", "torchvision", "onnx", "onnxscript", "scikit-learn"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins(name: str) -> dict[str, set[str]]:
    """The versions of each package that a requirements file pins; some differ by Python."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if not line.startswith(("#", "-")):
            requirement = Requirement(line.partition("  #")[0])
            assert str(requirement.specifier).startswith("=="), line
            found[canonicalize_name(requirement.name)].add(str(requirement.specifier)[2:])
    return found


def named(lines: list[str]) -> dict[str, str]:
    """The direct dependencies among lines of pyproject.toml."""
    requirements = [Requirement(line) for line in lines]
    return {
        canonicalize_name(one.name): str(one.specifier)[2:]
        for one in requirements
        if one.name != PROJECT["name"]
    }


def test_requirement_files_pin_what_the_project_names():
    extras = PROJECT["optional-dependencies"]
    lists = (PROJECT["dependencies"], extras["train"], extras["dev"])
    for file, lines in zip(FILES, lists, strict=True):
        locked = pins(file)
        for name, version in named(lines).items():
            assert locked[name] == {version}, (file, name)


def test_serving_installs_nothing_of_training():
    assert not TRAINING & pins("requirements.txt").keys()
    assert pins("requirements-train.txt").keys() >= TRAINING


def test_everything_that_is_installed_is_pinned():
    """Every package that a direct dependency needs here, and at the version that is here."""
    locked: dict[str, set[str]] = defaultdict(set)
    for file in (*FILES, "requirements-cuda.txt"):
        for name, versions in pins(file).items():
            locked[name] |= versions
    extras = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *extras["train"], *extras["dev"]]
    waiting = [one for one in map(Requirement, lines) if one.name != PROJECT["name"]]
    seen = set()
    while waiting:
        requirement = waiting.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        installed = distribution(requirement.name)
        assert installed.version.split("+")[0] in locked[key[0]], key[0]
        for line in installed.requires or ():
            needed = Requirement(line)
            wanted = needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in ("", *requirement.extras)
            )
            if wanted:
                waiting.append(needed)


@pytest.mark.slow
def test_every_page_is_drawn_without_the_packages_of_training(tmp_path):
    program = """
import sys
class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name in ("torch", "torchvision", "onnx", "onnxscript", "sklearn"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, NotInstalled())
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("pages/frame.py", default_timeout=60).run()
next(button for button in app.button if "sample parts" in button.label).click().run()
names = [path.parent.name for path in __import__("pathlib").Path("pages").glob("*/page.py")]
for name in names:
    app.switch_page(f"{name}/page.py").run()
    assert not app.exception, (name, app.exception)
print(len(names), "pages")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={
            "PATH": "/usr/bin:/bin",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'qc.db'}",
            "SPOOL_FOLDER": str(tmp_path / "spool"),
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "pages" in done.stdout


def test_the_image_copies_what_there_is_and_starts_the_app():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?:--chown=\w+ )?(\S+) ", text, flags=re.MULTILINE)
    assert {
        "core",
        "db",
        "services",
        "cli",
        "pages",
        "models",
        "streamlit_app.py",
        ".streamlit",
    } <= set(copied)
    assert all((ROOT / name).exists() for name in copied)
    assert "USER quality" in text
    assert "streamlit run streamlit_app.py" in text


def test_the_service_names_the_file_it_starts_and_runs_as_nobody_special():
    text = (ROOT / "deploy" / "quality.service").read_text(encoding="utf-8")
    assert "ExecStart=/srv/quality/venv/bin/streamlit run streamlit_app.py" in text
    assert re.search(r"^User=quality$", text, flags=re.MULTILINE)
    assert "--server.address=127.0.0.1" in text
