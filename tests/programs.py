"""The command line, run as a program."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.conftest import ROOT


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """``python -m core`` with these arguments and settings."""
    return subprocess.run(
        [sys.executable, "-m", "core", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
