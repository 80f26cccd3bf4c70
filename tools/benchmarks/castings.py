"""The grouping of a data set's photographs against a table of its castings.

    python -m tools.benchmarks.castings ../shared/casting --json castings.json

The folder holds the photographs and ``castings.csv`` with the truth, of other origin. Said are the
seconds that grouping takes, and how far it agrees with the table: the adjusted Rand index (Hubert
and Arabie, Journal of Classification 1985), 1 for the same groups.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from sklearn.metrics import adjusted_rand_score

from core.training.data.castings import group_castings
from core.training.data.dataset import read_castings, read_data_set
from tools.soak.machine import write_result


def measure(folder: Path) -> dict[str, float]:
    """Photographs, castings found and given, their agreement, and the seconds it took."""
    given = read_castings(folder / "castings.csv")
    began = time.perf_counter()
    report = group_castings(read_data_set(folder), folder)
    seconds = time.perf_counter() - began
    found = [row.casting for row in report.rows]
    return {
        "photographs": len(found),
        "castings_found": len(set(found)),
        "castings_given": len(set(given.values())),
        "adjusted_rand_index": adjusted_rand_score(
            [given[row.sha256] for row in report.rows], found
        ),
        "seconds": seconds,
    }


def main() -> None:
    """Measure, say, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    found = {name: round(value, 4) for name, value in measure(chosen.folder).items()}
    write_result(found, chosen.json)


if __name__ == "__main__":
    main()
