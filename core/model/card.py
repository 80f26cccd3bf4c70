"""The model card as data: ``models/final_best_model.json``.

It names its files by sha256, how they were made, on what data, and how good they are. The
engine refuses other files; pages and the README read every figure from here.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from core.errors import ModelAltered, ModelMissing
from core.inspection.gate import GateLimits
from core.model.metrics import Evaluation

MODELS = Path(__file__).resolve().parents[2] / "models"
WEIGHTS = "final_best_model.pt"
GRAPH = "final_best_model.onnx"
CARD = "final_best_model.json"
SCORES = "final_best_model.scores.csv"
"""Log-odds of photographs whose castings were held out of training."""


Sha256 = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainingData(_Record):
    """What the network has seen: numbers of photographs and of physical castings."""

    name: str
    licence: str
    photographs: dict[str, int]
    castings: dict[str, int]
    rendered_parts: int
    left_out: str


class Epoch(_Record):
    """One epoch of training: losses and the validation figures that chose the checkpoint."""

    stage: str
    epoch: int
    training_loss: float
    validation_loss: float
    validation_recall: float
    validation_specificity: float
    validation_auc: float


class Threshold(_Record):
    """The threshold the model ships with, and where it comes from."""

    probability: float = Field(gt=0, lt=1)
    rule: str


class ReliabilityBin(_Record):
    """Photographs whose probability lies in one tenth: what was said, and what was so."""

    photographs: int
    mean_probability: float
    share_defective: float


class Calibration(_Record):
    """How held-out scores were made into probabilities: ``slope * score + offset``.

    Both are part of the head's weights, so evidence and log-odds have them already.
    """

    slope: float = Field(gt=0)
    offset: float
    error_before: float
    """Expected calibration error over ten equal bins, on all held-out photographs."""
    error_after: float
    reliability: list[ReliabilityBin]


class CrossValidationRun(_Record):
    """Figures of one more cross-validation split of the castings."""

    fold_seed: int
    recall: float
    specificity: float
    accuracy: float
    auc: float


class SecondLook(_Record):
    """Where a photograph is judged by four views (see ``core.model.second_look``): log-odds below
    and above the threshold."""

    below: float = Field(gt=0)
    above: float = Field(gt=0)


class LookFigures(_Record):
    """Held-out castings of one division into folds, by one view or by two looks."""

    fold_seed: int
    looks: int
    contradictory: bool
    """Whether photographs labelled against the rest of their casting's count."""
    auc: float
    specificity: list[float]
    """At recall 0.99 and 0.995."""
    specificity_by_casting: list[float]
    """... with every casting alike."""


class Change(_Record):
    """What one change of held-out photographs does to their verdicts."""

    change: str
    photographs: int
    auc: float
    flipped: float
    """Share of verdicts that differ from those of the unchanged photographs."""
    turned_away: float
    """Share that the gate calls not inspectable."""


class Robustness(_Record):
    """Verdicts of held-out castings under changes that should not matter, and some that do."""

    changes: list[Change]
    background_auc: float
    """AUC of the background alone: how much of the label its brightness gives away."""
    evidence_on_part: float
    """Median share of positive evidence on the part, over parts called defective."""


class GateRejections(_Record):
    """How often the gate rejects one kind of picture."""

    pictures: str
    number: int
    turned_away: int


class ModelCard(_Record):
    """Everything that is known of one trained model."""

    name: str
    architecture: str
    input: str
    tone: list[float] | None = None
    """(65,): gray levels that photographs are brought to first (see ``core.model.tone``); None for
    a model trained before version 0.3, on photographs as they are."""
    second_look: SecondLook | None = None
    """None for a model that judges by one view alone."""
    weights_sha256: Sha256
    graph_sha256: Sha256
    trained_at: AwareDatetime
    recipe: dict[str, Any]
    data: TrainingData
    curves: list[Epoch]
    checkpoint: str
    threshold: Threshold
    head_bias: float
    evidence_scale: float = Field(gt=0)
    """Log-odds per cell at which the heatmap's colour is full, the same for every part."""
    gate: GateLimits
    calibration: Calibration
    evaluations: dict[str, Evaluation]
    looks: list[LookFigures] = []
    """One view and two looks on unseen castings, for every division."""
    divisions: list[CrossValidationRun]
    """Other cross-validation splits, at the same threshold."""
    robustness: Robustness | None
    gate_report: list[GateRejections]
    limits: list[str]

    @property
    def identity(self) -> str:
        """The model's name wherever a verdict is kept: the sha256 of its weights."""
        return self.weights_sha256


def read_card(folder: Path = MODELS) -> ModelCard:
    """The model card of a folder; raises ModelMissing or ModelAltered."""
    path = folder / CARD
    try:
        return ModelCard.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelMissing(
            f"There is no model card at {path.name}. Restore the models folder, or train with "
            "`python -m core train`."
        ) from error
    except ValidationError as error:
        raise ModelAltered(
            f"The model card {path.name} is damaged. Restore the models folder from a release."
        ) from error


def write_card(card: ModelCard, folder: Path = MODELS) -> None:
    """Write the card where :func:`read_card` finds it."""
    (folder / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")


def verified_bytes(path: Path, sha256: str) -> bytes:
    """The file's bytes if they have this sha256; raises ModelMissing or ModelAltered."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelMissing(
            f"The model file {path.name} cannot be read. Restore the models folder."
        ) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelAltered(
            f"{path.name} is not the file its model card describes. Restore the models folder "
            "from one release."
        )
    return data
