"""The people of the person's life: names after the words that tell what they are to them."""

import re
from collections.abc import Iterable, Iterator

from memory.consolidation.own_sentences import Sentence
from memory.consolidation.signs.sign import Sign
from memory.lexicon import FUNCTION_WORDS
from memory.models import PortraitLine
from memory.temporal.vocabulary import MONTHS, WEEKDAYS

NAME = r"(?P<name>[A-Z][\w-]*[a-z](?: [A-Z][\w-]*[a-z]){0,2})(?![\w'-])"
RELATIONS = (
    "mother|mum|mom|father|dad|sister|brother|son|daughter|wife|husband|partner|girlfriend|boyfriend|fiancée?|friend|"
    "colleague|boss|neighbour|neighbor|aunt|uncle|cousin|niece|nephew|grandmother|grandma|grandfather|grandpa|roommate|"
    "flatmate|teacher|coach|doctor|therapist|dog|cat|horse|baby"
)
RELATION = rf"(?P<relation>(?:(?:best|old|close|good|dear|older|younger|little|big|twin|late) )?(?i:{RELATIONS}))"
PEOPLE = (
    re.compile(rf"\b(?:[Mm]y|[Oo]ur) {RELATION} (?:(?:is |was )?(?:called |named )?)?{NAME}"),
    re.compile(rf"\b(?:[Mm]y|[Oo]ur) {RELATION}'s name is {NAME}"),
    re.compile(rf"\b{NAME},? (?:is )?my {RELATION}\b"),
    re.compile(rf"\ba {RELATION} (?:of mine )?(?:called|named) {NAME}"),
)
NO_NAMES = FUNCTION_WORDS | {*MONTHS, *WEEKDAYS, "today", "yesterday", "tomorrow", "christmas", "easter"}


def people(sentences: Iterable[Sentence]) -> Iterator[Sign]:
    """“My sister Lena”: has a sister, Lena."""
    for sentence in sentences:
        if sentence.flaw:
            continue
        for pattern in PEOPLE:
            if (match := pattern.search(sentence.plain)) and _is_name(match["name"]):
                text = f"{match['relation'].lower()}: {match['name']}"
                yield Sign(PortraitLine.Aspect.PERSON, text, text, sentence)


def _is_name(name: str) -> bool:
    return name.split(maxsplit=1)[0].lower() not in NO_NAMES
