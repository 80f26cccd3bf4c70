"""``python -m core train``: photographs -> weights, graph, scores and model card.

Read from top to bottom: what is left out, the pictures and their frozen features, a fit
without some castings, the fit that is kept, the export, the figures. Castings that are held
out, every photograph of them, choose the checkpoint; the model that is kept then starts again
from ImageNet and sees all of them, because with sixteen OK castings in the public set none
can be spared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.engine import load_engine
from core.errors import DataSetError
from core.metrics import probabilities
from core.model_card import (
    GRAPH,
    SCORES,
    WEIGHTS,
    Epoch,
    ModelCard,
    Threshold,
    TrainingData,
    write_card,
)
from core.network import CastingNetwork, from_imagenet, save_weights
from core.training.dataset import LabelledPhotograph, castings_of, majority_labels, read_pixels
from core.training.evaluation import evaluate_split, infer_all
from core.training.export import export_graph
from core.training.fit import fit
from core.training.held_out import (
    Bar,
    Material,
    evaluate_unseen,
    fit_without,
    prepare,
    scores_without,
    work,
    write_scores,
)
from core.training.recipe import Recipe, Stage

NAME = "MobileNetV2 for castings"
DATA_NAME = "Casting Product Image Data for Quality Inspection (Pilot Technocast, Shapar; R. Dabhi)"
DATA_LICENCE = "CC BY-NC-ND 4.0; no photograph of it is part of this project"
LIMITS = (
    "The official test split shows castings that are also in training; figures on it measure "
    "memory of castings more than skill.",
    "Top views of one design of pump impeller; other parts need training of their own.",
    "Defects smaller than about three pixels at 300 x 300 cannot be seen.",
)
RECALL_FLOOR = 0.99
SCALE_QUANTILE = 0.95
"""The heatmap's colour is full at the strongest cell of all but the plainest defects."""


def train(
    folder: Path,
    photographs: list[LabelledPhotograph],
    castings: dict[str, str],
    recipe: Recipe,
    out: Path,
    bar: Bar,
    weights: Path | None = None,
) -> ModelCard:
    """Train by ``recipe``, write weights, graph, scores and card to ``out``, return the card.

    ``castings`` maps sha256 to casting; ``weights`` is an ImageNet state_dict on disk.
    Raises DataSetError when the photographs cannot be used, ModelMissing without weights.
    """
    seen, tested, copies = divide(photographs)
    material = prepare(folder, photographs, seen, castings, recipe, 0, bar, weights)

    first, curves = fit_without(material, 0, recipe, bar, weights, validate=True)
    stages, checkpoint = _chosen_stages(recipe, curves)
    network = from_imagenet(weights)
    rows = np.arange(len(material.examples))
    with bar("Fit with every casting", work(recipe, stages)) as step:
        fit(network, material.examples, rows, recipe, stages, progress=step)
    out.mkdir(parents=True, exist_ok=True)
    weights_sha256 = save_weights(network, out / WEIGHTS)
    graph_sha256 = export_graph(network, out / GRAPH)

    def describe(networks: Sequence[CastingNetwork]) -> ModelCard:
        scores = scores_without(material, networks, recipe)
        write_scores(out / SCORES, material, scores)
        threshold = _threshold(material, scores)
        card = ModelCard(
            name=NAME,
            architecture="MobileNetV2, ImageNet start, one log-odds output",
            input="300 x 300 grayscale, 8 bits",
            weights_sha256=weights_sha256,
            graph_sha256=graph_sha256,
            trained_at=datetime.now(UTC).replace(microsecond=0),
            recipe=asdict(recipe),
            data=_data(seen, tested, castings, recipe, copies),
            curves=curves,
            checkpoint=checkpoint,
            threshold=threshold,
            head_bias=float(network.head.bias.item()),
            evidence_scale=1.0,
            evaluations={"unseen": evaluate_unseen(material, scores, threshold.probability)},
            limits=list(LIMITS),
        )
        write_card(card, out)
        card = _measured(card, out, folder, tested, castings, bar)
        write_card(card, out)
        return card

    # The model serves as soon as one fold has given it a threshold; more folds better it.
    held_out = [first]
    card = describe(held_out)
    for fold in range(1, recipe.folds):
        held_out.append(fit_without(material, fold, recipe, bar, weights)[0])
    return card if recipe.folds == 1 else describe(held_out)


def divide(
    photographs: Sequence[LabelledPhotograph],
) -> tuple[list[LabelledPhotograph], list[LabelledPhotograph], int]:
    """What is trained on, what is tested on, and how many copies of the latter are left out.

    Raises DataSetError when one class is missing from what is trained on.
    """
    tested = [photograph for photograph in photographs if photograph.split == "test"]
    copies = {photograph.sha256 for photograph in tested}
    offered = [photograph for photograph in photographs if photograph.split != "test"]
    seen = [photograph for photograph in offered if photograph.sha256 not in copies]
    if {photograph.is_defective for photograph in seen} != {True, False}:
        raise DataSetError("Training needs defective and OK photographs outside the test split.")
    return seen, tested, len(offered) - len(seen)


def _chosen_stages(recipe: Recipe, curves: Sequence[Epoch]) -> tuple[tuple[Stage, ...], str]:
    """The stages of the model that is kept, and why."""
    last = recipe.stages[-1]
    if recipe.cosine:
        return recipe.stages, (
            f"The end of {last.epochs} epochs: the steps have shrunk to nothing and the weights "
            "are the average of the last ones."
        )
    best = min(
        (epoch for epoch in curves if epoch.stage == last.name),
        key=lambda epoch: epoch.validation_loss,
    )
    return (*recipe.stages[:-1], replace(last, epochs=best.epoch)), (
        f"Epoch {best.epoch} of stage {last.name}: the lowest loss on the castings of the first "
        "fold, held out whole; then trained from the start, on every casting, for as long."
    )


def _threshold(material: Material, scores: NDArray[np.float32]) -> Threshold:
    """The lowest score that the recall floor needs among defective parts that were held out.

    Never above one half, where the network was trained to decide: held-out castings without
    a hard one are no reason to accept more escapes.
    """
    found = np.sort(scores[~np.isnan(scores) & material.defective])
    lowest = float(found[int(np.floor((1 - RECALL_FLOOR) * len(found)))])
    return Threshold(
        probability=max(min(0.5, float(probabilities(lowest))), 1e-6),
        rule=(
            f"Recall {RECALL_FLOOR:.0%} on {len(found)} defective photographs of castings held "
            "out of training, and at most 0.5."
        ),
    )


def _data(
    seen: Sequence[LabelledPhotograph],
    tested: Sequence[LabelledPhotograph],
    castings: dict[str, str],
    recipe: Recipe,
    copies: int,
) -> TrainingData:
    defects = sum(photograph.is_defective for photograph in seen)
    majority = majority_labels(seen, castings_of(seen, castings)).values()
    return TrainingData(
        name=DATA_NAME,
        licence=DATA_LICENCE,
        photographs={"defective": defects, "ok": len(seen) - defects, "test": len(tested)},
        castings={"defective": sum(majority), "ok": len(majority) - sum(majority)},
        rendered_parts=recipe.views.get("rendered", 0),
        left_out=f"{copies} training photographs that are also, byte for byte, in the test split",
    )


def _measured(
    card: ModelCard,
    out: Path,
    folder: Path,
    tested: Sequence[LabelledPhotograph],
    castings: dict[str, str],
    bar: Bar,
) -> ModelCard:
    """The card with what the exported graph itself shows on the official test split."""
    if not tested:
        return card
    engine = load_engine(folder=out)
    pixels = read_pixels(folder, tested)
    with bar("Official test split", len(pixels)) as step:
        inference = infer_all(engine, pixels, step)
    strongest = np.abs(inference.evidence).max(axis=(1, 2))
    defective = np.array([photograph.is_defective for photograph in tested])
    official = evaluate_split(
        "official",
        tested,
        inference.log_odds,
        card.threshold.probability,
        castings_of(tested, castings),
    )
    return card.model_copy(
        update={
            "evidence_scale": float(np.quantile(strongest[defective], SCALE_QUANTILE)),
            "evaluations": {"official": official, **card.evaluations},
        }
    )
