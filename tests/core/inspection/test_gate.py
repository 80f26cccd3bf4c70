"""The gate: what is measured, which limit speaks first, and what the shipped model turns away."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from core.errors import DataSetError
from core.inspection.gate import GateLimits, measure, rejection_reason
from core.inspection.images import decode
from core.inspection.part_finder import judged_pixels
from core.inspection.pipeline import inspect_photographs
from core.inspection.records import Photograph, Verdict
from core.model.engine import load_engine
from core.model.novelty import CHANNELS, GRID, SIGNATURE, NoveltyDetector
from core.synthetic.samples import encode_jpeg, sample_parts
from core.training.augment.out_of_distribution import out_of_distribution_pictures
from core.training.calibration import calibrate, calibrated, calibration_error, reliability_of
from tests.fakes import BrightnessEngine, MemoryStore, card
from tests.model_input import model_input

LIMITS = GateLimits(
    novelty=20, sharpness=0.06, brightness=50, overexposed=0.2, noise=0.05, blockiness=1.7
)


def part(seed: int = 3) -> np.ndarray:
    return next(iter(sample_parts(1, seed))).pixels


def changed(gray: np.ndarray, change) -> np.ndarray:
    return np.asarray(change(Image.fromarray(gray)), dtype=np.uint8)


def recompressed(gray: np.ndarray, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, "JPEG", quality=quality)
    return model_input(decode(buffer.getvalue()))


def test_each_measure_grows_with_what_it_measures():
    gray = part()
    plain = measure(gray)
    blurs = [
        measure(changed(gray, lambda image, r=radius: image.filter(ImageFilter.GaussianBlur(r))))
        for radius in (1, 2, 4)
    ]
    sharpness = [plain.sharpness, *(of.sharpness for of in blurs)]
    assert sharpness == sorted(sharpness, reverse=True)
    assert measure((gray * 0.3).astype(np.uint8)).brightness < plain.brightness / 2
    assert (
        measure(np.minimum(gray * 2.0, 255).astype(np.uint8)).overexposed > 0.3 > plain.overexposed
    )
    rng = np.random.default_rng(0)
    grainy = np.clip(gray + rng.normal(0, 25, gray.shape), 0, 255).astype(np.uint8)
    assert measure(grainy).noise > 3 * plain.noise
    steps = [measure(recompressed(gray, quality)).blockiness for quality in (90, 20, 5)]
    assert steps == sorted(steps)
    assert steps[-1] > 1.7 > plain.blockiness


def test_the_noise_measure_is_the_deviation_of_the_noise():
    rng = np.random.default_rng(1)
    noise = rng.normal(128, 10, (300, 300))
    measured = measure(np.clip(noise, 0, 255).astype(np.uint8))
    assert measured.noise * (noise[45:255, 45:255].std() + 1) == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize(
    ("change", "novelty", "words"),
    [
        ({}, 1, ""),
        ({}, 21, "whole casting"),
        ({"sharpness": 0.01}, 1, "focus"),
        ({"brightness": 10}, 1, "Too dark"),
        ({"overexposed": 0.5}, 1, "Burnt out"),
        ({"blockiness": 3}, 1, "JPEG"),
        ({"noise": 0.5}, 21, "noise"),
        ({"noise": 0.5}, 1, ""),
        # The cause comes before what follows from it.
        ({"brightness": 10, "sharpness": 0.01}, 99, "Too dark"),
    ],
)
def test_the_reason_names_the_cause_and_what_to_do(change, novelty, words):
    measures = replace(measure(part()), **change)
    reason = rejection_reason(measures, novelty, LIMITS)
    assert words in reason
    assert bool(reason) == bool(words)


def test_a_part_that_cannot_be_judged_is_neither_defective_nor_ok():
    buffer = io.BytesIO()
    Image.fromarray(part()).save(buffer, "PNG")
    shut = GateLimits(
        novelty=1e9, sharpness=9.0, brightness=0, overexposed=1, noise=1e9, blockiness=1e9
    )
    engine = BrightnessEngine(card(gate=shut))
    (outcome,) = inspect_photographs(
        [Photograph("a", buffer.getvalue())], engine, 0.5, MemoryStore()
    )
    assert outcome.result.verdict is Verdict.NOT_INSPECTABLE
    assert "focus" in outcome.result.reason
    assert outcome.result.times.gate_ms > 0


def test_novelty_is_the_same_however_a_picture_is_turned_and_grows_off_the_plane():
    gate = NoveltyDetector()
    rng = np.random.default_rng(0)
    basis = rng.normal(size=(5, SIGNATURE))
    seen = torch.from_numpy(rng.normal(size=(400, 5)) @ basis).float()
    gate.fit(seen)
    near = torch.from_numpy(rng.normal(size=(10, 5)) @ basis).float()
    far = near + torch.from_numpy(rng.normal(size=(10, SIGNATURE))).float() * 5
    assert gate.distance(near).max() < 1
    assert gate.distance(far).min() > 10
    features = torch.from_numpy(rng.normal(size=(2, CHANNELS, GRID, GRID))).float()
    turned = torch.rot90(features, 1, dims=(2, 3))
    assert torch.allclose(gate(features), gate(turned), rtol=1e-4)


def test_calibration_finds_the_slope_and_the_offset():
    rng = np.random.default_rng(0)
    log_odds = rng.normal(0, 3, 20_000)
    defective = rng.random(20_000) < 1 / (1 + np.exp(-log_odds))
    scores = ((log_odds - 1.5) / 0.5).astype(np.float32)
    found = calibrate(scores, defective)
    assert found.slope == pytest.approx(0.5, rel=0.05)
    assert found.offset == pytest.approx(1.5, rel=0.1)
    assert found.error_after < 0.02 < found.error_before
    assert np.abs(calibrated(scores, found) - log_odds).max() < 1.5


def test_scores_that_fall_with_the_label_are_no_model():
    with pytest.raises(DataSetError, match="Nothing was learnt"):
        calibrate(
            np.array([1.0, 0.5, -0.5, -1.0], np.float32), np.array([False, False, True, True])
        )


def test_the_calibration_error_is_the_mean_gap():
    predicted = np.array([0.05, 0.05, 0.95, 1.0])
    bins = reliability_of(predicted, np.array([False, True, True, True]))
    assert [of.photographs for of in bins] == [2, 2]
    assert calibration_error(bins) == pytest.approx((2 * 0.45 + 2 * 0.025) / 4)


@pytest.fixture(scope="module")
def shipped():
    return load_engine()


def turned_away(engine, pictures):
    found = []
    for start in range(0, len(pictures), 8):
        batch = np.stack(pictures[start : start + 8])
        novelty = engine.infer(batch).novelty
        found += [
            rejection_reason(measure(gray), float(strange), engine.card.gate) != ""
            for gray, strange in zip(batch, novelty, strict=True)
        ]
    return np.array(found)


@pytest.mark.slow
def test_the_shipped_gate_passes_rendered_parts_and_rejects_other_pictures(shipped):
    parts = [judged_pixels(encode_jpeg(part)) for part in sample_parts(100, seed=99)]
    assert turned_away(shipped, parts).mean() <= 0.08
    named = list(out_of_distribution_pictures())
    kinds = np.array([name for name, _ in named])
    away = turned_away(shipped, [gray for _, gray in named])
    for kind in set(kinds):
        assert away[kinds == kind].mean() >= 0.95, kind
