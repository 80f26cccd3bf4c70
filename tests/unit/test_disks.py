"""Which places outlast a start."""

from pathlib import Path

import pytest

from core.disks import is_fleeting

MOUNTS = """\
21 1 0:30 / / rw,relatime master:1 - overlay overlay rw,lowerdir=a,upperdir=b
22 21 8:1 / /data rw,relatime - ext4 /dev/sda1 rw
23 22 0:31 / /data/scratch rw - tmpfs tmpfs rw,size=64k
24 21 8:2 / /with\\040space rw - xfs /dev/sdb1 rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTS)
    return path


@pytest.mark.parametrize(
    ("place", "fleeting"),
    [
        ("/app/data/qc.db", True),
        ("/data/qc.db", False),
        ("/database/qc.db", True),
        ("/data/scratch/qc.db", True),
        ("/with space/qc.db", False),
        ("/mount/src/app/data/qc.db", True),
    ],
)
def test_a_containers_layer_and_memory_are_not_kept(mounts: Path, place: str, fleeting: bool):
    assert is_fleeting(Path(place), mounts) is fleeting


def test_where_the_system_does_not_tell_nothing_is_said(tmp_path: Path):
    assert not is_fleeting(tmp_path / "qc.db", tmp_path / "no such file")
