"""Does a folder outlast the machine's next start? What a database in a file depends on.

Containers write to a layer that goes with them, and Streamlit Community Cloud gives an app a
fresh copy of its repository whenever it wakes. Neither is a place for verdicts.
"""

from __future__ import annotations

from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
FLEETING = frozenset({"overlay", "aufs", "tmpfs", "ramfs"})
"""File systems of a container's own layer, and of memory."""
COMMUNITY_CLOUD = Path("/mount/src")
"""Where Streamlit Community Cloud puts an app's repository."""


def is_fleeting(place: Path, mounts: Path = MOUNTS) -> bool:
    """Whether what is written at ``place`` is lost with the container or at the next start.

    False where the system does not tell, as on Windows and macOS.
    """
    path = place.absolute()
    if path.is_relative_to(COMMUNITY_CLOUD):
        return True
    if not mounts.is_file():
        return False
    deepest, kind = Path(), ""
    for line in mounts.read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        point = Path(before.split()[4].encode().decode("unicode_escape"))
        # Of several mounts at one point the last is the one in use.
        if path.is_relative_to(point) and len(point.parts) >= len(deepest.parts):
            deepest, kind = point, after.split()[0]
    return kind in FLEETING
