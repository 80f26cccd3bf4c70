"""Photographs of ordinary cameras: is the part found, and is the verdict that of the square?

    python -m tools.benchmarks.frames --photographs 40
    python -m tools.benchmarks.frames --dataset ../shared/casting --photographs 60 --json out.json

Rendered parts, or the test photographs of a data set, are set on their own continued background in
frames of several shapes, sizes and places. Said are, for each frame, the share of verdicts that are
those of the square original, the reasons of those not inspected, and what finding the part takes of
an inspection's time.
"""

from __future__ import annotations

import argparse
import io
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.inspection.images import decode
from core.inspection.part_finder import find_part_frame
from core.inspection.pipeline import inspect_photographs
from core.inspection.records import Inspection, Outcome, Photograph, Verdict
from core.model.engine import Engine, load_engine
from core.synthetic.samples import sample_parts
from core.training.data.dataset import read_data_set
from tools.soak.machine import write_result

Gray = NDArray[np.uint8]

SHAPES = {"4:3": 4 / 3, "3:2": 3 / 2, "16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1.0}
SHARES = (1.0, 0.9, 0.8, 0.6, 0.45, 0.3)
"""Height of the square original in heights of the frame."""
SCALES = (1, 2, 4)
MOST_PIXELS = 24_000_000
"""A frame with more is made at a smaller scale."""
RENDERED_SEED = 77


class Forgetful:
    """A store that keeps nothing."""

    def find(self, _sha256s: Sequence[str]) -> Mapping[str, Inspection]:
        return {}

    def record(self, _outcomes: Sequence[Outcome]) -> Mapping[str, Inspection]:
        return {}


def set_in_frame(gray: Gray, shape: float, share: float, scale: int, seed: int) -> Gray:
    """The picture at ``scale`` times its size somewhere in a frame, its border continued."""
    rng = np.random.default_rng(seed)
    longest = gray.shape[0] / share * max(shape, 1 / shape)
    while scale > 1 and (longest * scale) ** 2 / max(shape, 1 / shape) > MOST_PIXELS:
        scale //= 2
    side = gray.shape[0] * scale
    large = np.asarray(Image.fromarray(gray).resize((side, side), Image.Resampling.BICUBIC))
    height = max(round(side / share), round(side / shape))
    width = max(side, round(height * shape))
    top = int(rng.integers(0, height - side + 1))
    left = int(rng.integers(0, width - side + 1))
    around = ((top, height - side - top), (left, width - side - left))
    return np.asarray(np.pad(large, around, mode="edge"))


def encoded(gray: Gray) -> bytes:
    """As a camera would save it."""
    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def verdicts(pictures: Iterator[Gray], engine: Engine) -> list[Inspection]:
    """What the program says of each picture at the model's threshold."""
    photographs = (Photograph(f"{n}.jpg", encoded(gray)) for n, gray in enumerate(pictures))
    threshold = engine.card.threshold.probability
    results = [
        outcome.result
        for outcome in inspect_photographs(photographs, engine, threshold, Forgetful())
    ]
    return [result for result in results if isinstance(result, Inspection)]


def originals(folder: Path | None, count: int) -> list[Gray]:
    """Square pictures: rendered parts, or test photographs of a data set in random order."""
    if folder is None:
        return [part.pixels for part in sample_parts(count, RENDERED_SEED)]
    tested = [of for of in read_data_set(folder) if of.split == "test"]
    chosen = np.random.default_rng(0).permutation(len(tested))[:count]
    return [decode((folder / tested[n].path).read_bytes()).gray for n in chosen]


def seconds_to_find(gray: Gray) -> tuple[float, float]:
    """Seconds that decoding and finding the part take, each the least of three."""
    data = encoded(gray)
    times = []
    for _ in range(3):
        began = time.perf_counter()
        picture = decode(data)
        decoded = time.perf_counter()
        find_part_frame(picture)
        times.append((decoded - began, time.perf_counter() - decoded))
    return min(of for of, _ in times), min(of for _, of in times)


def main() -> None:
    """Measure, say, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path)
    parser.add_argument("--photographs", type=int, default=40)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    engine = load_engine()
    pictures = originals(chosen.dataset, chosen.photographs)
    plain = verdicts(iter(pictures), engine)
    found: dict[str, object] = {"photographs": len(pictures)}
    same = total = 0
    reasons: Counter[str] = Counter(item.reason for item in plain if item.reason)
    found["squares not inspected"] = sum(reasons.values())
    for name, shape in SHAPES.items():
        for share in SHARES:
            scales = [SCALES[n % len(SCALES)] for n in range(len(pictures))]
            tried = verdicts(
                (
                    set_in_frame(gray, shape, share, scale, n)
                    for n, (gray, scale) in enumerate(zip(pictures, scales, strict=True))
                ),
                engine,
            )
            alike = sum(
                one.verdict is other.verdict for one, other in zip(plain, tried, strict=True)
            )
            refused = [item.reason for item in tried if item.verdict is Verdict.NOT_INSPECTABLE]
            reasons.update(refused)
            same, total = same + alike, total + len(tried)
            found[f"{name}, {share:.0%} of the height"] = (
                f"{alike} of {len(tried)} the same, {len(refused)} not inspectable"
            )
    found["same verdict"] = round(same / total, 4)
    found["reasons"] = dict(reasons)
    found["finding the part"] = _share_of_time(pictures, engine)
    write_result(found, chosen.json)


def _share_of_time(pictures: Sequence[Gray], engine: Engine) -> str:
    some = pictures[:8]
    shares = []
    for name, made in (
        ("square, 300 x 300", some),
        ("4:3, 4 times as large", [set_in_frame(gray, 4 / 3, 0.8, 4, 0) for gray in some]),
    ):
        took = [seconds_to_find(gray) for gray in made]
        inspected = verdicts(iter(made), engine)
        whole = [item.times.inference_ms + item.times.gate_ms for item in inspected]
        find = 1e3 * float(np.median([of for _, of in took]))
        every = float(np.median(whole)) + 1e3 * float(np.median([of for of, _ in took]))
        shares.append(f"{name}: {find:.2f} ms of {every:.1f} ms ({find / every:.0%})")
    return "; ".join(shares)


if __name__ == "__main__":
    main()
