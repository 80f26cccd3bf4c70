"""Pin everything that is installed, transitively: requirements*.txt from pyproject.toml.

    pip install uv && python -m tools.lock

``requirements.txt`` is what serving needs. ``requirements-train.txt`` and ``requirements-dev.txt``
name it and add what training and the tests need; torch's CUDA libraries, which only some builds of
torch ask for, are held by ``requirements-cuda.txt``, a file of constraints that installs nothing.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CUDA = re.compile(r"(nvidia|cuda|triton)\b")
HEAD = "# Made from pyproject.toml by python -m tools.lock; {}. Python 3.11 or newer.\n"


def resolved(*options: str) -> list[str]:
    """The pinned lines of pyproject.toml with these extras, as uv resolves them."""
    command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--quiet", "--no-header"]
    command += ["--annotation-style", "line", "--python-version", "3.11", *options]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [
        re.sub(r"casting-quality-control \(pyproject\.toml\)", "pyproject.toml", line)
        for line in done.stdout.splitlines()
    ]


def requirement(line: str) -> str:
    """A line without its comment."""
    return line.partition("  #")[0].strip()


def write(name: str, purpose: str, first: list[str], lines: list[str]) -> None:
    text = "\n".join([*first, *lines])
    (ROOT / name).write_text(HEAD.format(purpose) + text + "\n", encoding="utf-8")


def main() -> None:
    held = ("--constraints", "requirements.txt")
    serve = resolved()
    write("requirements.txt", "what serving needs", [], serve)
    known = {requirement(line) for line in serve}
    for name, purpose in (("train", "what training needs"), ("dev", "what the tests and checks need")):
        lines = [line for line in resolved("--extra", name, *held) if requirement(line) not in known]
        if name == "train":
            cuda = [line for line in lines if CUDA.match(line)]
            write("requirements-cuda.txt", "constraints for torch with CUDA", [], cuda)
            first = ["-r requirements.txt", "-c requirements-cuda.txt"]
        else:
            first = ["-r requirements-train.txt"]
        lines = [line for line in lines if not CUDA.match(line)]
        write(f"requirements-{name}.txt", purpose, first, lines)
        known |= {requirement(line) for line in lines}
        held = (*held, "--constraints", f"requirements-{name}.txt")


if __name__ == "__main__":
    main()
