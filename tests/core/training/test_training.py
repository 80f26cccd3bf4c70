"""Training from a folder to a model that serves, small enough for a minute; views and parts."""

import csv
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import DataSetError, ModelMissing
from core.inspection.images import sha256_of
from core.model.card import SCORES, read_card
from core.model.engine import EngineKind, load_engine
from core.model.metrics import probabilities
from core.model.network import CastingNetwork, from_imagenet
from core.synthetic.samples import encode_jpeg, sample_parts
from core.training.augment.augmentation import cells_of, part_cells
from core.training.cross_validation import FOLDS, Material, held_out
from core.training.data.dataset import (
    castings_of,
    divided,
    folds_of,
    majority_labels,
    read_castings,
    read_data_set,
    read_pixels,
)
from core.training.data.examples import training_views
from core.training.data.part_geometry import find_part
from core.training.recipe import Recipe, Stage
from core.training.train import train

TINY = Recipe(
    name="tiny",
    frozen=14,
    views={"photograph": 1, "turned": 1, "rendered": 12},
    runs=(
        (
            Stage("head", first_block=19, epochs=1, examples=16, rate=0.0, head_rate=1e-2),
            Stage(
                "blocks",
                first_block=16,
                epochs=2,
                examples=16,
                rate=1e-3,
                head_rate=1e-3,
                ground_weight=0.2,
            ),
        ),
    ),
    batch=8,
    local_weight=1.0,
)


@contextmanager
def no_bar(_title, _total):
    yield lambda _: None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve castings of each label, two photographs each; a third one tests."""
    folder = tmp_path_factory.mktemp("data set")
    for label in ("defective", "ok"):
        for split in ("train", "test"):
            (folder / split / label).mkdir(parents=True)
    rows = []
    for n, part in enumerate(sample_parts(48, seed=31)):
        label = "defective" if part.is_defective else "ok"
        split = "test" if n % 6 == 5 or n % 6 == 4 else "train"
        path = folder / split / label / f"{n}.jpg"
        path.write_bytes(encode_jpeg(part))
        rows.append((sha256_of(path.read_bytes()), f"C{n % 2}{n // 4}"))
    copy = folder / "train" / "ok" / "copy.jpg"
    copy.write_bytes(next((folder / "test" / "ok").iterdir()).read_bytes())
    with (folder / "castings.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("sha256", "casting"), *rows])
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A mobilenet_v2 state_dict as torchvision would save it, random."""
    from torchvision.models import mobilenet_v2

    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("weights") / "imagenet.pth"
    torch.save(mobilenet_v2(weights=None).state_dict(), path)
    return path


@pytest.mark.slow
def test_a_folder_becomes_a_model_that_serves(folder, weights, tmp_path):
    castings = read_castings(folder / "castings.csv")
    photographs = read_data_set(folder)
    material = Material(folder, photographs, castings, TINY, tmp_path, no_bar, weights)
    card = train(material, tmp_path)
    assert read_card(tmp_path).model_dump_json() == card.model_dump_json()
    assert [(epoch.stage, epoch.epoch) for epoch in card.curves] == [
        ("head", 1),
        ("blocks", 1),
        ("blocks", 2),
    ]
    assert card.evaluations["official"].photographs == 16
    assert "1 training photographs" in card.data.left_out
    pixels = np.stack([part.pixels for part in sample_parts(3, seed=4)])
    served, reference = (load_engine(kind, tmp_path).infer(pixels) for kind in EngineKind)
    assert np.abs(served.log_odds - reference.log_odds).max() < 1e-4
    with (tmp_path / SCORES).open(newline="") as file:
        scores = list(csv.DictReader(file))
    assert {row["fold"] for row in scores} == {"0", "1", "2", "3", "4"}
    assert len(scores) == card.evaluations["unseen"].photographs == len(read_data_set(folder))
    # Slope and offset are in the head: the graph's log-odds are calibrated ones already.
    predicted = probabilities(np.array([float(row["log_odds"]) for row in scores]))
    assert card.calibration.reliability
    assert sum(of.photographs for of in card.calibration.reliability) == len(predicted)
    assert card.calibration.error_after <= card.calibration.error_before + 0.05


@pytest.mark.slow
def test_a_stopped_run_resumes_with_its_finished_fits(folder, weights, tmp_path):
    titles = []

    @contextmanager
    def counted(title, _total):
        titles.append(title)
        yield lambda _: None

    photographs = read_data_set(folder)
    castings = read_castings(folder / "castings.csv")
    material = Material(folder, photographs, castings, TINY, tmp_path, counted, weights)
    first = held_out(material, 0)
    fits = [title for title in titles if title.startswith("Training")]
    assert len(fits) == 5
    (tmp_path / "tiny folds 0, fit 3 of 5.pt").write_bytes(b"broken off")
    titles.clear()
    again = held_out(material, 0)
    assert titles == [fits[2]]
    assert np.array_equal(again.scores, first.scores)
    # Another recipe is another fit, whatever lies on the disk.
    other = replace(material, recipe=replace(TINY, seed=1))
    titles.clear()
    held_out(other, 0)
    assert [title for title in titles if title.startswith("Training")] == fits


@pytest.mark.slow
def test_from_imagenet_is_the_pretrained_network_on_gray_pictures(weights):
    from torchvision.models import mobilenet_v2

    original = mobilenet_v2(weights=None)
    original.load_state_dict(torch.load(weights, weights_only=True))
    network: CastingNetwork = from_imagenet(weights)
    gray = network.normalise(
        torch.from_numpy(np.stack([part.pixels for part in sample_parts(2, seed=4)]))
    )
    with torch.inference_mode():
        expected = original.eval().features(gray.expand(-1, 3, -1, -1))
        found = network.eval().features(gray)
    assert (found - expected).abs().max() <= 1e-4 * expected.abs().max()


def test_brightness_and_contrast_do_not_reach_the_features(weights):
    network = from_imagenet(weights)
    pixels = np.stack([part.pixels for part in sample_parts(1, seed=4)]).astype(float)
    darker = (pixels * 0.7 + 10).round().astype(np.uint8)
    original = network.normalise(torch.from_numpy(pixels.astype(np.uint8)))
    assert (network.normalise(torch.from_numpy(darker)) - original).abs().max() < 0.05


def test_no_casting_is_on_both_sides_of_a_fold(folder):
    photographs = read_data_set(folder)
    castings = castings_of(photographs, read_castings(folder / "castings.csv"))
    folds = folds_of(photographs, castings, FOLDS)
    assert set(folds) == {0, 1, 2, 3, 4}
    for casting in set(castings):
        assert len({fold for fold, of in zip(folds, castings, strict=True) if of == casting}) == 1


def test_copies_of_test_photographs_are_not_trained_on(folder):
    division = divided(read_data_set(folder), read_castings(folder / "castings.csv"))
    assert division.left_out.startswith("1 training photographs")
    assert not {p.sha256 for p in division.seen} & {p.sha256 for p in division.tested}


def test_unusable_input_is_named(folder, tmp_path, weights):
    with pytest.raises(DataSetError, match="defective and no ok"):
        read_data_set(tmp_path)
    with pytest.raises(DataSetError, match="castings"):
        castings_of(read_data_set(folder), {})
    bad = tmp_path / "castings.csv"
    bad.write_text("sha256,casting\nab,\n")
    with pytest.raises(DataSetError, match="line 2"):
        read_castings(bad)
    with pytest.raises(ModelMissing):
        from_imagenet(tmp_path / "none.pth")


def test_cells_lie_where_the_network_looks():
    mask = np.zeros((300, 300), dtype=np.float32)
    mask[0:3, 0:3] = mask[157:163, 285:291] = 1
    assert np.argwhere(cells_of(mask)).tolist() == [[0, 0], [5, 9]]


def test_a_cell_sees_the_part_within_half_a_stride():
    radius = np.full((300, 300), 9.0, dtype=np.float32)
    radius[16:48, 112:144] = 1.0
    assert np.argwhere(part_cells(radius)).tolist() == [[1, 4]]
    radius[49, 143] = 1.0
    assert np.argwhere(part_cells(radius)).tolist() == [[1, 4], [2, 4]]


def test_the_part_is_found_where_it_was_drawn():
    for part in sample_parts(10, seed=8):
        found = find_part(part.pixels)
        assert found is not None
        assert np.abs(found.centre - 150).max() < 60


@pytest.mark.slow
@pytest.mark.photographs
def test_every_kind_of_view_from_real_photographs(photographs):
    listed = read_data_set(photographs)
    castings = read_castings(photographs / "castings.csv")
    groups = castings_of(listed, castings)
    chosen = sorted(set(groups), key=groups.count)[-30:]
    seen = []
    for casting in chosen:
        seen += [p for p, of in zip(listed, groups, strict=True) if of == casting][:4]
    names = castings_of(seen, castings)
    kinds = ("ok", "ok_residual", "defective", "defective_residual", "planted", "drawn")
    recipe = Recipe("views", 11, {**dict.fromkeys(kinds, 3), "anew": 1}, ())
    views = training_views(photographs, seen, names, recipe, lambda _: None)
    labels = majority_labels(seen, names)
    anew = views[3 * len(kinds) :]
    assert [view.kind for view in anew] == ["anew"] * len(seen)
    assert any(len(view.castings) == 2 for view in anew)
    drawn = views[: 3 * len(kinds)]
    assert [view.kind for view in drawn] == [kind for kind in kinds for _ in range(3)]
    for view in drawn:
        assert view.gray.shape == (300, 300)
        assert view.defective == (view.kind not in ("ok", "ok_residual"))
        assert view.castings <= set(names)
        if view.kind == "ok":
            assert not any(labels[name] for name in view.castings)
        if view.local:
            assert view.cells.any()
    assert any(view.local for view in drawn)
    assert read_pixels(photographs, seen[:1]).shape == (1, 300, 300)
