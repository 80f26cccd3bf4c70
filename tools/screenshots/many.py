"""Fifty thousand parts as they would stand after a month: for pictures of full pages.

    python -m tools.screenshots.many sqlite:///many.db --parts 50000

It is the demonstration with made-up scores: parts share a few dozen rendered pictures, each
with the heatmap that the model gave it, so that only the database has work.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from cli.terminal import growing_bar
from core.inspection.heatmap import stored_map
from core.inspection.part_finder import judged_pixels
from core.inspection.pipeline import verdict_of
from core.inspection.records import Inspection, InspectionStore, Outcome, Photograph, StageTimes
from core.model.engine import Engine, load_engine
from core.model.metrics import probabilities
from core.synthetic.defects import Defect
from core.synthetic.production import MadePart
from core.synthetic.samples import encode_jpeg, render_part
from services import demo
from services.application import opened
from services.inspection import batches

PARTS = 50_000
LOOKS = 8
"""Rendered pictures of each kind."""


@dataclass(frozen=True)
class Look:
    """A rendered picture and the heatmap that the model gives it."""

    data: bytes
    evidence: NDArray[np.float16]


@dataclass
class MadeUp:
    """Stands in for rendering and inspecting; a part's score depends on what is wrong with it."""

    looks: dict[Defect | None, list[Look]]
    model: str
    parts: dict[str, MadePart]

    def photograph_of(self, part: MadePart) -> Photograph:
        self.parts[part.name] = part
        return Photograph(part.name, self.look(part).data)

    def look(self, part: MadePart) -> Look:
        return self.looks[part.defect][sum(part.seed) % LOOKS]

    def inspect(
        self,
        photographs: Iterable[Photograph],
        _engine: Engine,
        threshold: float,
        store: InspectionStore,
    ) -> Iterator[Outcome]:
        outcomes = [self.outcome(photograph, threshold) for photograph in photographs]
        store.record(outcomes)
        return iter(outcomes)

    def outcome(self, photograph: Photograph, threshold: float) -> Outcome:
        part = self.parts[photograph.name]
        random = np.random.default_rng(part.seed)
        log_odds = random.normal(6, 3) if part.defect else random.normal(-5.2, 1)
        chance = float(probabilities(np.array(log_odds)))
        reason = "Out of focus: clean the lens, focus and retake the photograph."
        reason = reason if part.blurred else ""
        inspection = Inspection(
            file=part.name,
            sha256=sha256(part.name.encode()).hexdigest(),
            verdict=verdict_of(chance, threshold, reason),
            probability=chance,
            log_odds=float(log_odds),
            threshold=threshold,
            model=self.model,
            evidence=self.look(part).evidence,
            reason=reason,
            width=300,
            height=300,
            format="JPEG",
            times=StageTimes(*(float(ms) for ms in random.gamma(4, (0.4, 0.2, 3)))),
            inspected_at=datetime.now(UTC),
        )
        return Outcome(photograph, inspection)


def looks_of(engine: Engine) -> dict[Defect | None, list[Look]]:
    """A few pictures of every kind of part."""
    found: dict[Defect | None, list[Look]] = {}
    for kind in (None, *Defect):
        made = [render_part(np.random.default_rng([place, 5]), kind) for place in range(LOOKS)]
        data = [encode_jpeg(part) for part in made]
        inferred = engine.infer(np.stack([judged_pixels(item) for item in data]))
        found[kind] = [
            Look(item, stored_map(evidence))
            for item, evidence in zip(data, inferred.evidence, strict=True)
        ]
    return found


def fill(url: str, parts: int = PARTS) -> None:
    """Fill the empty database at ``url``."""
    engine = load_engine(threads=2)
    made_up = MadeUp(looks_of(engine), engine.card.identity, {})
    with (
        patch.object(demo, "photograph_of", made_up.photograph_of),
        patch.object(batches, "inspect_photographs", made_up.inspect),
        opened(None, url) as application,
        growing_bar("Inspecting") as progress,
    ):
        demo.make_demonstration(application, parts, progress=progress)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--parts", type=int, default=PARTS)
    chosen = parser.parse_args()
    fill(chosen.url, chosen.parts)
