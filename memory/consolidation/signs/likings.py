"""What the person likes, hates, prefers: plain English patterns of what they say of themselves."""

import re
from collections.abc import Iterable, Iterator

from memory import lexicon
from memory.conflicts import PASSING
from memory.consolidation.own_sentences import Sentence
from memory.consolidation.signs.sign import Sign
from memory.models import PortraitLine

HOW = r"(?:(?:really|also|just|absolutely|still|always|do|truly|quite|especially|particularly|simply) )*"
LIKES = re.compile(
    rf"\bI(?:'m| am)? {HOW}(?:(?:like|love|enjoy|adore)(?! to (?:know|hear|see|ask|talk|share))|(?:big |huge )?"
    r"(?:fond of|into|keen on|crazy about|passionate about)|a (?:big |huge |great )?fan of) (?P<rest>[^.!?;:()]+)",
    re.IGNORECASE,
)
DISLIKES = re.compile(
    rf"\bI(?:'m| am)? {HOW}(?:hate|dislike|detest|loathe|can't stand|cannot stand|can't bear|"
    rf"(?:don't|do not) {HOW}(?:like|enjoy|care for)|not (?:a (?:big |huge )?fan of|fond of|into|keen on)) "
    r"(?P<rest>[^.!?;:()]+)",
    re.IGNORECASE,
)
PREFERS = re.compile(rf"\bI {HOW}prefer (?P<rest>[^.!?;:()]+)", re.IGNORECASE)
FAVOURITE = re.compile(
    r"\bmy (?:all-time )?favou?rite (?P<of>[a-z]+(?: [a-z]+)?) (?:is|are) (?P<rest>[^.!?;:()]+)", re.IGNORECASE
)
ENDS = re.compile(
    r"\b(?:because|but|so|since|when|while|which|that|who|as|for|with|if|although|though|whenever|every|after|before|"
    r"during|lately|recently|these days|too|very much|a lot|most|the most|more than|than|rather|like|where|"
    r"and (?:i|we|it|he|she|they|my|the|have|am|was|will|often|hope|feel|think|usually|always)|do you|can you|"
    r"in my|on my|at my|at the|today|now|instead|over|to (?:you|him|her|them))\b|--+|\s[-–—]\s",
    re.IGNORECASE,
)
LIST = re.compile(r",\s*(?:and |or )?|\s(?:and|or)\s", re.IGNORECASE)
ARTICLE = re.compile(
    r"^(?:the|a|an|some|all|both|things like|such as|especially|particularly|mostly|"
    r"mainly)\s+",
    re.IGNORECASE,
)
THING = re.compile(r"[^\W\d_][\w'-]*(?: [\w'-]+){0,3}")
NOBODYS = PASSING | frozenset("you your yours one ones both these those idea way other".split())
MOST_THINGS = 4  # of one sentence
LONGEST = 40  # characters of a thing


def likings(sentences: Iterable[Sentence]) -> Iterator[Sign]:
    """“I love long walks and tea”: likes long walks, likes tea. The later of liking and disliking holds."""
    for sentence in sentences:
        if sentence.flaw:
            continue
        for verb, pattern in (("likes", LIKES), ("dislikes", DISLIKES), ("prefers", PREFERS)):
            if match := pattern.search(sentence.plain):
                yield from _of_things(verb, match["rest"], sentence)
        if match := FAVOURITE.search(sentence.plain):
            kind = match["of"].lower()
            for thing in _things(match["rest"])[:1]:
                yield _sign(f"favourite {kind}", f"favourite {kind}: {thing}", sentence)


def _of_things(verb: str, rest: str, sentence: Sentence) -> Iterator[Sign]:
    for thing in _things(rest):
        stems = " ".join(lexicon.stems(thing))
        yield _sign(f"prefers {stems}" if verb == "prefers" else f"liking {stems}", f"{verb} {thing}", sentence)


def _things(rest: str) -> list[str]:
    """The things of a list, up to where another thought begins; what is no thing of its own is left out."""
    told = ENDS.split(rest, maxsplit=1)[0]
    parts = (ARTICLE.sub("", part.strip(" \"'“”,")) for part in LIST.split(told))
    things = [part for place, part in enumerate(parts) if _is_thing(part) and not (place and part.startswith("to "))]
    return things[:MOST_THINGS]


def _is_thing(part: str) -> bool:
    words = part.lower().split()
    known = THING.fullmatch(part) and len(part) <= LONGEST
    return bool(known) and NOBODYS.isdisjoint(words) and bool(lexicon.stems(part))


def _sign(slot: str, text: str, sentence: Sentence) -> Sign:
    return Sign(PortraitLine.Aspect.PREFERENCE, slot, text, sentence)
