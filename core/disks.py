"""Does a folder outlast the machine's next start? What a database in a file depends on.

Containers write to a layer that goes with them, and Streamlit Community Cloud gives an app a
fresh copy of its repository whenever it wakes. Neither is a place for verdicts.
"""

from __future__ import annotations

from pathlib import Path

import psutil

EPHEMERAL = frozenset({"overlay", "aufs", "tmpfs", "ramfs"})
"""File systems of a container's own layer, and of memory."""
COMMUNITY_CLOUD = Path("/mount/src")
"""Where Streamlit Community Cloud puts an app's repository."""


def is_ephemeral(place: Path) -> bool:
    """Whether what is written at ``place`` is lost with the container or at the next start."""
    path = place.absolute()
    if path.is_relative_to(COMMUNITY_CLOUD):
        return True
    mounts = [of for of in psutil.disk_partitions(all=True) if path.is_relative_to(of.mountpoint)]
    # Of several mounts at one point the last is the one in use.
    deepest = max(reversed(mounts), key=lambda of: len(Path(of.mountpoint).parts), default=None)
    return deepest is not None and deepest.fstype in EPHEMERAL
