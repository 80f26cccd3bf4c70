"""Rendered parts, each damaged in every container: how many are decoded all the same.

    python -m tools.soak.incomplete --json tools/soak/results/incomplete.json

Ends with 1 when any is, or when a whole file is not.
"""

from __future__ import annotations

import argparse
import random
import sys
import warnings
from collections import Counter
from pathlib import Path

from PIL import Image

from core.errors import ImageRejected
from core.inspection.images import decode
from core.synthetic.samples import sample_parts
from tests.incomplete_files import CONTAINERS, damaged
from tools.soak.machine import write_result


def is_decoded(data: bytes) -> bool:
    """True when a file gives a picture."""
    try:
        decode(data)
    except ImageRejected:
        return False
    return True


def main() -> int:
    """Say for each container and way of damage how many were decoded; 1 when any was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    chance = random.Random(chosen.seed)
    files: Counter[tuple[str, str]] = Counter()
    decoded: Counter[tuple[str, str]] = Counter()
    whole: Counter[str] = Counter()
    for part in sample_parts(chosen.pictures, chosen.seed):
        picture = Image.fromarray(part.pixels)
        for name, save in CONTAINERS.items():
            data = save(picture)
            whole[name] += is_decoded(data)
            for way, cut in damaged(name, data, chance):
                files[name, way] += 1
                decoded[name, way] += is_decoded(cut)
    total, rejected = sum(decoded.values()), chosen.pictures * len(CONTAINERS) - whole.total()
    write_result(
        {
            "pictures": chosen.pictures,
            "whole_files": chosen.pictures * len(CONTAINERS),
            "whole_files_rejected": rejected,
            "incomplete_files": files.total(),
            "incomplete_files_decoded": total,
            "decoded": {
                f"{name}, {way}": f"{decoded[name, way]} of {number}"
                for (name, way), number in files.items()
            },
        },
        chosen.json,
    )
    return 1 if total or rejected else 0


if __name__ == "__main__":
    sys.exit(main())
