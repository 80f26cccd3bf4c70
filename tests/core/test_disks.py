"""Which places outlast a start."""

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from core.disks import is_ephemeral

MOUNTS = {
    "/": "overlay",
    "/data": "ext4",
    "/data/scratch": "tmpfs",
    "/with space": "xfs",
    "/mounted twice": "tmpfs",
    "/mounted twice/": "ext4",
}


@pytest.mark.parametrize(
    ("place", "fleeting"),
    [
        ("/app/data/qc.db", True),
        ("/data/qc.db", False),
        ("/database/qc.db", True),
        ("/data/scratch/qc.db", True),
        ("/with space/qc.db", False),
        ("/mounted twice/qc.db", False),
        ("/mount/src/app/data/qc.db", True),
    ],
)
def test_a_containers_layer_and_memory_are_not_kept(
    monkeypatch: pytest.MonkeyPatch, place: str, fleeting: bool
) -> None:
    mounts = [SimpleNamespace(mountpoint=at, fstype=kind) for at, kind in MOUNTS.items()]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: mounts)
    assert is_ephemeral(Path(place)) is fleeting


def test_where_the_system_does_not_tell_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: [])
    assert not is_ephemeral(Path("qc.db"))


def test_a_system_that_cannot_list_its_mounts_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(all: bool) -> None:
        raise FileNotFoundError("/proc/self/mounts")

    monkeypatch.setattr(psutil, "disk_partitions", fails)
    assert not is_ephemeral(Path("qc.db"))
