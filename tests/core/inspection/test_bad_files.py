"""Files that a camera never made: each is a picture or a rejection, at little cost."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import ImageRejected
from core.inspection.formats import gray
from core.inspection.frame import SIDE
from core.inspection.images import decode
from tests.bad_files import bad_files, encoded, many_scans, mutants, part, photograph
from tests.conftest import ROOT
from tests.model_input import model_input

FILES = bad_files()
PICTURES = {
    "PHP in a JPEG's comment",
    "MPO",
    "64 x 65,000",
    "25 megapixels of zeros",
    "16 bits",
    "16 bits, 25 megapixels",
    "CMYK",
    "palette and alpha",
    "alpha, 25 megapixels",
    "gray and alpha, 25 megapixels",
    "palette and alpha, 25 megapixels",
    "floating point",
    "Lab",
    "two colours",
    "JPEG twice",
    "a photograph and a ZIP in one file",
    "BMP with a negative height",
    *(f"EXIF orientation {orientation}" for orientation in range(10)),
}
"""Strange, but what they show can be seen; every other one is rejected, or may be either."""
EITHER = {
    "PNG that unpacks to more than its pixels",
    "JPEG of 2,000 claims on its Exif",
    "EXIF that points at itself",
    "PNG text of 60 MB",
    "PNG profile of 60 MB",
}


def test_there_are_many_of_them() -> None:
    assert len(FILES) >= 60
    assert FILES.keys() >= PICTURES | EITHER


@pytest.mark.filterwarnings("ignore")  # as in production, where Pillow's warnings stop nothing
@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_a_picture_or_rejected_with_a_reason(name: str) -> None:
    data = FILES[name]()
    if name in PICTURES:
        assert model_input(decode(data)).shape == (SIDE, SIDE)
    elif name in EITHER:
        with contextlib.suppress(ImageRejected):
            assert model_input(decode(data)).shape == (SIDE, SIDE)
    else:
        with pytest.raises(ImageRejected) as rejected:
            decode(data)
        assert rejected.value.reason.endswith(".")


@pytest.mark.filterwarnings("ignore")
def test_two_thousand_damaged_photographs_give_a_picture_or_a_rejection() -> None:
    pictures = 0
    for data in mutants(2_000):
        with contextlib.suppress(ImageRejected):
            assert model_input(decode(data)).shape == (SIDE, SIDE)
            pictures += 1
    assert 100 < pictures < 1_900


@pytest.mark.slow
def test_each_bad_file_takes_little_memory(tmp_path: Path) -> None:
    """In another process: the kernel then measures the peak for each file."""
    report = tmp_path / "bad_files.json"
    subprocess.run(
        [sys.executable, "-m", "tools.soak.bad_files", "--mutants", "50", "--json", str(report)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    found = json.loads(report.read_text(encoding="utf-8"))
    assert found["files"] == len(FILES)
    assert found["most_megabytes"] < 150, found["most_megabytes_file"]


def test_a_jpeg_of_many_scans_is_not_decoded() -> None:
    with pytest.raises(ImageRejected, match="too many passes"):
        decode(many_scans())
    progressive = encoded(part().convert("RGB"), "JPEG", progressive=True)
    assert model_input(decode(progressive)).shape == (SIDE, SIDE)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "CMYK", "I;16"])
def test_gray_made_in_strips_is_the_gray_of_the_whole(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.asarray(part()).astype(np.uint16) * 257)
    elif mode == "RGBA":
        image = part().convert("RGB")
        image.putalpha(part(6))
    else:
        image = part().convert("RGB").convert(mode)
    data = encoded(image, "TIFF" if mode == "CMYK" else "PNG")
    whole = model_input(decode(data))
    monkeypatch.setattr(gray, "AT_ONCE", 300 * 7)
    assert np.array_equal(model_input(decode(data)), whole)


def test_what_the_formats_need_of_memory_is_refused_before_decoding() -> None:
    for file_format, side in (("WEBP", 3_000), ("TIFF", 4_000)):
        options = {"method": 0} if file_format == "WEBP" else {"compression": "tiff_lzw"}
        data = encoded(Image.new("RGB", (side, side)), file_format, **options)
        with pytest.raises(ImageRejected, match="too much memory"):
            decode(data)
    assert decode(photograph()).format == "JPEG"
