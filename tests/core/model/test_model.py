"""The shipped model: files as the card says, exact evidence, the same from both engines."""

import shutil
from copy import deepcopy

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from core.errors import ModelAltered, ModelMissing
from core.inspection.heatmap import stored_map
from core.inspection.part_finder import judged_pixels
from core.model.card import CARD, GRAPH, MODELS, WEIGHTS, read_card
from core.model.engine import EngineKind, load_engine
from core.model.metrics import probabilities
from core.model.second_look import judge
from core.synthetic.samples import encode_jpeg, sample_parts
from core.training.augment.augmentation import cells_of

SEED = 777
"""Not among the rendered parts that were trained on."""
HEADS = 20


@pytest.fixture(scope="module")
def onnx():
    return load_engine(EngineKind.ONNX, threads=2)


@pytest.fixture(scope="module")
def torch_engine():
    return load_engine(EngineKind.TORCH, threads=2)


@pytest.fixture(scope="module")
def parts():
    return list(sample_parts(200, SEED))


@pytest.fixture(scope="module")
def inference(onnx, parts):
    return onnx.infer(np.stack([part.pixels for part in parts]))


def test_the_evidence_adds_up_to_the_log_odds(onnx, inference):
    sums = inference.evidence.astype(np.float64).sum(axis=(1, 2)) + onnx.card.head_bias
    assert np.abs(sums - inference.log_odds).max() < 1e-4


@pytest.mark.slow
def test_both_engines_agree(onnx, torch_engine, parts):
    pixels = np.stack([part.pixels for part in parts[:12]])
    served, reference = onnx.infer(pixels), torch_engine.infer(pixels)
    assert np.abs(served.log_odds - reference.log_odds).max() < 1e-4
    assert np.abs(served.evidence - reference.evidence).max() < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(EngineKind))
def test_a_batch_equals_singles(kind, onnx, torch_engine, parts):
    engine = onnx if kind is EngineKind.ONNX else torch_engine
    pixels = np.stack([part.pixels for part in parts[:8]])
    batch = engine.infer(pixels)
    for n in range(8):
        single = engine.infer(pixels[n : n + 1])
        assert single.log_odds[0] == pytest.approx(batch.log_odds[n], abs=1e-4)
        assert np.abs(single.evidence[0] - batch.evidence[n]).max() < 1e-5


def test_side_by_side_is_the_same_as_alone(onnx, parts):
    pixels = parts[0].pixels[None]
    alone, beside = onnx.infer(pixels), onnx.infer(pixels, alone=False)
    assert np.abs(alone.log_odds - beside.log_odds).max() < 1e-5
    assert np.abs(alone.evidence - beside.evidence).max() < 1e-6


def test_rendered_parts_get_the_right_verdict(onnx, parts):
    threshold = onnx.card.threshold.probability
    judged = [judge(onnx, judged_pixels(encode_jpeg(part)), threshold) for part in parts]
    called = probabilities([each.log_odds for each in judged]) >= threshold
    right = called == np.array([part.is_defective for part in parts])
    assert right.mean() >= 0.9


def test_the_strongest_cell_lies_at_a_defect(inference, parts):
    hits = []
    for part, evidence in zip(parts, inference.evidence, strict=True):
        if part.is_defective:
            mask = np.zeros(part.pixels.shape, dtype=np.float32)
            for box in part.boxes:
                mask[box.top : box.bottom, box.left : box.right] = 1
            row, column = np.unravel_index(evidence.argmax(), evidence.shape)
            near = np.pad(cells_of(mask), 1)[row : row + 3, column : column + 3]
            hits.append(near.any())
    assert np.mean(hits) >= 0.9


@pytest.mark.slow
def test_a_randomised_head_destroys_the_map(torch_engine, parts):
    """The sanity check of Adebayo et al. 2018, arXiv 1810.03292, over heads before training."""
    network = deepcopy(torch_engine.network)
    defective = np.stack([part.pixels for part in parts if part.is_defective][:32])
    correlations = []
    with torch.inference_mode(), torch.random.fork_rng():
        activations = network.features(network.normalise(torch.from_numpy(defective)))
        trained = network.cell_scores(activations).flatten(1).numpy()
        for seed in range(HEADS):
            torch.manual_seed(seed)
            network.head.reset_parameters()
            drawn = network.cell_scores(activations).flatten(1).numpy()
            pairs = zip(trained, drawn, strict=True)
            correlations += [spearmanr(ours, theirs).statistic for ours, theirs in pairs]
    assert np.mean(correlations) < 0.2


@pytest.mark.slow
@pytest.mark.photographs
def test_the_evidence_adds_up_on_every_real_test_photograph(onnx, photographs):
    files = sorted((photographs / "test").rglob("*.jpeg"))
    assert len(files) == 620
    for start in range(0, len(files), 32):
        batch = [judged_pixels(file.read_bytes()) for file in files[start : start + 32]]
        inference = onnx.infer(np.stack(batch))
        sums = inference.evidence.astype(np.float64).sum(axis=(1, 2)) + onnx.card.head_bias
        assert np.abs(sums - inference.log_odds).max() < 1e-4
        kept = [stored_map(evidence).astype(np.float64).sum() for evidence in inference.evidence]
        assert np.abs(np.array(kept) + onnx.card.head_bias - inference.log_odds).max() < 1e-4


def test_the_graph_names_no_files_of_the_machine_it_was_made_on():
    graph = (MODELS / GRAPH).read_bytes()
    assert b"stack_trace" not in graph
    assert b".py" not in graph


@pytest.fixture
def copied(tmp_path):
    for name in (CARD, GRAPH, WEIGHTS):
        shutil.copy(MODELS / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(("kind", "name"), [(EngineKind.ONNX, GRAPH), (EngineKind.TORCH, WEIGHTS)])
def test_an_altered_file_is_refused(copied, kind, name):
    data = bytearray((copied / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / name).write_bytes(data)
    with pytest.raises(ModelAltered, match=name):
        load_engine(kind, copied)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(EngineKind.ONNX, GRAPH), (EngineKind.TORCH, WEIGHTS), (EngineKind.ONNX, CARD)],
)
def test_a_missing_file_is_named(copied, kind, name):
    (copied / name).unlink()
    with pytest.raises(ModelMissing, match=name):
        load_engine(kind, copied)


@pytest.mark.parametrize("content", ["", "{}", "[1]", "{"])
def test_a_damaged_card_is_refused(copied, content):
    (copied / CARD).write_text(content)
    with pytest.raises(ModelAltered, match=CARD):
        read_card(copied)


def test_the_tone_on_the_card_is_the_one_kept_with_the_weights(torch_engine):
    assert torch_engine.card.tone == pytest.approx(torch_engine.network.tone.tolist(), abs=1e-3)
