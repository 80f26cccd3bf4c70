"""One view and two looks on held-out castings, side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core.model.card import LookFigures, SecondLook, Threshold
from core.model.engine import OUTPUTS, default_threads, onnx_session
from core.model.metrics import auc
from core.model.second_look import TURNS, is_near
from core.model.tone import with_tone
from core.training.calibration import DECIMALS
from core.training.cross_validation import HeldOut, Material
from core.training.data.dataset import majority_labels, read_pixels
from core.training.data.part_geometry import Gray
from core.training.export import graph_bytes

RECALLS = (0.99, 0.995)
"""Recalls at which specificity is given."""

MOST_ROUNDS = 10
"""The threshold decides which photographs are looked at again, and their scores the threshold; it
stands still after two or three rounds."""

Scores = NDArray[np.float64]


def scores_of_turns(material: Material, held: HeldOut) -> NDArray[np.float32]:
    """(N, 4): log-odds of each photograph's quarter turns, by the network that held it out."""
    pixels = read_pixels(material.folder, material.photographs)
    scores = np.zeros((len(pixels), TURNS), dtype=np.float32)
    with (
        material.bar("Quarter turns of the photographs", scores.size) as step,
        ThreadPoolExecutor(default_threads()) as pool,
    ):
        for fold, network in enumerate(held.networks):
            score = partial(_scores, onnx_session(graph_bytes(network, OUTPUTS), 1), material.tone)
            rows = np.flatnonzero(held.folds == fold)
            for row, found in zip(rows, pool.map(score, pixels[rows]), strict=True):
                scores[row] = found
                step(TURNS)
    return scores


def second_looks(turns: Scores, threshold: float, look: SecondLook) -> Scores:
    """(N,): the first view's scores, near ``threshold`` the means of all; to :data:`DECIMALS`."""
    first = turns[:, 0]
    scores = np.where(is_near(first, threshold, look), turns.mean(axis=1), first)
    return np.asarray(scores.round(DECIMALS))


def settled_threshold(
    turns: Scores, look: SecondLook, choose: Callable[[Scores], Threshold]
) -> tuple[Threshold, Scores]:
    """The threshold that ``choose`` finds on the scores that it makes itself, and these scores."""
    scores = turns.mean(axis=1)
    threshold = choose(scores)
    for _ in range(MOST_ROUNDS):
        scores = second_looks(turns, threshold.probability, look)
        again = choose(scores)
        if again == threshold:
            break
        threshold = again
    return threshold, second_looks(turns, threshold.probability, look)


def look_figures(
    material: Material, fold_seed: int, first: Scores, second: Scores
) -> list[LookFigures]:
    """Both ways of looking, with and without photographs that contradict their casting's label."""
    labels = majority_labels(material.photographs, material.castings)
    majority = np.array([labels[casting] for casting in material.castings])
    agree = material.defective == majority
    _, casting, sizes = np.unique(material.castings, return_inverse=True, return_counts=True)
    alike = 1 / sizes[casting]
    rows = []
    for looks, scores in ((1, first), (2, second)):
        for contradictory, chosen in ((True, np.ones(len(agree), np.bool_)), (False, agree)):
            truth = material.defective[chosen]
            of = scores[chosen]
            rows.append(
                LookFigures(
                    fold_seed=fold_seed,
                    looks=looks,
                    contradictory=contradictory,
                    auc=auc(truth, of) or 0.0,
                    specificity=[_specificity(truth, of, np.ones(len(of)), at) for at in RECALLS],
                    specificity_by_casting=[
                        _specificity(truth, of, alike[chosen], at) for at in RECALLS
                    ],
                )
            )
    return rows


def _specificity(
    defective: NDArray[np.bool_], scores: Scores, weight: NDArray[np.float64], recall: float
) -> float:
    """Weighted specificity at the highest threshold that keeps the weighted ``recall``."""
    order = np.argsort(-scores[defective], kind="stable")
    caught = np.cumsum(weight[defective][order])
    enough = np.searchsorted(caught, recall * caught[-1] * (1 - 1e-12))
    threshold = scores[defective][order][min(enough, len(order) - 1)]
    passed = scores[~defective] < threshold
    return float(np.average(passed, weights=weight[~defective]))


def _scores(session: onnxruntime.InferenceSession, tone: list[float], gray: Gray) -> list[float]:
    toned = with_tone(gray, tone)
    return [
        float(session.run(OUTPUTS[:1], {"photographs": np.ascontiguousarray(view[None])})[0][0])
        for view in (np.rot90(toned, turn) for turn in range(TURNS))
    ]
