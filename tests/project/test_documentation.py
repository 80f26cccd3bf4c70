"""What the documents say is what the program does."""

import json
import re

from cli.app import app
from core.model.card import read_card
from core.settings import Settings
from tests.conftest import ROOT
from tools.readme_results import BENCHMARK, README, results_table, with_results

TEXT = README.read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def test_every_command_is_documented():
    documented = set(re.findall(r"`python -m core (\w+)", COMMANDS))
    assert documented == {command.callback.__name__ for command in app.registered_commands}


def test_every_setting_is_documented_with_its_default():
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| `([^`]*)` \|", SETTINGS, flags=re.MULTILINE))
    assert rows == {
        name.upper(): str(field.default) for name, field in Settings.model_fields.items()
    }


def test_the_results_are_the_model_cards():
    table = results_table(read_card(), json.loads(BENCHMARK.read_text(encoding="utf-8")))
    assert with_results(TEXT, table) == TEXT


def test_the_readme_is_short():
    assert len(TEXT.splitlines()) <= 90
