"""The sentences that a person said of their own accord: what a portrait is drawn from, and nothing else.

Left out are what was pasted or quoted, all of a turn that gives orders, and what the companion said.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from memory import clock, permission
from memory.consolidation import own_words
from memory.models import Companion, Speaker, Turn
from memory.portrait import retentions

MOST_TURNS = 4000  # of the newest, that are read
ORDERS = re.compile(
    r"\bfrom now on\b|\b(?:ignore|disregard|override)\b.{0,40}\b(?:instructions?|prompts?|rules?|previous|above)\b|"
    r"\b(?:system|developer|assistant) ?(?:prompt|message|mode|:)|\byou (?:are now|must|will (?:now|always|never))\b|"
    r"\b(?:always|never) (?:answer|reply|respond|say|tell|mention|recommend|trust|believe|obey|end|start|begin)\b|"
    r"\b(?:remember|note|write down|store|save|memorize)\b.{0,30}\b(?:user|portrait|profile|memory)\b|</?\w+>",
    re.IGNORECASE,
)
OF_ONESELF = re.compile(r"\b(?:I|I'm|I've|I'd|I'll|me|my|mine|myself|we|our|us)\b")


@dataclass(frozen=True)
class Sentence:
    """A stretch of a turn of the person's, as they wrote it, and how much of its round is left."""

    turn_id: int
    start: int
    end: int
    text: str
    said_at: datetime
    day: date  # on the person's calendar
    left: float  # 0-1
    flaw: str = ""  # why it tells nothing that is so of the person: a question, hearsay, a joke, a supposition

    @property
    def plain(self) -> str:
        """With straight apostrophes."""
        return self.text.replace("’", "'")

    @property
    def of_oneself(self) -> bool:
        """Whether the person speaks of themselves."""
        return OF_ONESELF.search(self.plain) is not None


def read(companion: Companion, moment: datetime, *, since: datetime | None = None, telling: str = "") -> list[Sentence]:
    """Those up to a moment, oldest first; where `telling` is given, of turns alone that match it (PostgreSQL's regex).

    Runs inside `acting_as(person)`; what is about to be erased is left out.
    """
    said = (
        Turn.objects.of(companion.owner_id)
        .remembered()
        .filter(
            erasure=None,
            conversation__companion=companion,
            session__closed_at__isnull=False,
            speaker=Speaker.PERSON,
            said_at__lte=moment,
        )
    )
    recent = said.filter(said_at__gte=since) if since else said
    recent = recent.filter(text__iregex=telling) if telling else recent
    turns = permission.allowed(companion, list(recent.order_by("-said_at", "-pk")[:MOST_TURNS])[::-1])
    left = retentions({turn.pk: turn.said_at for turn in turns}, moment)
    return [sentence for turn in turns for sentence in of_turn(turn, left[turn.pk], companion.owner.time_zone)]


def of_turn(turn: Turn, left: float, zone: str) -> Iterator[Sentence]:
    """The sentences of a turn that are the person's own; of a turn that gives orders there are none."""
    if gives_orders(turn.text):
        return
    day = clock.local(turn.said_at, zone).date()
    for start, end in own_words.sentences(turn.text):
        flaw = own_words.why_not(turn.text, start, end)
        if flaw not in ("pasted", "quoted"):
            yield Sentence(turn.pk, start, end, turn.text[start:end], turn.said_at, day, left, flaw)


def gives_orders(text: str) -> bool:
    """Whether it tells a companion how to behave from now on, or what to hold about whoever says it."""
    return ORDERS.search(text.replace("’", "'")) is not None
