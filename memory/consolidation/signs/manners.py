"""How best to answer the person: what they ask for, and how they write themselves."""

import re
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from memory.consolidation.own_sentences import Sentence
from memory.consolidation.signs.sign import SHOWN, STATED, Sign
from memory.models import PortraitLine

WISHES = {  # of which matter, what they wish for, and how they say so
    ("length", "likes short answers"): (
        r"\b(?:(?:keep|make) it (?:short|brief|simple)|(?:be|more) brief|briefly|short(?:er)?(?: (?:answer|version|"
        r"reply)|,? please)|too long|in short|tl;?dr|just the answer)\b"
    ),
    ("length", "likes answers in depth"): (
        r"\b(?:in (?:more )?(?:detail|depth)|longer answer|tell me (?:more|everything)|more details?|elaborate|"
        r"explain (?:more|further|in))\b"
    ),
    ("advice", "would rather be listened to than advised"): (
        r"\b(?:just (?:listen|need(?:ed)? to vent|want(?:ed)? to vent)|(?:don't|do not) (?:need|want) (?:any )?"
        r"(?:advice|tips|solutions)|no advice)\b"
    ),
    ("advice", "likes to be given advice and suggestions"): (
        r"\b(?:any (?:advice|suggestions?|tips|ideas|recommendations?)|what (?:should|can) i do|(?:can|could) you "
        r"(?:recommend|suggest|advise)|(?:advice|suggestions?) (?:for|on))\b"
    ),
}
COMPILED = {matter: re.compile(pattern, re.IGNORECASE) for matter, pattern in WISHES.items()}
BRIEF, AT_LENGTH = 8, 45  # words of the median turn, at most and at least
ASKS_OFTEN = 0.6  # of the turns
ENOUGH = 12  # turns from which a way of writing can be told


def manners(sentences: Sequence[Sentence]) -> Iterator[Sign]:
    """Wishes, in words of ours alone, and the way of writing. Questions count: a wish is often asked as one."""
    for sentence in sentences:
        if sentence.flaw not in ("", "question", "instruction"):
            continue
        for (matter, text), pattern in COMPILED.items():
            if pattern.search(sentence.plain):
                share = STATED / 2 if matter == "length" else SHOWN
                yield _sign(matter, text, sentence, share)
    yield from _way_of_writing(sentences)


def _way_of_writing(sentences: Iterable[Sentence]) -> Iterator[Sign]:
    turns: dict[int, list[Sentence]] = {}
    for sentence in sentences:
        turns.setdefault(sentence.turn_id, []).append(sentence)
    if len(turns) < ENOUGH:
        return
    told = list(turns.values())
    lengths = {turn[0].turn_id: sum(len(sentence.text.split()) for sentence in turn) for turn in told}
    middle = median(lengths.values())
    if middle <= BRIEF:
        brief = (turn[0] for turn in told if lengths[turn[0].turn_id] <= BRIEF)
        yield from (_sign("writing", "writes in few words", one, SHOWN) for one in brief)
    if middle >= AT_LENGTH:
        long = (turn[0] for turn in told if lengths[turn[0].turn_id] >= AT_LENGTH)
        yield from (_sign("writing", "writes at length", one, SHOWN) for one in long)
    asking = [turn for turn in told if any(sentence.flaw == "question" for sentence in turn)]
    if len(asking) >= ASKS_OFTEN * len(told):
        asked = (next(sentence for sentence in turn if sentence.flaw == "question") for turn in asking)
        yield from (_sign("asking", "asks a lot and wants the question answered first", one, SHOWN) for one in asked)


def _sign(matter: str, text: str, sentence: Sentence, weight: float) -> Sign:
    return Sign(PortraitLine.Aspect.MANNER, matter, text, sentence, weight=weight)
