"""What each bad file costs: seconds of the processor, and megabytes above what was held.

    python -m tools.soak.bad_files --json tools/soak/results/bad_files.json

Limits: below 1 second and below 150 MB each, and nothing but a picture or ImageRejected.
"""

from __future__ import annotations

import argparse
import gc
import time
import warnings
from pathlib import Path

from core.errors import ImageRejected
from core.inspection.images import decode
from tests.bad_files import bad_files, mutants, photograph
from tools.soak.machine import forget_peak, peak_megabytes, resident_megabytes, write_result


def cost(data: bytes) -> tuple[float, float, str]:
    """Seconds of the processor, megabytes, and what became of it.

    Any other exception than a rejection is raised.
    """
    gc.collect()
    forget_peak()
    before = resident_megabytes()
    began = time.process_time()
    try:
        decode(data)
        became = "picture"
    except ImageRejected as rejected:
        became = rejected.reason
    return time.process_time() - began, peak_megabytes() - before, became


def main() -> None:
    """Measure every file and every mutant, and write the worst."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=2_000)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    decode(photograph())  # what the first photograph imports is not a cost of the file's
    found = {}
    for name, make in bad_files().items():
        data = make()
        found[name] = (len(data), *cost(data))
    damaged = [cost(data) for data in mutants(chosen.mutants)]
    slowest = max(found, key=lambda name: found[name][1])
    largest = max(found, key=lambda name: found[name][2])
    write_result(
        {
            "files": len(found),
            "pictures": sum(became == "picture" for *_, became in found.values()),
            "most_seconds": round(found[slowest][1], 3),
            "most_seconds_file": slowest,
            "most_megabytes": round(found[largest][2], 1),
            "most_megabytes_file": largest,
            "mutants": len(damaged),
            "mutants_pictures": sum(became == "picture" for _, _, became in damaged),
            "mutants_most_seconds": round(max(seconds for seconds, _, _ in damaged), 3),
            "mutants_most_megabytes": round(max(megabytes for _, megabytes, _ in damaged), 1),
        },
        chosen.json,
    )


if __name__ == "__main__":
    main()
