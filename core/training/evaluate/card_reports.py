"""What the model card says beyond the figures: robustness, and what the gate turns away."""

from __future__ import annotations

from core.model.card import ModelCard
from core.training.calibration import calibrate_head
from core.training.cross_validation import HeldOut, Material
from core.training.evaluate.fold_models import fold_models
from core.training.evaluate.gate_limits import fit_novelty, reference_signatures
from core.training.evaluate.gate_report import gate_report
from core.training.evaluate.robustness import robustness, sample_of


def with_reports(material: Material, held: HeldOut, card: ModelCard) -> ModelCard:
    """The card with both reports, made by the networks that held each casting out.

    The networks take the card's calibration and a gate that does not know their fold.
    """
    parts = reference_signatures(material)
    for fold, network in enumerate(held.networks):
        calibrate_head(network, card.calibration)
        fit_novelty(network, parts, material.castings_in(held.folds == fold))
    models = fold_models(held.networks, card.gate, card.threshold.probability)
    sample = sample_of(material, held.folds)
    return card.model_copy(
        update={
            "robustness": robustness(material, sample, models),
            "gate_report": gate_report(material, held.folds, sample, models),
        }
    )
