"""How the person's days were felt, for a chart over time. Read from what they said when asked for, kept nowhere."""

from datetime import datetime

from memory.consolidation import own_sentences
from memory.consolidation.signs.feelings import TELLING, DayMood, by_day
from memory.models import Companion


def moods(companion: Companion, *, since: datetime, until: datetime) -> list[DayMood]:
    """The days on which a feeling was told, in order, from -1 (bad) to 1. Runs inside `acting_as(person)`.

    The words are English, and what is about to be erased is left out.
    """
    return by_day(own_sentences.read(companion, until, since=since, telling=TELLING))
