"""What the model would see of a whole photograph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.inspection.frame import framed, whole_frame
from core.inspection.images import Picture


def model_input(picture: Picture) -> NDArray[np.uint8]:
    """The photograph as the model's (300, 300) gray levels."""
    frame = whole_frame(picture.width, picture.height)
    return framed(picture.gray, frame, picture.width)
