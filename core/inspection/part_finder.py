"""Where the part lies on a photograph: the square that the model judges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.inspection.frame import Frame, framed, whole_frame
from core.inspection.images import Picture, decode


def find_frame(picture: Picture) -> Frame:
    """The square around the part."""
    return whole_frame(picture.width, picture.height)


def judged_pixels(data: bytes) -> NDArray[np.uint8]:
    """What the model judges of a photograph: (300, 300); raises ImageRejected."""
    picture = decode(data)
    return framed(picture.gray, find_frame(picture), picture.width)
