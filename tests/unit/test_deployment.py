"""What is deployed: requirements without torch that suffice, and an image of files that exist."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.conftest import ROOT

TRAINING = {"torch", "torchvision", "onnx", "onnxscript", "scikit-learn"}


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))


def test_serving_needs_the_same_versions_and_nothing_of_training():
    everything, serving = pins("requirements.txt"), pins("deploy/requirements.txt")
    assert serving.items() <= everything.items()
    assert everything.keys() - serving.keys() == TRAINING


def test_every_page_is_drawn_without_the_packages_of_training(tmp_path):
    program = """
import sys
for name in ("torch", "torchvision", "onnx", "onnxscript", "sklearn"):
    sys.modules[name] = None
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("streamlit_app.py", default_timeout=60).run()
next(button for button in app.button if "sample parts" in button.label).click().run()
names = [path.stem for path in __import__("pathlib").Path("pages").glob("[a-z]*.py")]
for name in names:
    app.switch_page(f"pages/{name}.py").run()
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
    assert {"core", "db", "pages", "models", "streamlit_app.py", ".streamlit"} <= set(copied)
    assert all((ROOT / name).exists() for name in copied)
    assert "USER quality" in text
    assert "streamlit run streamlit_app.py" in text


def test_the_service_names_the_file_it_starts_and_runs_as_nobody_special():
    text = (ROOT / "deploy" / "quality.service").read_text(encoding="utf-8")
    assert "ExecStart=/srv/quality/venv/bin/streamlit run streamlit_app.py" in text
    assert re.search(r"^User=quality$", text, flags=re.MULTILINE)
    assert "--server.address=127.0.0.1" in text
