"""Forgetting: R = e^(-t/S), with t in days since the last recall and S, the strength, in days (MemoryBank §2.3)."""

import math
from datetime import datetime, timedelta

DAY = timedelta(days=1)
VIVID = 0.6  # at or above this much retention a memory is vivid
FADED = 0.2  # below this it is faded, and between the two it is fading

FIRST_STRENGTH = {"round": 45.0, "session": 90.0}  # days; preset `companion`, by kind of memory


def retention(elapsed: timedelta, *, strength: float) -> float:
    """How much is left after a time, 0-1; a clock that jumped back counts as no time at all."""
    return math.exp(-max(elapsed / DAY, 0.0) / strength)


def fades_at(recalled_at: datetime, *, strength: float, threshold: float = VIVID) -> datetime:
    """The moment at which retention falls to the threshold: t = S·ln(1/θ)."""
    return recalled_at + DAY * (strength * math.log(1 / threshold))


def freshness(left: float) -> str:
    """The word for what is left: vivid, fading or faded."""
    if left >= VIVID:
        return "vivid"
    return "fading" if left >= FADED else "faded"
