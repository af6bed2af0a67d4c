"""Forgetting: R = e^(-t/S), with t in days since the last recall and S, the strength, in days (MemoryBank §2.3).

A preset says how strong a memory is at first, and what a useful recall makes of it. `companion` adds the days that the
memory had lasted since the recall before: S grows by the factor 1 + ln(1/R), more the less was left (the spacing
effect), and ten recalls on one evening are worth little more than one. What is added does not depend on the recalls in
between, so those that become known late or twice, or in another order, lead to the same strength. `paper` is the
paper's own: one day at first, one more each recall.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

DAY = timedelta(days=1)
WEEK = 7.0  # days
VIVID = 0.6  # at or above this much retention a memory is vivid
FADED = 0.2  # below this it is faded, and between the two it is fading


@dataclass(frozen=True)
class Preset:
    """How strong a memory is at first, and what a useful recall adds to that; all in days."""

    first: Mapping[str, float]  # by kind of memory, for one of middling importance
    otherwise: float  # for any other kind
    spread: float  # how many times stronger the most important begins than the least
    a_recall: float  # added by each useful recall
    a_day: float  # added by each day that the memory had lasted since the recall before
    longest: float  # recalls make it no stronger than this


PRESETS = {
    "companion": Preset(
        first={"round": 6 * WEEK, "fact": 12 * WEEK, "session": 12 * WEEK, "day": 24 * WEEK, "whole": 52 * WEEK},
        otherwise=6 * WEEK,
        spread=4.0,
        a_recall=0.0,
        a_day=1.0,
        longest=104 * WEEK,
    ),
    "paper": Preset(first={}, otherwise=1.0, spread=1.0, a_recall=1.0, a_day=0.0, longest=math.inf),
}


@dataclass(frozen=True)
class Trace:
    """What a memory's row keeps of forgetting, under the names of its columns."""

    strength: float
    recalled_at: datetime
    state: str
    fades_at: datetime


def preset() -> Preset:
    """The one that `RETENTION` names. Raises KeyError for a name that is none."""
    return PRESETS[settings.RETENTION]


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


def first_strength(kind: str, *, importance: float = 0.5, by: Preset | None = None) -> float:
    """S of a new memory in days; `importance` is 0-1, and each step of it counts by the same factor."""
    by = by or preset()
    return by.first.get(kind, by.otherwise) * math.pow(by.spread, min(max(importance, 0.0), 1.0) - 0.5)


def reinforced(strength: float, *, elapsed: timedelta, by: Preset | None = None) -> float:
    """S in days after a useful recall that came so long after the one before. Never less than it was."""
    by = by or preset()
    stronger = strength + by.a_recall + by.a_day * max(elapsed / DAY, 0.0)
    return max(strength, min(stronger, by.longest))


def trace(recalled_at: datetime, *, strength: float, now: datetime) -> Trace:
    """Where a memory stands at a moment, and when it crosses the next threshold (a faded one: crossed the last)."""
    fading = fades_at(recalled_at, strength=strength)
    faded = fades_at(recalled_at, strength=strength, threshold=FADED)
    state = "vivid" if now <= fading else "fading" if now <= faded else "faded"
    return Trace(strength, recalled_at, state, fading if state == "vivid" else faded)


def begun(kind: str, *, said_at: datetime, now: datetime, importance: float = 0.5, by: Preset | None = None) -> Trace:
    """The trace of a new memory of what was said at a moment, which for an import may be long ago."""
    return trace(said_at, strength=first_strength(kind, importance=importance, by=by), now=now)


def recalled(strength: float, recalled_at: datetime, *, at: datetime, by: Preset | None = None) -> Trace:
    """The trace after a useful recall: t is zero again, S is higher. A recall before the last one resets nothing."""
    stronger = reinforced(strength, elapsed=at - recalled_at, by=by)
    return trace(max(recalled_at, at), strength=stronger, now=at)
