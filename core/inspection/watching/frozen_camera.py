"""A camera that delivers the same picture again and again is frozen.

repeats = Repeats()
said = repeats.add(name, sha256)    # after every file, in the order they came
"""

from __future__ import annotations

from dataclasses import dataclass

FROZEN = 5
"""Files in a row with the same bytes under different names: sensor noise alone makes two
photographs of one part differ."""


@dataclass(slots=True)
class Repeats:
    """How often the latest picture came in a row."""

    said: str = ""
    """What a frozen camera is reported with; empty where it delivers different pictures."""
    _sha256: str = ""
    _name: str = ""
    _count: int = 0

    def add(self, name: str, sha256: str) -> str:
        """Count a file; returns what is to be said now: that it froze, or that it no longer is."""
        if sha256 == self._sha256:
            self._count += name != self._name
            self._name = name
            if self._count < FROZEN or self.said:
                return ""
            self.said = (
                f"The camera is frozen: the last {FROZEN} files hold the same picture, the latest "
                f"is {name}. Restart the camera; the parts since then were not photographed."
            )
            return self.said
        self._sha256, self._name, self._count = sha256, name, 1
        was, self.said = self.said, ""
        return "The camera delivers other pictures again." if was else ""
