"""What a sentence of the person's own is a sign of."""

from dataclasses import dataclass

from memory.consolidation.own_sentences import Sentence
from memory.models import PortraitLine

STATED = 2.0  # what the person says of themselves bears out so much a day
CONCLUDED = 1.0  # and so much, what an engine concludes from their words
SHOWN = 0.5  # and so much, what only seems to show in them


@dataclass(frozen=True)
class Sign:
    """What one sentence says about the person. Of the texts of one `slot` the later speaks against the earlier."""

    aspect: PortraitLine.Aspect
    slot: str
    text: str
    sentence: Sentence
    weight: float = STATED
    version: str = ""  # what made it, where that was not the portrait
