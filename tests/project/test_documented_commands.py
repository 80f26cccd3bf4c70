"""Commands of the documentation: all are understood, and those that need nothing else are run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer import Exit
from typer.main import get_command

from cli.app import app
from core.people import Person, Role
from core.review.decisions import Decision
from db.demonstration import begin_demonstration
from db.inspections.parts import gallery
from db.review.decisions import decide
from db.session import connect, writing
from tests.conftest import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^ *```sh\n(.*?)^ *```", flags=re.MULTILINE | re.DOTALL)
TOO_LONG = {"demo", "train", "castings", "benchmark"}
"""They render thousands of parts, need the data set, or take minutes; other tests run them."""
NEEDS_THE_DATA_SET = {"evaluate DATASET"}


def lines_of(path: Path) -> list[str]:
    """The shell lines of a document, continued ones joined."""
    text = path.read_text(encoding="utf-8")
    blocks = [block.replace("\\\n", " ") for block in FENCE.findall(text)]
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def commands() -> list[str]:
    """Every ``python -m core`` line, in the order of the documents."""
    found = [line for path in DOCUMENTS for line in lines_of(path)]
    return list(dict.fromkeys(line for line in found if line.startswith("python -m core")))


def arguments(line: str) -> list[str]:
    return shlex.split(line)[3:]


def is_run(line: str) -> bool:
    name, *rest = arguments(line)
    cleared = name == "demo" and "--clear" in rest
    return cleared or (
        name not in TOO_LONG and f"{name} {rest[0] if rest else ''}" not in (NEEDS_THE_DATA_SET)
    )


def test_there_are_commands_to_check():
    assert len(commands()) > 10


@pytest.mark.parametrize("line", commands())
def test_every_command_is_understood(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("DATASET", "parts", "backups"):
        (tmp_path / name).mkdir()
    for name in ("castings.csv", "backups/tonight.db"):
        (tmp_path / name).touch()
    name, *rest = arguments(line)
    command = get_command(app).commands[name]
    command.make_context(name, rest)


def test_what_needs_nothing_else_is_run_as_it_stands(tmp_path, monkeypatch):
    """In one folder and in the documents' order, as somebody who follows them would."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'data' / 'qc.db'}")
    monkeypatch.setenv("SPOOL_FOLDER", str(tmp_path / "spool"))
    (tmp_path / "backups").mkdir()
    begin_demo(tmp_path / "data" / "demo.db")
    # What is looked at comes after what is inspected, and a backup before it is restored.
    order = ("demo", "samples", "inspect", "export")
    ran = sorted(
        filter(is_run, commands()),
        key=lambda line: (
            order.index(arguments(line)[0]) if arguments(line)[0] in order else len(order)
        ),
    )
    for line in ran:
        if arguments(line)[0] == "export":
            review_two(tmp_path / "data" / "qc.db")
        try:
            get_command(app).main(arguments(line), standalone_mode=False)
        except Exit as end:
            assert end.exit_code == 0, line  # noqa: PT017


def begin_demo(file: Path) -> None:
    """What the demonstration that is cleared would have left."""
    engine = connect(f"sqlite:///{file}")
    with writing(engine) as connection:
        begin_demonstration(connection)
    engine.dispose()


def review_two(file: Path) -> None:
    """One part found defective, one found OK."""
    engine = connect(f"sqlite:///{file}")
    person = Person("Ann", None, False, Role.REVIEWER)
    with writing(engine) as connection:
        first, second, *_ = gallery(connection)
        decide(connection, person, first.id, Decision.DEFECTIVE, "crack", review_rate=0)
        decide(connection, person, second.id, Decision.OK, review_rate=0)
    engine.dispose()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_pictures_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), target
        if anchor and file.suffix == ".md":
            titles = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
            assert anchor in anchors, target


def test_files_that_the_documents_copy_are_there():
    named = {
        word
        for path in DOCUMENTS
        for line in lines_of(path)
        for word in line.split()
        if re.fullmatch(r"(deploy|docs|core|db|pages|models)/[\w./-]+", word)
    }
    assert named
    assert not [word for word in named if not (ROOT / word).exists()]
