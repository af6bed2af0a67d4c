"""What facts tell of who a person is: what they like, where they live and work, and who is who in their life.

A fact is one whether an engine found it or a pattern, and it has its time (memory/facts.py): what no longer holds is no
line.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from memory import clock, lexicon
from memory.consolidation.own_sentences import Sentence, gives_orders
from memory.consolidation.signs.names import RELATIONS
from memory.consolidation.signs.sign import Sign
from memory.facts import known_at
from memory.models import Companion, Memory, PortraitLine, Source
from memory.portrait import LONGEST_LINE, retentions

Aspect = PortraitLine.Aspect

LIKED = re.compile(r"likes |favourite$|one favou?rit")
PLACED = re.compile(r"(?:lives in|comes from|works at|works at the)$|one (?:home|hometown|citi|town|countri|address)\b")
NAMED = ("is called", "is the one")  # memory/consolidation/signs/names.py has the name
KIN = frozenset(lexicon.stem(word) for word in RELATIONS.replace("é", "e").replace("?", "").split("|"))


def facts(companion: Companion, moment: datetime) -> Iterator[Sign]:
    """One sign for each time that a fact that holds was told. Runs inside `acting_as(person)`."""
    held = known_at(companion.owner_id, moment).filter(companion=companion, told=Memory.Told.STATE)
    told = Source.objects.of(companion.owner_id).filter(memory__in=held, turn__erasure=None, turn__said_at__lte=moment)
    sources = list(told.select_related("memory", "turn").order_by("turn__said_at", "turn_id", "start"))
    left = retentions({source.turn_id: source.turn.said_at for source in sources}, moment)
    for source in sources:
        aspect = _aspect(source.memory)
        if aspect and len(source.memory.text) <= LONGEST_LINE and not gives_orders(source.turn.text):
            yield _sign(aspect, source, left[source.turn_id], companion.owner.time_zone)


def _aspect(fact: Memory) -> Aspect | None:
    """What of the person a fact is about, by its frame; None where it is about none of it."""
    own = fact.subject == "i"
    if not own and not KIN.isdisjoint(fact.subject.split()):
        return None if fact.attribute in NAMED else Aspect.PERSON
    if LIKED.match(fact.attribute) and (own or fact.attribute == "favourite"):
        return Aspect.PREFERENCE
    if own and PLACED.match(fact.attribute):
        return Aspect.PLACE
    return Aspect.PERSON if own and fact.attribute == "is married to" else None


def _sign(aspect: Aspect, source: Source, left: float, zone: str) -> Sign:
    fact, turn = source.memory, source.turn
    slot = f"{fact.subject} {fact.attribute}" if fact.attribute else f"fact {fact.pk}"
    day = clock.local(turn.said_at, zone).date()
    words = turn.text[source.start : source.end]
    sentence = Sentence(turn.pk, source.start, source.end, words, turn.said_at, day, left)
    return Sign(aspect, slot, fact.text.rstrip("."), sentence, version=fact.version)
