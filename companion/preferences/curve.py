"""The two ways of fading as pictures: how much is left of a fact day by day, with one useful recall on the way."""

import math
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext, gettext_lazy, ngettext, ngettext_lazy

from memory import retention
from memory.models import Fading
from memory.retention import FADED, PRESETS, VIVID, Preset

WIDTH, HEIGHT = 300, 84  # of the picture, in its own units
STEP = 2
SHOWN = {Fading.COMPANION: (182.0, 60.0), Fading.PAPER: (7.0, 1.0)}  # days, and the day of the recall
NAMES = {Fading.COMPANION: gettext_lazy("Slowly, over weeks"), Fading.PAPER: gettext_lazy("Quickly, within days")}
WORDS = {
    Fading.COMPANION: gettext_lazy("What matters more to you holds longer, and whatever is used holds longer still."),
    Fading.PAPER: gettext_lazy("Everything fades within days at first; only what comes up again and again stays."),
}

SPANS = (  # each with its length and the first that is too long for it, in days
    (ngettext_lazy("%(count)s hour", "%(count)s hours", "count"), 1 / 24, 2.0),
    (ngettext_lazy("%(count)s day", "%(count)s days", "count"), 1.0, 14.0),
    (ngettext_lazy("%(count)s week", "%(count)s weeks", "count"), 7.0, 150.0),
)


@dataclass(frozen=True)
class Curve:
    """One preset, drawn and in words."""

    key: str
    name: str
    words: str
    path: str
    recall: float  # where on the picture it is recalled
    until: str  # what the right edge stands for

    width = WIDTH
    height = HEIGHT
    vivid = round(HEIGHT * (1 - VIVID), 1)
    faded = round(HEIGHT * (1 - FADED), 1)


def curves() -> list[Curve]:
    """A picture of each preset."""
    return [_curve(fading, PRESETS[fading]) for fading in Fading]


def _curve(fading: Fading, preset: Preset) -> Curve:
    days, recalled_on = SHOWN[fading]
    strength = retention.first_strength("fact", by=preset)
    stronger = retention.reinforced(strength, elapsed=timedelta(days=recalled_on), by=preset)

    def left(day: float) -> float:
        return math.exp(-day / strength) if day < recalled_on else math.exp(-(day - recalled_on) / stronger)

    points = [(x, HEIGHT * (1 - left(days * x / WIDTH))) for x in range(0, WIDTH + 1, STEP)]
    return Curve(
        key=fading,
        name=str(NAMES[fading]),
        words=f"{WORDS[fading]} "
        + gettext("A fact is vivid for %(vivid)s and faded after %(faded)s, later if it is used in between.")
        % {"vivid": _span(strength * math.log(1 / VIVID)), "faded": _span(strength * math.log(1 / FADED))},
        path="M" + "L".join(f"{x} {y:.1f}" for x, y in points),
        recall=round(WIDTH * recalled_on / days, 1),
        until=_span(days),
    )


def _span(days: float) -> str:
    """“12 hours”, “3 days”, “6 weeks”, “6 months”."""
    for words, size, most in SPANS:
        if days < most:
            return words % {"count": round(days / size)}
    count = round(days / 30.4)
    return ngettext("%(count)s month", "%(count)s months", count) % {"count": count}
