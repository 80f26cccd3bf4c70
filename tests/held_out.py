"""Made-up held-out scores with the model card they belong to."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from core.model.card import SCORES, ModelCard
from core.model.metrics import evaluate
from core.thresholds.held_out_scores import UNSEEN
from tests.fakes import card

COLUMNS = ("sha256", "casting", "label", "fold", "log_odds")


def write_held_out(folder: Path, castings: int = 400, seed: int = 0, **changes: Any) -> ModelCard:
    """Write scores of ``castings`` castings, four photographs each; returns their card."""
    random = np.random.default_rng(seed)
    names = np.repeat([f"casting {number:05}" for number in range(castings)], 4)
    defective = np.repeat(random.random(castings) < 0.8, 4)
    defective[:4], defective[-4:] = True, False
    scores = np.repeat(random.normal(size=castings), 4) + random.normal(size=len(names)) / 2
    scores = (scores + np.where(defective, 2.5, -2.0)).astype(np.float32)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / SCORES).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for name, is_defective, score in zip(names, defective, scores, strict=True):
            label = "defective" if is_defective else "ok"
            writer.writerow(["c" * 64, name, label, 0, f"{score:.5f}"])
    unseen = evaluate(UNSEEN, defective, scores, 0.5, names.tolist())
    return card(**{"evaluations": {UNSEEN: unseen}} | changes)
