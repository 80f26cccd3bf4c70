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
    known: set[str] = set()
    held: list[str] = []

    def added(*options: str) -> list[str]:
        lines = [line for line in resolved(*options, *held) if requirement(line) not in known]
        known.update(requirement(line) for line in lines)
        return lines

    write("requirements.txt", "what serving needs", [], added())
    held += ["--constraints", "requirements.txt"]
    lines = added("--extra", "train")
    cuda = [line for line in lines if CUDA.match(line)]
    write("requirements-cuda.txt", "constraints for torch with CUDA", [], cuda)
    first = ["-r requirements.txt", "-c requirements-cuda.txt"]
    rest = [line for line in lines if line not in cuda]
    write("requirements-train.txt", "what training needs", first, rest)
    held += ["--constraints", "requirements-train.txt", "--constraints", "requirements-cuda.txt"]
    first = ["-r requirements-train.txt"]
    write("requirements-dev.txt", "what tests and checks need", first, added("--extra", "dev"))


if __name__ == "__main__":
    main()
