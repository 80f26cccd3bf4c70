"""Whether a folder survives a restart, as a database in a file must.

A container's own layer is removed with it, and Streamlit Community Cloud gives an app a
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
    """Whether what is written at ``place`` is lost with the container or at the next start.

    False where the system does not list its mounts.
    """
    path = place.absolute()
    if path.is_relative_to(COMMUNITY_CLOUD):
        return True
    try:
        listed = psutil.disk_partitions(all=True)
    except OSError:  # Linux without /proc
        return False
    mounts = [of for of in listed if path.is_relative_to(of.mountpoint)]
    # Of several mounts at one point the last is the one in use.
    deepest = max(reversed(mounts), key=lambda of: len(Path(of.mountpoint).parts), default=None)
    return deepest is not None and deepest.fstype in EPHEMERAL
