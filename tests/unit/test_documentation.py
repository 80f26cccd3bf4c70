"""What the README says is what the program does."""

import json
import re

from cli.app import app
from core.model_card import read_card
from core.settings import Settings
from tests.conftest import ROOT
from tools.readme_results import BENCHMARK, README, results_table, with_results

TEXT = README.read_text(encoding="utf-8")


def test_every_command_is_documented():
    documented = set(re.findall(r"`python -m core (\w+)", TEXT))
    assert documented == {command.callback.__name__ for command in app.registered_commands}


def test_every_setting_is_documented_with_its_default():
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| `([^`]*)` \|", TEXT, flags=re.MULTILINE))
    assert rows == {
        name.upper(): str(field.default) for name, field in Settings.model_fields.items()
    }


def test_the_results_are_the_model_cards():
    table = results_table(read_card(), json.loads(BENCHMARK.read_text(encoding="utf-8")))
    assert with_results(TEXT, table) == TEXT


def test_requirements_are_pinned_exactly():
    for name in ("requirements.txt", "requirements-dev.txt", "deploy/requirements.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r ")):
                assert re.fullmatch(r"[a-z-]+(\[[a-z]+\])?==[0-9.]+", line), line


def test_core_knows_no_layer_above_it():
    for path in (ROOT / "core").rglob("*.py"):
        found = re.findall(
            r"^\s*(?:from|import) (streamlit|sqlalchemy|db|services|pages|cli|tools)\b",
            path.read_text(),
            flags=re.MULTILINE,
        )
        assert found == (["cli"] if path.name == "__main__.py" else []), path.name


def test_the_product_never_imports_tools_or_tests():
    for folder in ("core", "db", "services", "cli", "pages"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.findall(
                r"^\s*(?:from|import) (tools|tests)\b", path.read_text(), flags=re.MULTILINE
            ), path
