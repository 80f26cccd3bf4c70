"""Made-up scored parts."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from core.thresholds.scored_parts import scored_parts


def made_up(seed=0, castings=400, photographs=4, decimals=8):
    """Castings, half of them defective; photographs of one casting have scores alike."""
    random = np.random.default_rng(seed)
    groups = np.repeat(np.arange(castings), photographs)
    defective = groups % 2 == 0
    casting_score = random.normal(size=castings)[groups]
    scores = casting_score + 0.5 * random.normal(size=len(groups)) + 3 * defective
    return scored_parts(np.round(scores, decimals), defective, groups)


@st.composite
def sets(draw):
    """Small evidence sets with many ties."""
    size = draw(st.integers(2, 40))
    scores = draw(st.lists(st.integers(-6, 6), min_size=size, max_size=size))
    defective = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    castings = draw(st.lists(st.integers(0, 12), min_size=size, max_size=size))
    assume(len(set(scores)) > 1)
    assume(len(set(defective)) > 1)
    return scored_parts(np.array(scores) / 2, defective, castings)
